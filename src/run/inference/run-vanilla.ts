/** The vanilla model of a trained classifier: named, or the one that its run started from. */
import { L3MaskingError } from "../../base/errors.js";
import { exists } from "../../platform/files/files.js";
import type { RecordedRun } from "../folder/training-record.js";
import type { Host } from "../host/host.js";
import { SHIPPED_MODEL } from "../settings/shipped-model.js";
import { type LoadedModel, loadModel } from "../sources/model.js";
import { requireMlmHead } from "../sources/model-facts.js";
import { pinnedName } from "../sources/model-source.js";

/**
 * Loads the vanilla model called `name`, or without a name the one that the run started from. Throws `missing-setting`
 * where neither is known, `checkpoint-missing` where the run's is no longer there, `invalid-setting` where it has other
 * weights by now, and what `loadModel` and `requireMlmHead` throw.
 */
export async function loadVanilla(
  name: string | undefined,
  run: RecordedRun | undefined,
  host: Host,
): Promise<{ readonly name: string; readonly model: LoadedModel }> {
  const chosen = name ?? (run === undefined ? undefined : startingModel(run));
  if (chosen === undefined) {
    throw new L3MaskingError(
      "missing-setting",
      "expected a vanilla model to score the tokens with, found none: the classifier is not the model/ of a run folder, so its origin is unknown",
      { hint: "Pass --vanilla-model, the folder or repository that training started from." },
    );
  }
  const model = await loadModel(chosen, host);
  requireMlmHead(model);
  if (run !== undefined && model.digest !== run.record.checkpoint_digest) {
    const difference = `${chosen} does not have the weights that the run in ${run.folder} started from`;
    if (name === undefined) {
      throw new L3MaskingError(
        "invalid-setting",
        `expected the vanilla model of the run: ${difference}`,
        {
          hint: `Pass --vanilla-model ${chosen} to use it as it is now.`,
        },
      );
    }
    host.emit({ type: "notice", level: "warning", text: difference });
  }
  return { name: chosen, model };
}

/** What the run called its model, at the same commit where it came from the hub. */
function startingModel({ folder, record }: RecordedRun): string {
  const { settings, model_origin: origin } = record;
  // A folder that is gone must not be looked for on the hub, where something else may have its name.
  const { model } = settings;
  if (model === SHIPPED_MODEL) return model;
  if (origin !== undefined || exists(model)) {
    return pinnedName({ folder: model, ...(origin && { origin }) });
  }
  throw new L3MaskingError(
    "checkpoint-missing",
    `expected the vanilla model of the run in ${folder}, found nothing at ${model}`,
    { hint: "Pass its folder as --vanilla-model; paths are relative to the current folder." },
  );
}
