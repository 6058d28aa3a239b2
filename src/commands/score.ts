/** `score`: token likelihoods of a file of texts. */

import { L3MaskingError } from "../base/errors.js";
import { STANDARD, shownName } from "../data/formats/formats.js";
import { readRecords } from "../data/read.js";
import type { TokenScores } from "../method/likelihood/estimators.js";
import type { EstimatorReport } from "../results/records/run-metrics.js";
import { requireWritable, writeJsonLines } from "../run/folder/run-folder.js";
import type { Host } from "../run/host/host.js";
import type { TextScores } from "../run/inference/text-scores.js";
import { textScores } from "../run/inference/text-scores.js";
import type { ScoreSettings } from "../run/settings/schemas.js";
import { loadModel, scoreEncodings } from "../run/sources/model.js";
import { asReading, checkedMaxLength } from "../run/sources/model-facts.js";
import { alteredNotice, countEncodings, requireKnownWords } from "../run/sources/text-counts.js";
import { encodeOnce } from "../text/encode-once.js";
import type { Encoding, Tokenizer } from "../text/encoding.js";

/** What `scoreFile` wrote. */
export interface ScoreResult {
  readonly texts: number;
  /** The file written; undefined for standard output. */
  readonly output: string | undefined;
  readonly estimator_report?: EstimatorReport;
}

/**
 * Scores every text of `input` and writes one JSON object per text, in input order, to `output`; to
 * `host.write` for "-". An
 * empty text gets its special tokens alone, with null scores. Throws `invalid-setting` for an output that
 * cannot be written, and what reading, loading and scoring throw.
 */
export async function runScore(settings: ScoreSettings, host: Host): Promise<ScoreResult> {
  const { input, textColumn } = settings;
  const output = settings.output === STANDARD ? undefined : settings.output;
  if (output !== undefined) requireWritable(output);
  else if (host.write === undefined) throw nobodyListens();
  const file = await readRecords(input, { textColumn, labels: "unread" });
  const task = { textColumns: file.textColumns };
  const model = asReading(await loadModel(settings.model, host), { longTexts: "head", task });
  const maxLength = checkedMaxLength(settings.maxLength, model.spec);
  const encode = encodeOnce(model.tokenizer, maxLength);
  const encodings = file.records.map(({ text }) => encode(text));
  const counts = countEncodings(encodings, model.tokenizer);
  requireKnownWords(counts, shownName(input));
  const notice = alteredNotice(counts);
  if (notice !== undefined) host.emit(notice);
  const runtime = await host.runtime(settings);
  const scored = await scoreEncodings(model, encodings, settings, runtime, host);
  const { scores, estimatorReport: report } = scored;
  const lines = rows(encodings, scores, model.tokenizer);
  if (output !== undefined) writeJsonLines(output, lines);
  else await writeLines(lines, host);
  return { texts: file.records.length, output, ...(report && { estimator_report: report }) };
}

/** Until nobody wants more. */
async function writeLines(lines: Iterable<TextScores>, { write }: Host): Promise<void> {
  for (const line of lines) {
    const goesOn = await write?.(`${JSON.stringify(line)}\n`);
    if (goesOn !== true) return;
  }
}

function nobodyListens(): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    "expected a file as output, got -, and no onOutput that takes what is written",
    { hint: "Name a file, pass onOutput, or call scoreTexts, which gives the scores back." },
  );
}

function* rows(
  encodings: readonly Encoding[],
  scores: readonly TokenScores[],
  tokenizer: Tokenizer,
): Generator<TextScores> {
  for (const [index, encoding] of encodings.entries()) {
    yield textScores(encoding, scores[index], tokenizer);
  }
}
