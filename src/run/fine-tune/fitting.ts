/** Whether a model can be trained as the settings ask. */
import { L3MaskingError } from "../../base/errors.js";
import { hasAuxiliaryTask, needsScores } from "../../method/methods.js";
import type { TrainSettings } from "../settings/schemas.js";
import { type ModelHeads, requireMlmHead } from "../sources/model-facts.js";

/**
 * Throws `invalid-setting` for more frozen layers than the model has, and for windows with a method that masks tokens, and
 * `checkpoint-tensor` where the method needs a head that the model lacks.
 */
export function requireFitting(settings: TrainSettings, model: ModelHeads): void {
  const { method, longTexts } = settings;
  requireLayers(settings, model);
  if (needsScores(method)) requireMlmHead(model);
  if (hasAuxiliaryTask(method) && longTexts === "windows") throw masksWholeTexts(method);
}

function requireLayers({ freezeLayers = 0 }: TrainSettings, { spec }: ModelHeads): void {
  if (freezeLayers <= spec.layers) return;
  throw new L3MaskingError(
    "invalid-setting",
    `expected --freeze-layers to be at most ${spec.layers}, the layers of the model, got ${freezeLayers}`,
    {
      hint: "Freeze fewer layers; with all of them frozen, the classification head alone is trained.",
    },
  );
}

function masksWholeTexts(method: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected --long-texts head or head-tail with --method ${method}, which masks tokens of texts in one piece, got windows`,
    { hint: "Choose another --method, or leave --long-texts out." },
  );
}
