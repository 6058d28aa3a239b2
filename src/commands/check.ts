/** `check`: what is in a data set, before any training. */

import { checkDataset } from "../data/check/check.js";
import { checkDetails } from "../data/check/check-details.js";
import type { DatasetCheck } from "../data/check/check-result.js";
import { formatCheck } from "../data/check/check-text.js";
import { buildDataset, resolveSplits } from "../data/dataset.js";
import { renderCheck } from "../results/report/pages/check.js";
import { requireWritable, writeWhole } from "../run/folder/run-folder.js";
import type { Host } from "../run/host/host.js";
import type { CheckSettings } from "../run/settings/schemas.js";
import { datasetName } from "../run/sources/dataset-sources.js";
import { encodeOnce, labelledFiles, readLabelledFiles } from "../run/sources/labelled-texts.js";
import { locateModel } from "../run/sources/model-source.js";
import { loadTokenizer } from "../text/load.js";

/** What `checkFiles` counted, as text and as data. */
export interface CheckResult {
  /** The report for people. */
  readonly text: string;
  readonly check: DatasetCheck;
  /** The page written. */
  readonly output?: string;
}

/**
 * Checks labelled files as `train` would read them. Lengths are counted in tokens of the model, and truncation is told. An `output` gets the same as a page. Throws what would stop training, after
 * the page is written, and `invalid-setting` for an output that cannot be.
 */
export async function runCheck(settings: CheckSettings, host: Host): Promise<CheckResult> {
  const { output } = settings;
  if (output !== undefined) requireWritable(output);
  const files = await labelledFiles(settings, host);
  const records = await readLabelledFiles(files, host);
  const { maxLength } = settings;
  const { folder } = await locateModel(settings.model, "tokenizer", host);
  const encode = encodeOnce(await loadTokenizer(folder), maxLength);
  const sources = { ...records, splitSeed: settings.splitSeed };
  const tokenCounts = (texts: readonly string[]) =>
    Int32Array.from(texts, (text) => {
      const { ids, truncated } = encode(text);
      return ids.length + truncated;
    });
  const options = { tokenCounts, maxLength };
  const splits = resolveSplits(sources);
  const check = checkDataset(splits, options);
  const text = formatCheck(check);
  const refusal = refusalOf(() => buildDataset(sources));
  if (output !== undefined) {
    const name = settings.dataset ?? datasetName(files.trainFile);
    const told = refusal instanceof Error ? refusal.message : undefined;
    const page = {
      name,
      check,
      details: checkDetails(splits, options),
      files: { train: files.trainFile, dev: files.validationFile, test: files.testFile },
      refusal: told,
    };
    writeWhole(output, renderCheck(page, { date: host.today() }).html);
  }
  if (refusal !== undefined) {
    // What stops training is easier to see beside the page.
    host.emit({ type: "notice", level: "info", text });
    throw refusal;
  }
  return { text, check, ...(output !== undefined && { output }) };
}

/** What work throws; undefined where it does not. */
function refusalOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
