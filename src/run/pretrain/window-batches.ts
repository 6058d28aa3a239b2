/** The micro-batches of pretraining: windows of the text, masked. */
import { randomStream } from "../../base/random.js";
import type { MicroBatch } from "../../method/train/step.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PretrainSettings } from "../settings/schemas.js";
import { longestRow } from "../sources/model-facts.js";
import { maskedWindows, type WindowMasking } from "./masked-windows.js";
import { type TokenStream, windowAt, windowStarts } from "./token-stream.js";

/** The row length of a step: short at first, the model's longest at the end, --max-length between. */
function lengthAt(step: number, settings: PretrainSettings, spec: ModelSpec): number {
  const share = (step - 1) / settings.maxSteps;
  if (share < settings.shortShare) return Math.min(settings.shortLength, settings.maxLength);
  return share >= 1 - settings.longShare ? longestRow(spec) : settings.maxLength;
}

/**
 * The micro-batches of a step; they depend on seed and step alone. Windows, masks and positions are drawn for the whole
 * step, so that it is the same step however it is cut.
 */
export function windowsBatches(
  stream: TokenStream,
  step: number,
  settings: PretrainSettings,
  masking: WindowMasking,
): MicroBatch[] {
  const { spec, tokenizer } = masking;
  const { seed, gradientAccumulationSteps } = settings;
  const length = Math.min(lengthAt(step, settings, spec), stream.ids.length + 2);
  const count = Math.max(1, Math.floor(settings.batchTokens / length));
  const draws = (purpose: string) => randomStream(seed, purpose, step, 0);
  const starts = windowStarts(stream, count * gradientAccumulationSteps, length, draws("windows"));
  const shift = draws("shift");
  const isShifted = shift.uniform() < settings.shiftedShare;
  const offset = isShifted ? shift.integer(longestRow(spec) - length + 1) : 0;
  const masks = draws("mask");
  return Array.from({ length: gradientAccumulationSteps }, (_, micro) => {
    const first = micro * count;
    const own = starts.slice(first, first + count);
    const windows = own.map((start) => windowAt(stream, start, length, tokenizer));
    const masked = maskedWindows(windows, masking, (index) => masks.split(first + index));
    const texts = `windows of ${length} tokens that start at tokens ${own.join(", ")} of the text`;
    const positions = masked.batch.positions.map((at) => at + offset);
    return { auxiliary: { ...masked, batch: { ...masked.batch, positions } }, texts };
  });
}
