/** Records -> the data set that training and evaluation see. */

import { L3MaskingError } from "../base/errors.js";
import { nearestName } from "../base/nearest.js";
import { randomStream } from "../base/random.js";
import { sha256 } from "../base/sha256.js";
import { isEmptyText, type TextRecord, textKey } from "./formats/record.js";
import {
  joinedLabels,
  type LabelSpace,
  labelSets,
  labelsIn,
  NO_LABELS,
  strataOf,
} from "./label-sets.js";
import { labelIds, labelScale, sortedLabels } from "./labels.js";
import { stratifiedSplit } from "./split.js";
import { labelSpace, singleTexts, type Task } from "./task.js";

export const splitNames = ["train", "dev", "test"] as const;

/** A part of a data set: to train on, to choose weights by, to measure with. */
export type SplitName = (typeof splitNames)[number];

/** The rows of each split that exists, empty texts included. */
export interface SplitRecords {
  readonly train: readonly TextRecord[];
  readonly dev?: readonly TextRecord[] | undefined;
  readonly test?: readonly TextRecord[] | undefined;
}

export interface DatasetSources extends SplitRecords {
  /** Decides which rows leave train when dev is missing. */
  readonly splitSeed: number;
  /** Single texts where it is absent. */
  readonly task?: Task;
  /** Have the labels an order? Where it is absent, they do if they are numbers. */
  readonly orderedLabels?: boolean | undefined;
  /** Do all rows stay in train where dev is missing, to be held out in turn? There is then no dev split. */
  readonly crossValidated?: boolean;
}

export interface DatasetSplit {
  readonly texts: readonly string[];
  /** Ids of the rows' labels, or of their sets of labels; see `Dataset.space`. */
  readonly labelIds: Int32Array; // [rows]
  readonly records: readonly TextRecord[];
}

export interface Dataset {
  readonly task: Task;
  /** All labels of train, in id order. */
  readonly labels: readonly string[];
  /** What `labelIds` stand for. */
  readonly space: LabelSpace;
  readonly train: DatasetSplit;
  /** Without rows where those of train are held out in turn. */
  readonly dev: DatasetSplit;
  /** Absent if dev was given and test was not, and where the rows of train are held out in turn. */
  readonly test: DatasetSplit | undefined;
  /** Rows left out. */
  readonly excluded: { readonly emptyTexts: Readonly<Record<SplitName, number>> };
  /** 1 for each test row whose text also occurs in train, else 0. */
  readonly seenInTraining: Uint8Array; // [test rows]
  /** SHA-256 (hex) of labels, texts, label ids and their order. */
  readonly digest: string;
}

/**
 * The splits as they will be used: those given, or, without a dev split, train split in two (90/10, if
 * test is given) or three (80/10/10) by `stratifiedSplit`; as they are where rows are held out in turn. Empty texts are still in.
 */
export function resolveSplits(sources: DatasetSources): SplitRecords {
  const { train, dev, test, splitSeed } = sources;
  if (dev !== undefined || sources.crossValidated === true) return { train, dev, test };
  const random = randomStream(splitSeed, "split");
  const shares = { dev: 0.1, test: test === undefined ? 0.1 : 0 };
  const sides = stratifiedSplit(train, shares, random, stratumIn(sources));
  return { train: sides.train, dev: sides.dev, test: test ?? sides.test };
}

/** Of a set of labels the rarest, by which it is split. */
function stratumIn({ task, train }: DatasetSources): ((label: string) => string) | undefined {
  if (task?.severalLabels === undefined) return undefined;
  const written = train.map(({ label = "" }) => joinedLabels(labelsIn(label)));
  const labels = sortedLabels(written.flatMap(labelsIn));
  const sets = labelSets(labels);
  const strata = strataOf(written.map(sets.idOf), sets);
  const stratum = new Map(written.map((set, row) => [set, labels[strata[row]] ?? NO_LABELS]));
  return (label) => stratum.get(joinedLabels(labelsIn(label))) ?? NO_LABELS;
}

/**
 * The data set: splits resolved, empty texts left out and counted, labels numbered.
 *
 * Throws `data-empty` for a split without rows, `data-classes` if train has one label only, and
 * `data-label` for a row without a label or with one that train lacks.
 */
export function buildDataset(sources: DatasetSources): Dataset {
  if (sources.train.every(({ text }) => isEmptyText(text))) throw emptySplit("train");
  const splits = resolveSplits(sources);
  const counts = { train: 0, dev: 0, test: 0 };
  const kept = (name: SplitName): readonly TextRecord[] => {
    const rows = splits[name] ?? [];
    const filled = rows.filter(({ text }) => !isEmptyText(text));
    counts[name] = rows.length - filled.length;
    return filled;
  };
  const trainRows = kept("train");
  const task = sources.task ?? singleTexts;
  const several = task.severalLabels !== undefined;
  // A rare label may be lost to train where dev is cut from it; of several labels a text it is then one that no training text has.
  const naming = several ? sources.train : trainRows;
  const named = naming.map((record) => labelOf(record, "train"));
  const labels = sortedLabels(several ? named.flatMap(labelsIn) : named);
  if (labels.length < 2) throw several ? tooFewLabels(labels) : oneClass(labels);
  const space = labelSpace(labels, task);
  const known: KnownLabels = {
    labels,
    idOf: typeof space === "number" ? idsOf(labels) : space.idOf,
    membersOf: several ? labelsIn : (label) => [label],
  };
  const train = numbered(trainRows, known, "train");
  const dev =
    splits.dev === undefined
      ? NO_ROWS
      : numbered(kept("dev"), known, "dev", sources.dev === undefined);
  const test =
    splits.test === undefined
      ? undefined
      : numbered(kept("test"), known, "test", sources.test === undefined);
  const trainKeys = new Set(train.texts.map(textKey));
  return {
    task: several
      ? { ...task, scale: undefined }
      : { ...task, scale: labelScale(labels, sources.orderedLabels) },
    labels,
    space,
    train,
    dev,
    test,
    excluded: { emptyTexts: counts },
    seenInTraining: Uint8Array.from(test?.texts ?? [], (text) => +trainKeys.has(textKey(text))),
    digest: sha256(digestParts(labels, { train, dev, test }, several)),
  };
}

const NO_ROWS: DatasetSplit = { texts: [], labelIds: new Int32Array(0), records: [] };

/** The labels that rows may have. */
interface KnownLabels {
  readonly labels: readonly string[];
  /** The id of what a row's label says; -1 for what train lacks. */
  idOf(label: string): number;
  membersOf(label: string): readonly string[];
}

function idsOf(labels: readonly string[]): KnownLabels["idOf"] {
  const ids = labelIds(labels);
  return (label) => ids.get(label) ?? -1;
}

/** `cutFromTrain` only words the error of an empty split. */
function numbered(
  records: readonly TextRecord[],
  { labels, idOf, membersOf }: KnownLabels,
  split: SplitName,
  cutFromTrain = false,
): DatasetSplit {
  if (records.length === 0) throw emptySplit(split, cutFromTrain);
  return {
    texts: records.map(({ text }) => text),
    labelIds: Int32Array.from(records, (record) => {
      const label = labelOf(record, split);
      const id = idOf(label);
      if (id >= 0) return id;
      const unknown = membersOf(label).find((one) => !labels.includes(one)) ?? label;
      throw unknownLabel(unknown, record.line, split, labels);
    }),
    records,
  };
}

function labelOf(record: TextRecord, split: SplitName): string {
  if (record.label !== undefined) return record.label;
  throw new L3MaskingError(
    "data-label",
    `${split} line ${record.line}: expected a label, got none`,
    { hint: "Fill in the label column, or remove the row." },
  );
}

function unknownLabel(
  label: string,
  line: number,
  split: SplitName,
  labels: readonly string[],
): L3MaskingError {
  const nearest = nearestName(label, labels);
  return new L3MaskingError(
    "data-label",
    `${split} line ${line}: expected one of train's ${labels.length} labels, got "${label}"`,
    {
      hint:
        nearest === undefined
          ? `Add rows with "${label}" to train, or remove them from ${split}.`
          : `Rename the label if you meant "${nearest}"; otherwise add it to train, or remove it from ${split}.`,
    },
  );
}

function emptySplit(split: SplitName, cutFromTrain = false): L3MaskingError {
  const expected = `expected at least one row with a text in ${split}, found none`;
  return cutFromTrain
    ? new L3MaskingError("data-empty", `${expected} after splitting train`, {
        hint: "Provide at least 3 different texts for some label, or pass a file for this split.",
      })
    : new L3MaskingError("data-empty", expected, {
        hint: "Check the file and its text column.",
      });
}

function oneClass(labels: readonly string[]): L3MaskingError {
  return new L3MaskingError(
    "data-classes",
    `expected at least 2 labels in train, found only "${labels.join()}"`,
    { hint: "Check the label column (--label-column), or add rows with another label." },
  );
}

function tooFewLabels(labels: readonly string[]): L3MaskingError {
  if (labels.length === 0) {
    return new L3MaskingError("data-classes", "expected labels in train, found none in any row", {
      hint: "Check the label column (--label-column).",
    });
  }
  return new L3MaskingError(
    "data-classes",
    `expected at least 2 labels where a text can have several, found only "${labels.join()}" in train`,
    {
      hint: "A label that a text has or lacks is a task of two: write yes and no in the label column.",
    },
  );
}

/** Lengths stand before contents, so that no two data sets give the same parts. */
function* digestParts(
  labels: readonly string[],
  splits: Readonly<Record<SplitName, DatasetSplit | undefined>>,
  several: boolean,
): Generator<string> {
  yield JSON.stringify(labels);
  for (const name of splitNames) {
    const split = splits[name];
    yield `\n${name} ${split?.texts.length ?? "absent"}`;
    if (split === undefined) continue;
    for (const [row, text] of split.texts.entries()) {
      yield `\n${split.labelIds[row]} ${text.length} ${text}`;
      // Ids of sets depend on the rows before.
      if (several) yield ` ${split.records[row].label}`;
    }
  }
}
