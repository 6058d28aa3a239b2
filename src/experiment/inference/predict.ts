/** `predict`: labels and probabilities for a file of texts. */
import type { PredictSettings } from "../../config.js";
import { readRecords } from "../../data/read.js";
import { requireWritable, writeJsonLines } from "../fine-tune/run-folder.js";
import type { Host, PredictResult } from "../host.js";
import { openClassifier } from "./classifier.js";

/**
 * Classifies every text of `input`, an empty one too: one prediction per row, in input order, written
 * to `output` as JSON lines or returned where there is none. Throws `invalid-setting` for an output that cannot
 * be written, and what reading and `openClassifier` throw.
 */
export async function runPredict(settings: PredictSettings, host: Host): Promise<PredictResult> {
  const { input, output, textColumn } = settings;
  if (output !== undefined) requireWritable(output);
  const { records } = await readRecords(input, { textColumn, labels: "optional" });
  const classifier = await openClassifier(settings, host);
  try {
    const predictions = await classifier.predict(records.map(({ text }) => text));
    if (output === undefined) return { rows: records.length, output, predictions };
    writeJsonLines(output, predictions);
    return { rows: records.length, output };
  } finally {
    await classifier.dispose();
  }
}
