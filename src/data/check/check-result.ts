/** The result of a dataset check, as data. */

import type { SplitName } from "../dataset.js";
import type { TextRecord } from "../formats/record.js";
import type { LabelSpellings } from "./label-spelling.js";
import type { NearOverlap } from "./near-rows.js";

/** In order of weight. */
export const warningCodes = [
  "test-seen-in-train",
  "label-not-in-train",
  "one-class",
  "label-spellings",
  "list-labels",
  "one-label-each",
  "label-everywhere",
  "missing-labels",
  "many-labels",
  "foreign-texts",
  "dev-seen-in-train",
  "test-seen-in-dev",
  "test-near-train",
  "dev-near-train",
  "test-near-dev",
  "case-carries-label",
  "doubtful-labels",
  "conflicting-labels",
  "near-conflicts",
  "label-missing",
  "small-class",
  "small-test-class",
  "truncation",
  "empty-texts",
  "unlabelled",
  "repeated-texts",
  "near-repeats",
] as const;

/** What a warning is about. */
export type WarningCode = (typeof warningCodes)[number];

/** A problem of the data, in words. */
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

/** How many labels the texts of a split have, where each can have several. */
export interface LabelsPerText {
  readonly mean: number;
  readonly most: number;
  /** Rows that have none. */
  readonly none: number;
}

/** Counts of one split. */
export interface SplitCheck {
  /** Absent where each text has one label. */
  readonly labelsPerText?: LabelsPerText | undefined;
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

/** Texts of a split that are probably not in the language of the model. */
export interface ForeignTexts {
  readonly split: SplitName;
  /** Texts long enough to tell. */
  readonly examined: number;
  /** Of these, those with too many words that are split or unknown. */
  readonly rows: number;
  /** Tokens for each word of these texts. */
  readonly piecesPerWord: number;
  /** Part of their words that is unknown, in [0, 1]. */
  readonly unknownShare: number;
  /** Lines of the first of them. */
  readonly lines: readonly number[];
}

/** A label whose rows write words in capitals that others write small. */
export interface CapitalsOfLabel {
  readonly label: string;
  readonly rows: number;
  /** Of its rows, those with such words. */
  readonly shouting: number;
  readonly otherRows: number;
  readonly otherShouting: number;
  /** That chance alone does as much for any label. */
  readonly p: number;
  /** Lines of the first of them. */
  readonly lines: readonly number[];
}

/** Texts of train that are equal but for case and have different labels. */
export interface CaseConflicts {
  readonly texts: number;
  /** Of the first of them. */
  readonly lines: { readonly first: number; readonly second: number };
}

/** A row of train whose label a classifier that was not trained on the row finds wrong. */
export interface DoubtfulRow {
  readonly record: TextRecord;
  readonly suggested: string;
  /** Of the suggested label, in [0, 1]. */
  readonly probability: number;
  /** Of the label that the row has. */
  readonly givenProbability: number;
}

/** What was found in the labels of train by cross-validation. */
export interface DoubtfulRows {
  /** Rows whose label was examined. */
  readonly examined: number;
  /** As many as are probably wrong, the most doubtful first. */
  readonly rows: readonly DoubtfulRow[];
  /** Less doubtful ones that are worth a look. */
  readonly further: readonly DoubtfulRow[];
  /** Are the labels examined by TF-IDF with embeddings, or by TF-IDF alone? */
  readonly withEmbeddings?: boolean;
}

/** How the rows of train are held out in turn. */
export interface FoldSizes {
  /** Rows of each fold. */
  readonly rows: readonly number[];
  /** Rows that every fold trains on: the last ones of a label. */
  readonly neverHeldOut: number;
}

/** What `checkDataset` counted in the splits of a data set. */
export interface DatasetCheck {
  /** Every label of any split, in id order. */
  readonly labels: readonly string[];
  /** Can a text have several of them? Not where it is absent. */
  readonly severalLabels?: boolean;
  readonly splits: readonly SplitCheck[]; // train, dev, test: those that exist
  /** Absent where training holds a dev split out instead. */
  readonly folds?: FoldSizes | undefined;
  readonly overlaps: readonly SplitOverlap[]; // every pair of splits that exist
  /** Labels of any split that are probably one label; those with the most rows first. */
  readonly spellings: readonly LabelSpellings[];
  /** Nearly equal texts in a split and across splits; absent if they were not looked for. */
  readonly near?: readonly NearOverlap[] | undefined;
  /** Groups of nearly equal texts in train, not all equal, with several labels. */
  readonly nearConflicts?: number | undefined;
  /** Of the splits that have any; absent without a vocabulary to tell by. */
  readonly foreign?: readonly ForeignTexts[] | undefined;
  /** What case tells of the labels of train, where the model cannot see it. */
  readonly capitals?: CapitalsOfLabel | undefined;
  readonly caseConflicts?: CaseConflicts | undefined;
  /** Absent if the labels were not examined. */
  readonly doubtful?: DoubtfulRows | undefined;
  /** The label of train with the fewest rows; absent if train has no labels. */
  readonly smallestClass: { readonly label: string; readonly rows: number } | undefined;
  /** The most important first. */
  readonly warnings: readonly DatasetWarning[];
}
