/** The mask probabilities of a run by epoch, with the scores of the model under training kept in its folder. */
import type { Runtime } from "../../engine/runtime/runtime.js";
import { openScoreCache } from "../../method/likelihood/cache.js";
import { parseEstimator } from "../../method/likelihood/estimators.js";
import { join } from "../../platform/paths.js";
import { windowsOf } from "../../text/long-texts.js";
import type { Host } from "../host/host.js";
import { type EpochMasks, epochMasks } from "./epoch-masks.js";
import type { RunInputs } from "./inputs.js";
import { type RescoredTexts, rescoring } from "./rescoring.js";
import { stepsPerEpoch } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";
import type { Training } from "./training.js";
import { trainingSteps } from "./training-length.js";

/** `digest` is of what decides the run's result; without one nothing is kept. */
export function runEpochMasks(
  { settings, model, data, masked, unlabelled, maxLength }: RunInputs,
  masks: TextMasks,
  { spec, parameters }: Pick<Training, "spec" | "parameters">,
  digest: string | undefined,
  runtime: Runtime,
  host: Host,
): EpochMasks {
  const { tokenizer } = model;
  const rows = data.encodings.train;
  const perEpoch = stepsPerEpoch(rows.flatMap(windowsOf).length, settings);
  const epochs = Math.ceil(trainingSteps(perEpoch, settings) / perEpoch);
  const encodings = [...masked, ...(unlabelled?.encodings ?? [])];
  const scope = {
    tokenizerDigest: tokenizer.digest,
    estimator: parseEstimator(settings.estimator),
    maxLength,
  };
  const texts: RescoredTexts = {
    ...{ spec, tokenizer, parameters, encodings, settings },
    ...(digest !== undefined && {
      openCache: (epoch: number) =>
        openScoreCache(join(settings.outputDir, "rescored"), {
          ...scope,
          checkpointDigest: `${digest} after epoch ${epoch}`,
        }),
    }),
  };
  const { rescored } = masks;
  // A strategy that asks no model has the same values throughout.
  const changing = rescored === undefined ? { ...settings, rescoreEpochs: undefined } : settings;
  const rescore =
    rescored === undefined ? async () => [] : rescoring(rescored, texts, runtime, host);
  return epochMasks(masks, changing, epochs, rescore);
}
