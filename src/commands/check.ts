/** `check`: what is in a data set, before any training. */

import { L3MaskingError } from "../base/errors.js";
import type { DatasetCheck } from "../data/check/check-result.js";
import { formatCheck } from "../data/check/check-text.js";
import { writeDurably } from "../platform/files/durable.js";
import { renderCheck } from "../results/report/pages/check.js";
import { correctionLines } from "../run/examination/correction-file.js";
import { examineFiles } from "../run/examination/examined-files.js";
import { requireWritable, writeWhole } from "../run/folder/run-folder.js";
import type { Host } from "../run/host/host.js";
import type { CheckSettings } from "../run/settings/schemas.js";
import { datasetName } from "../run/sources/dataset-sources.js";
import { labelledFiles } from "../run/sources/labelled-texts.js";

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
  const { check, details, toCorrect, records, refusal, isExamined } = await examineFiles(
    files,
    settings,
    host,
  );
  const text = formatCheck(check) + (isExamined ? "" : `\n${notExamined(settings)}\n`);
  if (output !== undefined && kind === "page") {
    const name = settings.dataset ?? datasetName(trainFile);
    const told = refusal instanceof Error ? refusal.message : undefined;
    const page = {
      name,
      check,
      details: details(),
      files: { train: trainFile, dev: validationFile, test: testFile },
      refusal: told,
    };
    writeWhole(output, renderCheck(page, { date: host.today() }).html);
  }
  let corrections: number | undefined;
  if (output !== undefined && kind === "rows") {
    const found = toCorrect();
    corrections = found.length;
    writeDurably(output, correctionLines(records.train, found, records));
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
    ...(corrections !== undefined && { toCorrect: corrections }),
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
