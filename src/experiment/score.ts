/** `score`: token likelihoods of a file of texts. */
import { writeFileSync } from "node:fs";
import type { ScoreSettings } from "../config.js";
import { readRecords } from "../data/read.js";
import type { ScoreResult } from "./commands.js";
import type { Host } from "./host.js";
import { encodeOnce } from "./labelled-texts.js";
import { textScores } from "./library.js";
import { writeJsonLines } from "./run-folder.js";
import { checkedMaxLength, loadModel, scoreEncodings } from "./vanilla.js";

/**
 * Scores every text of `input` and writes one JSON object per text, in input order, to `output`. An
 * empty text gets its special tokens alone, with null scores.
 */
export async function runScore(settings: ScoreSettings, host: Host): Promise<ScoreResult> {
  const { input, output, textColumn } = settings;
  const file = await readRecords(input, { textColumn, labels: "optional" });
  const model = await loadModel(settings.model, host);
  const maxLength = checkedMaxLength(settings.maxLength, model.spec);
  const encode = encodeOnce(model.tokenizer, maxLength);
  const encodings = file.records.map(({ text }) => encode(text));
  const runtime = await host.runtime(settings.threads);
  // A path that cannot be written fails before the work, not after it.
  writeFileSync(output, "");
  const scores = await scoreEncodings(model, encodings, settings, runtime, host);
  writeJsonLines(
    output,
    encodings.map((encoding, index) => textScores(encoding, scores[index], model.tokenizer)),
  );
  return { texts: file.records.length, output };
}
