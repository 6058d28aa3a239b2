/** `check`: what is in a data set, before any training. */

import { L3MaskingError } from "../base/errors.js";
import { checkDataset } from "../data/check/check.js";
import { checkDetails } from "../data/check/check-details.js";
import type { DatasetCheck, FoldSizes } from "../data/check/check-result.js";
import { formatCheck } from "../data/check/check-text.js";
import { type NearRows, nearRows } from "../data/check/near-rows.js";
import { rowsToCorrect } from "../data/check/rows-to-correct.js";
import {
  buildDataset,
  type DatasetSources,
  resolveSplits,
  type SplitRecords,
} from "../data/dataset.js";
import { NEVER_HELD_OUT } from "../data/folds.js";
import { writeDurably } from "../platform/files/durable.js";
import { renderCheck } from "../results/report/pages/check.js";
import { correctionLines } from "../run/examination/correction-file.js";
import { doubtfulRows, isQuicklyExamined } from "../run/examination/doubtful-rows.js";
import { examinedEmbeddings } from "../run/examination/examined-embeddings.js";
import { stopIfAsked } from "../run/examination/stop.js";
import { runFolds, usualFolds } from "../run/fine-tune/folds.js";
import { requireWritable, writeWhole } from "../run/folder/run-folder.js";
import type { Host } from "../run/host/host.js";
import type { CheckSettings } from "../run/settings/schemas.js";
import { datasetName } from "../run/sources/dataset-sources.js";
import {
  type LabelledFiles,
  labelledFiles,
  modelReading,
  readLabelledFiles,
} from "../run/sources/labelled-texts.js";
import { readModel } from "../run/sources/located-model.js";
import { encodeOnce } from "../text/encode-once.js";
import { loadTokenizer } from "../text/load.js";

/** What `checkFiles` counted, as text and as data. */
export interface CheckResult {
  /** The report for people. */
  readonly text: string;
  readonly check: DatasetCheck;
  /** The file written. */
  readonly output?: string;
  /** Rows to correct in a CSV file that was written. */
  readonly toCorrect?: number;
}

/**
 * Checks labelled files as `train` would read them. Lengths are counted in tokens of the model, and truncation is told. An `output` gets
 * the same as a page, or the rows to correct as CSV. Throws what would stop training, after the output is written; `invalid-setting` for
 * an output that cannot be.
 */
export async function runCheck(settings: CheckSettings, host: Host): Promise<CheckResult> {
  const { output } = settings;
  const kind = output === undefined ? undefined : outputKind(output);
  const files = await labelledFiles(settings, host);
  const { trainFile, validationFile, testFile } = files;
  if (output !== undefined) requireWritable(output);
  const records = await readLabelledFiles(files, host);
  const { maxLength } = settings;
  const { tokenizer, source } = await readModel(
    settings.model,
    "tokenizer",
    host,
    async (found) => ({ tokenizer: await loadTokenizer(found.folder), source: found }),
  );
  const folds = usualFolds(files, records.train.length);
  const sources = { ...records, splitSeed: settings.splitSeed, crossValidated: folds > 0 };
  const options = modelReading(tokenizer, encodeOnce(tokenizer, maxLength), maxLength);
  const splits = resolveSplits(sources);
  const near = findNearRows(splits, host);
  const examines = settings.doubtfulLabels ?? isQuicklyExamined(records.train);
  const embed = (texts: readonly string[]) =>
    examinedEmbeddings(texts, { source, tokenizer, maxLength }, host);
  const doubtful = examines ? await doubtfulRows(records.train, near, host, embed) : undefined;
  const { refusal, foldSizes } = trialOf(sources, folds);
  const check = checkDataset(splits, { ...options, near, doubtful, folds: foldSizes });
  const text = formatCheck(check) + (examines ? "" : `\n${notExamined(settings)}\n`);
  if (output !== undefined && kind === "page") {
    const name = settings.dataset ?? datasetName(trainFile);
    const told = refusal instanceof Error ? refusal.message : undefined;
    const page = {
      name,
      check,
      details: checkDetails(splits, { ...options, near }),
      files: { train: trainFile, dev: validationFile, test: testFile },
      refusal: told,
    };
    writeWhole(output, renderCheck(page, { date: host.today() }).html);
  }
  let toCorrect: number | undefined;
  if (output !== undefined && kind === "rows") {
    const found = rowsToCorrect(records.train, {
      doubtful,
      spellings: check.spellings,
      near: inFiles(near, files),
    });
    toCorrect = found.length;
    writeDurably(output, correctionLines(records.train, found, records.columns));
  }
  if (refusal !== undefined) {
    // What stops training is easier to see beside the page.
    host.emit({ type: "notice", level: "info", text });
    throw refusal;
  }
  return {
    text,
    check,
    ...(output !== undefined && { output }),
    ...(toCorrect !== undefined && { toCorrect }),
  };
}

function notExamined({ doubtfulLabels }: CheckSettings): string {
  const why = doubtfulLabels === undefined ? ", which takes minutes with so much text" : "";
  return `Labels were not examined${why}: --doubtful-labels does it.`;
}

/** By the ending of its name. Throws `invalid-setting` for any other. */
function outputKind(output: string): "page" | "rows" {
  if (/\.html?$/i.test(output)) return "page";
  if (/\.csv$/i.test(output)) return "rows";
  throw new L3MaskingError(
    "invalid-setting",
    `expected an output file that ends in .html or .csv, got ${output}`,
    { hint: "A page ends in .html, the rows to correct in .csv." },
  );
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
