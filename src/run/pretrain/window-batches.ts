/** The micro-batches of pretraining: windows of the text, masked. */
import { randomStream } from "../../base/random.js";
import type { MicroBatch } from "../../method/train/step.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PretrainSettings } from "../settings/schemas.js";
import { longestRow } from "../sources/model.js";
import { maskedWindows, type WindowMasking } from "./masked-windows.js";
import { type TokenStream, windowAt, windowStarts } from "./token-stream.js";

/** The row length of a step: short at first, the model's longest at the end, --max-length between. */
function lengthAt(step: number, settings: PretrainSettings, spec: ModelSpec): number {
  const share = (step - 1) / settings.maxSteps;
  if (share < settings.shortShare) return Math.min(settings.shortLength, settings.maxLength);
  return share >= 1 - settings.longShare ? longestRow(spec) : settings.maxLength;
}

/** A micro-batch (from 0) of a step; it depends on seed, step and number alone. */
export function windowsBatch(
  stream: TokenStream,
  step: number,
  micro: number,
  settings: PretrainSettings,
  masking: WindowMasking,
): MicroBatch {
  const { spec, tokenizer } = masking;
  const length = Math.min(lengthAt(step, settings, spec), stream.ids.length + 2);
  const count = Math.max(1, Math.floor(settings.batchTokens / length));
  const starts = windowStarts(
    stream,
    count,
    length,
    randomStream(settings.seed, "windows", step, micro),
  );
  const windows = starts.map((start) => windowAt(stream, start, length, tokenizer));
  const masked = maskedWindows(windows, masking, randomStream(settings.seed, "mask", step, micro));
  const shift = randomStream(settings.seed, "shift", step, micro);
  const texts = `windows of ${length} tokens that start at tokens ${starts.join(", ")} of the text`;
  if (shift.uniform() >= settings.shiftedShare) return { auxiliary: masked, texts };
  const { batch } = masked;
  const offset = shift.integer(longestRow(spec) - length + 1);
  const positions = batch.positions.map((at) => at + offset);
  return { auxiliary: { ...masked, batch: { ...batch, positions } }, texts };
}
