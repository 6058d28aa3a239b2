/** What a page about a data set shows beyond the check: how lengths are distributed, and examples of what was counted. */

import type { SplitName, SplitRecords } from "../dataset.js";
import { isEmptyText, type TextRecord, textKey } from "../formats/record.js";
import { type TokenLengthOptions, wordCount } from "./check.js";
import type { LengthSummary } from "./check-result.js";
import type { NearRows } from "./near-rows.js";

/** Texts of a split by length; empty ones are left out. */
export interface LengthHistogram {
  readonly split: SplitName;
  readonly unit: LengthSummary["unit"];
  /** [bins + 1], ascending whole numbers; a bin holds the lengths from its edge to below the next. */
  readonly edges: readonly number[];
  /** [bins]; the last bin also holds everything longer. */
  readonly counts: readonly number[];
}

/** A row in which a text occurs. */
export interface TextPlace {
  readonly split: SplitName;
  /** In the file that the row came from. */
  readonly line: number;
  readonly label: string | undefined;
}

export interface TextExample {
  readonly text: string;
  /** All rows with this text; at least two. */
  readonly places: readonly TextPlace[];
}

/** Some of the texts of a kind, and how many there are. */
export interface Examples {
  readonly total: number;
  readonly shown: readonly TextExample[];
}

export interface CheckDetails {
  /** Of each split that has texts. */
  readonly lengths: readonly LengthHistogram[];
  /** Texts that occur in several splits; those of test first. */
  readonly shared: Examples;
  /** Texts that occur several times in one split, the most frequent first. */
  readonly repeated: Examples;
  /** Texts to which one split gives several labels. */
  readonly conflicting: Examples;
  /** Groups of nearly equal texts that are not all equal; those across splits first, then those with several labels. */
  readonly near: NearExamples;
}

/** Two texts of a group, and how alike they are. */
export interface NearExample {
  readonly text: string;
  readonly other: string;
  /** Their Jaccard index. */
  readonly similarity: number;
  /** All rows of the group. */
  readonly places: readonly TextPlace[];
}

export interface NearExamples {
  readonly total: number;
  readonly shown: readonly NearExample[];
}

const SHOWN = 8;
const BINS = 24;

/** Details of the splits that `checkDataset` checks with the same options. */
export function checkDetails(
  sources: SplitRecords,
  options: TokenLengthOptions & { readonly near?: NearRows | undefined } = {},
): CheckDetails {
  const splits = (["train", "dev", "test"] as const).flatMap((split) => {
    const rows = (sources[split] ?? []).filter(({ text }) => !isEmptyText(text));
    return rows.length === 0 ? [] : [{ split, rows }];
  });
  const examples = textPlaces(splits);
  const severalIn = ({ places }: TextExample, differ: (place: TextPlace) => unknown) =>
    splits.some(({ split }) => {
      const values = places.filter((place) => place.split === split).map(differ);
      return new Set(values.filter((value) => value !== undefined)).size > 1;
    });
  const inTest = ({ places }: TextExample) => places.some(({ split }) => split === "test");
  return {
    lengths: lengthHistograms(splits, options),
    shared: some(
      examples.filter(({ places }) => new Set(places.map(({ split }) => split)).size > 1),
      (example) => (inTest(example) ? 1 : 0),
    ),
    repeated: some(
      examples.filter((example) => severalIn(example, ({ line }) => line)),
      ({ places }) => places.length,
    ),
    conflicting: some(
      examples.filter((example) => severalIn(example, ({ label }) => label)),
      ({ places }) => places.length,
    ),
    near: options.near === undefined ? { total: 0, shown: [] } : nearExamples(options.near),
  };
}

function nearExamples({ rows, groupOf, likeOf, similarity }: NearRows): NearExamples {
  const places = new Map<number, TextPlace[]>();
  rows.forEach(({ split, record: { line, label } }, row) => {
    const known = places.get(groupOf[row]);
    if (known === undefined) places.set(groupOf[row], [{ split, line, label }]);
    else known.push({ split, line, label });
  });
  // One pair of different texts for each group, the least alike.
  const least = new Map<number, number>();
  rows.forEach(({ record }, row) => {
    if (likeOf[row] === -1) return;
    if (textKey(record.text) === textKey(rows[likeOf[row]].record.text)) return;
    const known = least.get(groupOf[row]);
    if (known === undefined || similarity[row] < similarity[known]) least.set(groupOf[row], row);
  });
  const differ = (found: readonly TextPlace[], of: (place: TextPlace) => unknown) =>
    new Set(found.map(of)).size > 1 ? 1 : 0;
  const examples = Array.from(least, ([group, row]) => ({
    text: rows[likeOf[row]].record.text,
    other: rows[row].record.text,
    similarity: similarity[row],
    places: places.get(group) ?? [],
  }));
  const weight = ({ places: found }: NearExample) =>
    2 * differ(found, ({ split }) => split) + differ(found, ({ label }) => label);
  const ordered = examples.toSorted((a, b) => weight(b) - weight(a));
  return { total: examples.length, shown: ordered.slice(0, SHOWN) };
}

interface FilledSplit {
  readonly split: SplitName;
  readonly rows: readonly TextRecord[];
}

/** The texts with more than one row, in order of first appearance. */
function textPlaces(splits: readonly FilledSplit[]): TextExample[] {
  const places = new Map<string, TextPlace[]>();
  for (const { split, rows } of splits) {
    for (const { text, line, label } of rows) {
      const key = textKey(text);
      const known = places.get(key);
      const place = { split, line, label };
      if (known === undefined) places.set(key, [place]);
      else known.push(place);
    }
  }
  return Array.from(places, ([text, found]) => ({ text, places: found })).filter(
    (example) => example.places.length > 1,
  );
}

/** The heaviest; of equal ones in their order. */
function some(
  examples: readonly TextExample[],
  weight: (example: TextExample) => number,
): Examples {
  const ordered = examples.toSorted((first, second) => weight(second) - weight(first));
  return { total: examples.length, shown: ordered.slice(0, SHOWN) };
}

/** Over common bins, so that the splits can be compared; they end where 99 % of each split do. */
function lengthHistograms(
  splits: readonly FilledSplit[],
  { tokenCounts }: TokenLengthOptions,
): LengthHistogram[] {
  const counted = splits.map(({ split, rows }) => {
    const texts = rows.map(({ text }) => text);
    return { split, lengths: tokenCounts?.(texts) ?? Int32Array.from(texts, wordCount) };
  });
  const ends = counted.map(
    ({ lengths }) => lengths.toSorted()[Math.floor(0.99 * (lengths.length - 1))],
  );
  const width = Math.max(1, Math.ceil((Math.max(0, ...ends) + 1) / BINS));
  const edges = Array.from({ length: BINS + 1 }, (_, bin) => bin * width);
  return counted.map(({ split, lengths }) => {
    const counts = new Array<number>(BINS).fill(0);
    for (const length of lengths) counts[Math.min(BINS - 1, Math.floor(length / width))] += 1;
    return { split, unit: tokenCounts === undefined ? "words" : "tokens", edges, counts };
  });
}
