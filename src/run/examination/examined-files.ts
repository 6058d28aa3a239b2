/** Labelled files read as `train` would, and all that a check finds in them. */
import { checkDataset } from "../../data/check/check.js";
import { type CheckDetails, checkDetails } from "../../data/check/check-details.js";
import type { DatasetCheck, FoldSizes } from "../../data/check/check-result.js";
import { type NearRows, nearRows } from "../../data/check/near-rows.js";
import { type RowToCorrect, rowsToCorrect } from "../../data/check/rows-to-correct.js";
import {
  buildDataset,
  type DatasetSources,
  resolveSplits,
  type SplitRecords,
} from "../../data/dataset.js";
import { NEVER_HELD_OUT } from "../../data/folds.js";
import { readsPairs, type Task } from "../../data/task.js";
import { readConfig } from "../../model/checkpoint/load.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import { runFolds, usualFolds } from "../fine-tune/folds.js";
import type { Host } from "../host/host.js";
import type { CheckSettings } from "../settings/schemas.js";
import {
  type LabelledFiles,
  type LabelledRecords,
  modelReading,
  readLabelledFiles,
} from "../sources/labelled-texts.js";
import { readModel } from "../sources/located-model.js";
import { asReading } from "../sources/model-facts.js";
import { doubtfulRows, isQuicklyExamined } from "./doubtful-rows.js";
import { examinedEmbeddings } from "./examined-embeddings.js";
import { stopIfAsked } from "./stop.js";

export interface ExaminedFiles {
  readonly records: LabelledRecords;
  readonly check: DatasetCheck;
  /** Examples of what was counted. */
  details(): CheckDetails;
  /** The rows of the training file to look at. */
  toCorrect(): readonly RowToCorrect[];
  /** What training would throw. */
  readonly refusal?: unknown;
  /** Were the labels examined? */
  readonly isExamined: boolean;
}

/** Throws what reading throws, and `interrupted` after a stop on request. */
export async function examineFiles(
  files: LabelledFiles,
  settings: Pick<CheckSettings, "model" | "maxLength" | "splitSeed" | "doubtfulLabels">,
  host: Host,
): Promise<ExaminedFiles> {
  const records = await readLabelledFiles(files, host);
  const { maxLength } = settings;
  const { tokenizer, source } = await readModel(
    settings.model,
    "tokenizer",
    host,
    async (found) => ({
      tokenizer: await readingTokenizer(found.folder, records.task),
      source: found,
    }),
  );
  const folds = usualFolds(files, records.train.length);
  const sources = { ...records, splitSeed: settings.splitSeed, crossValidated: folds > 0 };
  const options = modelReading(tokenizer, encodeOnce(tokenizer, maxLength), maxLength);
  const splits = resolveSplits(sources);
  const near = findNearRows(splits, host);
  const isExamined = settings.doubtfulLabels ?? isQuicklyExamined(records.train, records.task);
  const embed = (texts: readonly string[]) =>
    examinedEmbeddings(texts, { source, tokenizer, maxLength }, host);
  const { task } = records;
  const doubtful = isExamined
    ? await doubtfulRows(records.train, near, host, embed, task)
    : undefined;
  const { refusal, foldSizes } = trialOf(sources, folds);
  const check = checkDataset(splits, { ...options, near, doubtful, folds: foldSizes, task });
  return {
    records,
    check,
    details: () => checkDetails(splits, { ...options, near }),
    toCorrect: () =>
      rowsToCorrect(records.train, {
        doubtful,
        spellings: check.spellings,
        near: inFiles(near, files),
      }),
    refusal,
    isExamined,
  };
}

/** The tokenizer in a folder, as it reads texts of a task. */
async function readingTokenizer(folder: string, task: Task): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(folder);
  if (!readsPairs(task)) return tokenizer;
  const { spec } = await readConfig(folder);
  return asReading({ spec, tokenizer }, { longTexts: "head", task }).tokenizer;
}

function findNearRows(splits: SplitRecords, host: Host): NearRows {
  const tell = (part: number) => {
    const total = 100;
    const done = Math.floor(total * part);
    host.emit({ type: "progress", task: "comparing texts", done, total, unit: "steps" });
  };
  const near = nearRows(splits, {
    beforeEach(part) {
      stopIfAsked(host);
      tell(part);
    },
  });
  tell(1);
  return near;
}

/** The rows with the split of the file that they came from: those that were cut from train are train's. */
function inFiles(near: NearRows, { validationFile, testFile }: LabelledFiles): NearRows {
  const given = { train: true, dev: validationFile !== undefined, test: testFile !== undefined };
  const rows = near.rows.map((row) =>
    given[row.split] ? row : { ...row, split: "train" as const },
  );
  return { ...near, rows };
}

/** The folds that training would deal, 0 for none, or what it would throw. */
function trialOf(
  sources: DatasetSources,
  count: number,
): { readonly foldSizes?: FoldSizes; readonly refusal?: unknown } {
  try {
    const dataset = buildDataset(sources);
    if (count === 0) return {};
    const { ofRow, count: dealt } = runFolds(dataset, count, sources.splitSeed);
    const rowsOf = (fold: number) => ofRow.filter((of) => of === fold).length;
    const rows = Array.from({ length: dealt }, (_, fold) => rowsOf(fold));
    return { foldSizes: { rows, neverHeldOut: rowsOf(NEVER_HELD_OUT) } };
  } catch (error) {
    return { refusal: error };
  }
}
