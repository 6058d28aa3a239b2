/** Nearly equal texts in the rows of a data set: within its splits and across them. */
import { type SplitName, type SplitRecords, splitNames } from "../dataset.js";
import { isEmptyText, type TextRecord, textKey } from "../formats/record.js";
import { type NearDuplicateOptions, nearDuplicates } from "../near-duplicates.js";

/** A row with a text, and its place. */
export interface PlacedRow {
  readonly split: SplitName;
  readonly record: TextRecord;
}

/** All rows with a text, train first, in groups of nearly equal texts. */
export interface NearRows {
  readonly rows: readonly PlacedRow[];
  /** The first row of each row's group. */
  readonly groupOf: Int32Array;
  /** The row that each one is like, -1 for the first of a group. */
  readonly likeOf: Int32Array;
  /** The Jaccard index of the two. */
  readonly similarity: Float32Array;
}

/** Rows of one split whose text is nearly, but not quite, one of another split, or an earlier one of the same. */
export interface NearOverlap {
  readonly first: SplitName;
  /** May be the same. */
  readonly second: SplitName;
  /** Rows of the second split. */
  readonly rows: number;
  /** Of those, rows with a label that a nearly equal text has too. */
  readonly rowsSameLabel: number;
}

/** Groups the rows of all splits. */
export function nearRows(splits: SplitRecords, options?: NearDuplicateOptions): NearRows {
  const rows = splitNames.flatMap((split) =>
    (splits[split] ?? [])
      .filter(({ text }) => !isEmptyText(text))
      .map((record) => ({ split, record })),
  );
  return {
    rows,
    ...nearDuplicates(
      rows.map(({ record }) => record.text),
      options,
    ),
  };
}

/** The rows of each group of two or more, in their order. */
export function nearGroups({ rows, groupOf }: NearRows): PlacedRow[][] {
  const groups = new Map<number, PlacedRow[]>();
  rows.forEach((row, index) => {
    const group = groups.get(groupOf[index]);
    if (group === undefined) groups.set(groupOf[index], [row]);
    else group.push(row);
  });
  return [...groups.values()].filter((group) => group.length > 1);
}

/** For each split, and each pair, that has such rows. Rows with an equal text there do not count. */
export function nearOverlaps(near: NearRows): NearOverlap[] {
  const counts = new Map<string, { rows: number; rowsSameLabel: number }>();
  for (const group of nearGroups(near)) {
    group.forEach(({ split: second, record }, index) => {
      for (const first of splitNames.slice(0, splitNames.indexOf(second) + 1)) {
        const others = (first === second ? group.slice(0, index) : group).filter(
          ({ split }) => split === first,
        );
        const key = textKey(record.text);
        if (others.length === 0 || others.some((other) => textKey(other.record.text) === key)) {
          continue;
        }
        const count = counts.get(`${first} ${second}`) ?? { rows: 0, rowsSameLabel: 0 };
        count.rows += 1;
        if (others.some((other) => other.record.label === record.label)) count.rowsSameLabel += 1;
        counts.set(`${first} ${second}`, count);
      }
    });
  }
  return splitNames.flatMap((second) =>
    splitNames.flatMap((first) => {
      const count = counts.get(`${first} ${second}`);
      return count === undefined ? [] : [{ first, second, ...count }];
    }),
  );
}

/** How many groups have several labels in train, though none of their texts has more than one. */
export function nearConflicts(near: NearRows): number {
  return nearGroups(near).filter((group) => {
    const train = group.filter(({ split }) => split === "train");
    const labels = new Map<string, string | undefined>();
    for (const { record } of train) {
      const key = textKey(record.text);
      if (labels.has(key) && labels.get(key) !== record.label) return false;
      labels.set(key, record.label);
    }
    return new Set(labels.values()).size > 1;
  }).length;
}
