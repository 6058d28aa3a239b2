/** The adaptation of a run to its texts, which goes on where an earlier part of the run stopped. */
import type { Runtime } from "../../engine/runtime/runtime.js";
import { join } from "../../platform/paths.js";
import { windowsOf } from "../../text/long-texts.js";
import { openSavedStates } from "../folder/saved-state.js";
import type { Host } from "../host/host.js";
import { type AdaptedModel, adaptationTexts, adaptToTexts } from "./adaptation.js";
import type { RunInputs } from "./inputs.js";
import { stepsPerEpoch } from "./task-batches.js";
import { adaptationSteps } from "./training-length.js";

/** The model of a run adapted to its texts, or as far as an earlier part of the run came; undefined for methods without adaptation. */
export async function adaptedForRun(
  inputs: RunInputs,
  runtime: Runtime,
  host: Host,
): Promise<AdaptedModel | undefined> {
  const { settings, model, data } = inputs;
  const { outputDir, resume } = settings;
  const perEpoch = stepsPerEpoch(data.encodings.train.flatMap(windowsOf).length, settings);
  const steps = adaptationSteps(perEpoch, settings);
  if (steps === 0) return undefined;
  const place = {
    now: host.now,
    states: openSavedStates(join(outputDir, "adaptation")),
    resume,
    onDamage(folder: string, fault: string) {
      const text = `the state in ${folder} is damaged (${fault}): using the one before it`;
      host.emit({ type: "notice", level: "warning", text });
    },
  };
  return adaptToTexts(
    model,
    adaptationTexts(inputs, inputs.masked),
    steps,
    settings,
    place,
    runtime,
    host,
  );
}
