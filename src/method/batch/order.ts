/** The order and the portions in which examples are visited; examples are named by index. */
import { L3MaskingError } from "../../base/errors.js";
import { permutation, type Random } from "../../base/random.js";

/** The order of an epoch (counted from 0): a permutation that depends on the stream and the epoch alone. */
export function epochOrder(count: number, random: Random, epoch: number): Int32Array {
  return permutation(count, random.split("epoch", epoch));
}

/**
 * Consecutive portions of `size`; the last may be smaller.
 *
 * Errors: `invalid-setting` if size is not an integer >= 1.
 */
export function batches(order: Int32Array, size: number): Int32Array[] {
  checkCount("batch size", size);
  const count = Math.ceil(order.length / size);
  return Array.from({ length: count }, (_, i) => order.subarray(i * size, (i + 1) * size));
}

/**
 * The optimizer steps of an epoch: each a list of up to `accumulationSteps` micro-batches of
 * `batchSize` examples. Nothing is dropped: the last step may have fewer, and and its last micro-batch may be smaller.
 *
 * Errors: `invalid-setting` if a count is not an integer >= 1.
 */
export function optimizerSteps(
  order: Int32Array,
  settings: { readonly batchSize: number; readonly accumulationSteps: number },
): Int32Array[][] {
  const { batchSize, accumulationSteps } = settings;
  checkCount("gradient_accumulation_steps", accumulationSteps);
  checkCount("batch size", batchSize);
  return batches(order, batchSize * accumulationSteps).map((step) => batches(step, batchSize));
}

/**
 * Batches for evaluation: examples sorted by length, longest first, so that (examples in the batch) x (its
 * longest) stays within the token budget; an example longer than the budget gets a batch of its own.
 *
 * Errors: `invalid-setting` if the budget is not an integer >= 1.
 */
export function evaluationBatches(lengths: ArrayLike<number>, tokenBudget: number): Int32Array[] {
  checkCount("evaluation token budget", tokenBudget);
  const order = Int32Array.from({ length: lengths.length }, (_, i) => i);
  order.sort((a, b) => lengths[b] - lengths[a] || a - b);
  const portions: Int32Array[] = [];
  for (let start = 0; start < order.length; ) {
    const size = Math.max(1, Math.floor(tokenBudget / lengths[order[start]]));
    portions.push(order.subarray(start, start + size));
    start += size;
  }
  return portions;
}

/**
 * Results in the order of the examples, from the results of each batch in the order of the batch.
 *
 * Errors: `input-mismatch` if the results do not match the batches one to one.
 */
export function inExampleOrder<Result>(
  portions: readonly Int32Array[],
  results: readonly (readonly Result[])[],
): Result[] {
  const expected = portions.map((portion) => portion.length).join(", ");
  const got = results.map((list) => list.length).join(", ");
  if (expected !== got) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected results of batches with ${expected} examples, got ${got}`,
      { hint: "Give one result per example, in the order of the batch." },
    );
  }
  const ordered = new Array<Result>(portions.reduce((sum, portion) => sum + portion.length, 0));
  portions.forEach((portion, batch) => {
    portion.forEach((example, i) => {
      ordered[example] = results[batch][i];
    });
  });
  return ordered;
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new L3MaskingError(
    "invalid-setting",
    `expected the ${name} to be an integer >= 1, got ${value}`,
    { hint: "Set it to a positive whole number." },
  );
}
