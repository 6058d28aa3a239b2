/** The label list, which gives every label its id. */

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
