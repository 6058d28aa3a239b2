/** `check`: what is in a data set, before any training. */
import type { CheckSettings } from "../../config.js";
import { checkDataset } from "../../data/check.js";
import { formatCheck } from "../../data/check-text.js";
import { buildDataset, resolveSplits } from "../../data/dataset.js";
import { loadTokenizer } from "../../text/load.js";
import type { CheckResult, Host } from "../host.js";
import { encodeOnce, labelledFiles, readLabelledFiles } from "./labelled-texts.js";
import { locateModel } from "./model-source.js";

/**
 * Checks labelled files as `train` would read them. With a model, lengths are counted in its tokens and
 * truncation is told; without one, in words. Throws what would stop training.
 */
export async function runCheck(settings: CheckSettings, host: Host): Promise<CheckResult> {
  const records = await readLabelledFiles(await labelledFiles(settings, host), host);
  const source = settings.model && (await locateModel(settings.model, "tokenizer", host));
  const tokenizer = source ? await loadTokenizer(source.folder) : undefined;
  const encode = tokenizer && encodeOnce(tokenizer, settings.maxLength);
  const sources = { ...records, splitSeed: settings.splitSeed };
  const tokenCounts =
    encode &&
    ((texts: readonly string[]) =>
      Int32Array.from(texts, (text) => {
        const { ids, truncated } = encode(text);
        return ids.length + truncated;
      }));
  const check = checkDataset(resolveSplits(sources), {
    tokenCounts,
    maxLength: encode && settings.maxLength,
  });
  const text = formatCheck(check);
  try {
    buildDataset(sources);
  } catch (error) {
    // What stops training is easier to see beside the page.
    host.emit({ type: "notice", level: "info", text });
    throw error;
  }
  return { text, check };
}
