/** The label list, which gives every label its id. */
import { L3MaskingError } from "../base/errors.js";

/**
 * Distinct labels, sorted by UTF-16 code unit; numerically if every label is an integer. The order does
 * not depend on the order of the rows, so ids agree between runs and machines.
 */
export function sortedLabels(labels: Iterable<string>): string[] {
  const distinct = [...new Set(labels)].sort();
  const integers = distinct.every((label) => /^[+-]?[0-9]+$/.test(label));
  return integers ? distinct.sort((first, second) => Number(first) - Number(second)) : distinct;
}

/** Label -> its index in `labels`. */
export function labelIds(labels: readonly string[]): ReadonlyMap<string, number> {
  return new Map(labels.map((label, id) => [label, id]));
}

/** Fewer labels are told apart, not ordered: a wrong one of two is always as far off. */
const LEAST_ORDERED = 3;

/**
 * The numbers that labels stand for, where they have an order: where all of three or more are numbers, or where that is `asked` for; never
 * where it is asked not to be. Throws `data-label` where it is asked for and a label is no number.
 */
export function labelScale(
  labels: readonly string[],
  asked: boolean | undefined,
): readonly number[] | undefined {
  if (asked === false) return undefined;
  const odd = labels.find((label) => !/^[+-]?(\d+\.?\d*|\.\d+)$/.test(label));
  if (odd === undefined) {
    return asked === true || labels.length >= LEAST_ORDERED ? labels.map(Number) : undefined;
  }
  if (asked === undefined) return undefined;
  throw new L3MaskingError(
    "data-label",
    `expected numbers as labels with --ordered-labels, got ${JSON.stringify(odd)}`,
    { hint: "Write the labels as numbers in their order, such as 1 to 5, or leave the flag out." },
  );
}
