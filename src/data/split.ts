/** Splitting labelled rows into train, dev and test. */

import { L3MaskingError } from "../base/errors.js";
import { permutation, type Random } from "../base/random.js";
import { isEmptyText, type TextRecord, textKey } from "./formats/record.js";

/** Parts of the distinct texts of each label, in [0, 1); train gets the rest. */
export interface SplitShares {
  readonly dev: number;
  readonly test: number;
}

type Side = "train" | "dev" | "test";

export interface SplitSides {
  readonly train: readonly TextRecord[];
  readonly dev: readonly TextRecord[];
  readonly test: readonly TextRecord[];
}

/** All rows of one text; they stay together. */
interface TextGroup {
  readonly key: string;
  readonly labels: ReadonlyMap<string, number>; // label -> rows
}

/**
 * A stratified split. Of the G distinct texts of a label, round(G * share) go to dev and as many to test
 * by its own share, at least one each and at least one to train, if G >= 3; a label with fewer texts
 * stays in train. A text with several labels counts for its most frequent one (ties: the first in code
 * unit order). Every label occurs in train.
 *
 * Rows keep their order within each side. Which side a text falls on depends on the set of rows and on
 * `random`, not on the order of the rows. Empty texts stay in train and do not count.
 * `stratumOf` a label is what stands for it, where rows have several. Throws `data-label` for a row without a label.
 */
export function stratifiedSplit(
  records: readonly TextRecord[],
  shares: SplitShares,
  random: Random,
  stratumOf: (label: string) => string = (label) => label,
): SplitSides {
  const groups = groupByText(records, stratumOf);
  const sides = new Map<string, Side>();
  for (const [label, members] of groupByLabel(groups)) {
    const dev = sideSize(members.length, shares.dev);
    const test = sideSize(members.length, shares.test);
    const order = permutation(members.length, random.split(label));
    order.forEach((index, rank) => {
      sides.set(members[index].key, rank < test ? "test" : rank < test + dev ? "dev" : "train");
    });
  }
  keepLabelsInTrain(groups, sides);
  const pick = (side: Side) =>
    records.filter((record) => (sides.get(textKey(record.text)) ?? "train") === side);
  return { train: pick("train"), dev: pick("dev"), test: pick("test") };
}

function sideSize(texts: number, share: number): number {
  return texts < 3 || share === 0 ? 0 : Math.max(1, Math.round(texts * share));
}

/** The groups in code unit order of their text, so that the rows' order does not matter. */
function groupByText(
  records: readonly TextRecord[],
  stratumOf: (label: string) => string,
): TextGroup[] {
  const groups = new Map<string, Map<string, number>>();
  for (const { text, label, line } of records) {
    if (isEmptyText(text)) continue;
    if (label === undefined) {
      throw new L3MaskingError(
        "data-label",
        `train line ${line}: expected a label to split by, found none`,
        {
          hint: "Fill in the label column, or remove the row.",
        },
      );
    }
    const labels = groups.get(textKey(text)) ?? new Map<string, number>();
    const stratum = stratumOf(label);
    labels.set(stratum, (labels.get(stratum) ?? 0) + 1);
    groups.set(textKey(text), labels);
  }
  return [...groups.keys()]
    .sort()
    .map((key) => ({ key, labels: groups.get(key) ?? new Map<string, number>() }));
}

function groupByLabel(groups: readonly TextGroup[]): Map<string, TextGroup[]> {
  const strata = new Map<string, TextGroup[]>();
  for (const group of groups) {
    const label = mostFrequentLabel(group.labels);
    const stratum = strata.get(label);
    if (stratum === undefined) strata.set(label, [group]);
    else stratum.push(group);
  }
  return strata;
}

function mostFrequentLabel(labels: ReadonlyMap<string, number>): string {
  const [[label]] = [...labels].sort(
    ([first, firstRows], [second, secondRows]) =>
      secondRows - firstRows || (first < second ? -1 : 1),
  );
  return label;
}

/** A label that only occurs beside more frequent ones may have left train; one text brings it back. */
function keepLabelsInTrain(groups: readonly TextGroup[], sides: Map<string, Side>): void {
  const held = new Set<string>();
  for (const { key, labels } of groups) {
    if (sides.get(key) === "train") for (const label of labels.keys()) held.add(label);
  }
  for (const { key, labels } of groups) {
    const lost = [...labels.keys()].some((label) => !held.has(label));
    if (!lost) continue;
    sides.set(key, "train");
    for (const label of labels.keys()) held.add(label);
  }
}
