/** `predict`: labels and probabilities for a file of texts. */
import { writeFileSync } from "node:fs";
import type { PredictSettings } from "../config.js";
import { readRecords } from "../data/read.js";
import { openClassifier } from "./classifier.js";
import type { PredictResult } from "./commands.js";
import type { Host } from "./host.js";
import { writeJsonLines } from "./run-folder.js";

/**
 * Classifies every text of `input`, an empty one too: one prediction per row, in input order, written
 * to `output` as JSON lines or returned where there is none.
 */
export async function runPredict(settings: PredictSettings, host: Host): Promise<PredictResult> {
  const { input, output, textColumn } = settings;
  const { records } = await readRecords(input, { textColumn, labels: "optional" });
  const classifier = await openClassifier(settings, host);
  // A path that cannot be written fails before the work, not after it.
  if (output !== undefined) writeFileSync(output, "");
  try {
    const predictions = await classifier.predict(records.map(({ text }) => text));
    if (output === undefined) return { rows: records.length, output, predictions };
    writeJsonLines(output, predictions);
    return { rows: records.length, output };
  } finally {
    await classifier.dispose();
  }
}
