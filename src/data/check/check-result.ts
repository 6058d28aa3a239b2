/** The result of a dataset check, as data. */

import type { SplitName } from "../dataset.js";
import type { LabelSpellings } from "./label-spelling.js";

/** In order of weight. */
export const warningCodes = [
  "test-seen-in-train",
  "label-not-in-train",
  "one-class",
  "label-spellings",
  "list-labels",
  "many-labels",
  "dev-seen-in-train",
  "test-seen-in-dev",
  "conflicting-labels",
  "label-missing",
  "small-class",
  "small-test-class",
  "truncation",
  "empty-texts",
  "unlabelled",
  "repeated-texts",
] as const;

/** What a warning is about. */
export type WarningCode = (typeof warningCodes)[number];

/** Something that will hurt, in words. */
export interface DatasetWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** Lengths of the texts of a split. */
export interface LengthSummary {
  /** Words are runs of characters other than white space. */
  readonly unit: "tokens" | "words";
  readonly mean: number;
  /** The smallest length that more than half of the texts do not exceed. */
  readonly median: number;
  /** The smallest length that more than 95 % of the texts do not exceed. */
  readonly p95: number;
  readonly max: number;
}

/** What `maxLength` cuts off. */
export interface Truncation {
  readonly maxLength: number; // tokens, special tokens included
  /** Rows longer than maxLength. */
  readonly rows: number;
  /** Part of the split's tokens that is cut off, in [0, 1]. */
  readonly lostShare: number;
}

/** Counts of one split. */
export interface SplitCheck {
  readonly name: SplitName;
  readonly rows: number;
  readonly emptyTexts: number;
  /** Rows whose text already occurred in an earlier row of the split. */
  readonly repeatedRows: number;
  /** Distinct texts with more than one label. */
  readonly conflictingTexts: number;
  readonly unlabelledRows: number;
  /** Rows of each label, in the order of DatasetCheck.labels. */
  readonly labelRows: readonly number[];
  /** Over the rows that are not empty; absent if there are none. */
  readonly lengths: LengthSummary | undefined;
  /** Absent if token counts or the limit are unknown. */
  readonly truncation: Truncation | undefined;
}

/** Texts that two splits share. */
export interface SplitOverlap {
  readonly first: SplitName;
  readonly second: SplitName;
  /** Distinct texts in both. */
  readonly texts: number;
  /** Rows of the second split with such a text. */
  readonly rows: number;
  /** Of those, rows whose label also occurs with that text in the first split. */
  readonly rowsSameLabel: number;
}

/** What `checkDataset` counted in the splits of a data set. */
export interface DatasetCheck {
  /** Every label of any split, in id order. */
  readonly labels: readonly string[];
  readonly splits: readonly SplitCheck[]; // train, dev, test: those that exist
  readonly overlaps: readonly SplitOverlap[]; // every pair of splits that exist
  /** Labels of any split that are probably one label; those with the most rows first. */
  readonly spellings: readonly LabelSpellings[];
  /** The label of train with the fewest rows; absent if train has no labels. */
  readonly smallestClass: { readonly label: string; readonly rows: number } | undefined;
  /** The weightiest first. */
  readonly warnings: readonly DatasetWarning[];
}
