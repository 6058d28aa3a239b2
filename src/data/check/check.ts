/** What is in a data set, and what a reader of its scores should know before trusting them. */

import { type SplitName, type SplitRecords, splitNames } from "../dataset.js";
import { isEmptyText, type TextRecord, textKey } from "../formats/record.js";
import { labelsIn } from "../label-sets.js";
import { sortedLabels } from "../labels.js";
import type { Task } from "../task.js";
import type {
  DatasetCheck,
  DoubtfulRows,
  FoldSizes,
  LabelsPerText,
  LengthSummary,
  SplitCheck,
  SplitOverlap,
  Truncation,
} from "./check-result.js";
import { checkWarnings } from "./check-warnings.js";
import { foreignTexts, type WordsOfText } from "./foreign-texts.js";
import { labelSpellings } from "./label-spelling.js";
import { capitalsOfLabel, caseConflicts } from "./letter-case.js";
import { type NearRows, nearConflicts, nearOverlaps } from "./near-rows.js";

/** How a model reads texts. Lengths are counted in words, unless its tokenizer is given. */
export interface TokenLengthOptions {
  /** Number of tokens of each text, special tokens included, before any truncation. */
  readonly tokenCounts?: ((texts: readonly string[]) => Int32Array) | undefined;
  /** Longest row the model will see, in tokens, special tokens included. */
  readonly maxLength?: number | undefined;
  /** How well the model's vocabulary fits a text; absent if it cannot tell its language. */
  readonly wordsOf?: ((text: string) => WordsOfText) | undefined;
  /** Is everything read in lower case? */
  readonly lowercases?: boolean | undefined;
}

/** What takes more than counting, found beforehand. */
export interface Examined {
  readonly near?: NearRows | undefined;
  readonly doubtful?: DoubtfulRows | undefined;
  readonly folds?: FoldSizes | undefined;
  /** Whether a text can have several labels; one where it is absent. */
  readonly task?: Pick<Task, "severalLabels"> | undefined;
}

/** Counts over all rows, empty ones included; texts are compared without surrounding white space. */
export function checkDataset(
  records: SplitRecords,
  options: TokenLengthOptions & Examined = {},
): DatasetCheck {
  const { near, doubtful, folds, wordsOf, lowercases, task } = options;
  const severalLabels = task?.severalLabels !== undefined;
  const present = splitNames.flatMap((name) => {
    const rows = records[name];
    return rows === undefined ? [] : [{ name, rows, texts: labelsByText(rows) }];
  });
  const labels = sortedLabels(
    present.flatMap(({ rows }) => rows.flatMap((row) => labelsOf(row, severalLabels))),
  );
  const splits = present.map(({ name, rows, texts }) =>
    checkSplit(name, rows, texts, labels, options),
  );
  const overlaps = present.flatMap((first, index) =>
    present.slice(index + 1).map((second) => overlap(first, second)),
  );
  const labelRows = labels.map((label, id) => ({
    label,
    rows: splits.reduce((total, split) => total + split.labelRows[id], 0),
  }));
  const facts = {
    labels,
    ...(severalLabels && { severalLabels }),
    splits,
    folds,
    overlaps,
    spellings: labelSpellings(labelRows),
    near: near && nearOverlaps(near),
    nearConflicts: near && nearConflicts(near),
    foreign:
      wordsOf && present.flatMap(({ name, rows }) => foreignTexts(name, rows, wordsOf) ?? []),
    capitals: lowercases && !severalLabels ? capitalsOfLabel(records.train) : undefined,
    caseConflicts: lowercases ? caseConflicts(records.train) : undefined,
    doubtful,
    smallestClass: smallestClass(labels, splits),
  };
  return { ...facts, warnings: checkWarnings(facts) };
}

type LabelsByText = ReadonlyMap<string, ReadonlySet<string>>;

/** The labels of a row; none where it says nothing. */
function labelsOf({ label }: TextRecord, several: boolean): readonly string[] {
  if (label === undefined) return [];
  return several ? labelsIn(label) : [label];
}

/** Text -> its labels; empty texts are no texts. */
function labelsByText(records: readonly TextRecord[]): LabelsByText {
  const texts = new Map<string, Set<string>>();
  for (const { text, label } of records) {
    if (isEmptyText(text)) continue;
    const key = textKey(text);
    const labels = texts.get(key) ?? new Set();
    if (label !== undefined) labels.add(label);
    texts.set(key, labels);
  }
  return texts;
}

function checkSplit(
  name: SplitName,
  records: readonly TextRecord[],
  texts: LabelsByText,
  labels: readonly string[],
  options: TokenLengthOptions & Examined,
): SplitCheck {
  const several = options.task?.severalLabels !== undefined;
  const filled = records.filter(({ text }) => !isEmptyText(text)).map(({ text }) => text);
  const rowsOfLabel = new Map<string, number>();
  let unlabelledRows = 0;
  for (const record of records) {
    if (record.label === undefined) unlabelledRows++;
    for (const label of labelsOf(record, several)) {
      rowsOfLabel.set(label, (rowsOfLabel.get(label) ?? 0) + 1);
    }
  }
  const counts = options.tokenCounts?.(filled) ?? Int32Array.from(filled, wordCount);
  const unit = options.tokenCounts === undefined ? "words" : "tokens";
  return {
    name,
    rows: records.length,
    emptyTexts: records.length - filled.length,
    repeatedRows: filled.length - texts.size,
    conflictingTexts: [...texts.values()].filter((found) => found.size > 1).length,
    unlabelledRows,
    labelRows: labels.map((label) => rowsOfLabel.get(label) ?? 0),
    labelsPerText: several ? labelsPerText(records) : undefined,
    lengths: summary(counts, unit),
    truncation: unit === "tokens" ? truncation(counts, options.maxLength) : undefined,
  };
}

function labelsPerText(records: readonly TextRecord[]): LabelsPerText {
  const counts = records.flatMap(({ label }) =>
    label === undefined ? [] : [labelsIn(label).length],
  );
  return {
    mean: counts.length === 0 ? 0 : counts.reduce((a, b) => a + b, 0) / counts.length,
    most: counts.reduce((a, b) => Math.max(a, b), 0),
    none: counts.filter((count) => count === 0).length,
  };
}

/** Runs of characters other than white space. */
export function wordCount(text: string): number {
  return text.trim().split(/\s+/).length;
}

function summary(counts: Int32Array, unit: LengthSummary["unit"]): LengthSummary | undefined {
  if (counts.length === 0) return undefined;
  const sorted = counts.toSorted();
  return {
    unit,
    mean: sum(sorted) / sorted.length,
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: sorted[sorted.length - 1],
  };
}

function truncation(counts: Int32Array, maxLength: number | undefined): Truncation | undefined {
  if (maxLength === undefined) return undefined;
  const cut = counts.filter((count) => count > maxLength);
  const lost = sum(cut) - cut.length * maxLength;
  return { maxLength, rows: cut.length, lostShare: lost === 0 ? 0 : lost / sum(counts) };
}

function sum(counts: Int32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

function quantile(sorted: Int32Array, q: number): number {
  return sorted[Math.floor(q * sorted.length)];
}

interface PresentSplit {
  readonly name: SplitName;
  readonly rows: readonly TextRecord[];
  readonly texts: LabelsByText;
}

function overlap(first: PresentSplit, second: PresentSplit): SplitOverlap {
  let rows = 0;
  let rowsSameLabel = 0;
  for (const { text, label } of second.rows) {
    const known = first.texts.get(textKey(text));
    if (known === undefined) continue;
    rows++;
    if (label !== undefined && known.has(label)) rowsSameLabel++;
  }
  const texts = [...second.texts.keys()].filter((key) => first.texts.has(key)).length;
  return { first: first.name, second: second.name, texts, rows, rowsSameLabel };
}

function smallestClass(
  labels: readonly string[],
  splits: readonly SplitCheck[],
): DatasetCheck["smallestClass"] {
  const train = splits.find(({ name }) => name === "train");
  const classes = labels
    .map((label, id) => ({ label, rows: train?.labelRows[id] ?? 0 }))
    .filter(({ rows }) => rows > 0);
  return classes.toSorted((first, second) => first.rows - second.rows).at(0);
}
