/**
 * Token likelihoods of many texts: masked copies are made a few at a time, cut into calls by a token
 * budget, and sent to a model that the caller passes in as a function.
 *
 * Reference: Salazar et al. 2020; Kauf & Ivanova 2023 (see estimators.ts).
 */
import { L3MaskingError } from "../../base/errors.js";
import type { Encoding } from "../../text/encoding.js";
import type { Estimator, TokenScores } from "./estimators.js";
import { type ScoringRow, scoringRows, textPositions } from "./estimators.js";

/**
 * The vanilla model in evaluation mode: log P (natural log, softmax over the whole vocabulary) of the
 * label at every target of every row, concatenated in the order of the rows.
 */
export type Predict = (rows: readonly ScoringRow[]) => Promise<Float32Array>;

/** Scores kept from earlier runs; one cache belongs to one checkpoint, tokenizer, estimator and length. */
export interface ScoreCache {
  get(encoding: Encoding): Promise<TokenScores | undefined>;
  put(encoding: Encoding, scores: TokenScores): Promise<void>;
}

/** Progress of scoring. Tokens are scored (non-special) tokens; repeated texts count each time. */
export interface ScoringProgress {
  readonly doneTokens: number;
  readonly totalTokens: number;
  readonly doneTexts: number;
  readonly totalTexts: number;
  /** Those of `doneTexts` that came from the cache. */
  readonly cachedTexts: number;
}

export interface ScoringOptions {
  readonly estimator: Estimator;
  readonly maskId: number;
  readonly predict: Predict;
  /** Most tokens (sum of row lengths) per call of `predict`; a longer row gets a call of its own. */
  readonly tokenBudget: number;
  /** Looked at before each call; an AbortSignal or any object with a flag. */
  readonly signal?: { readonly aborted: boolean };
  /** Called once after the cache was read and once after each call. */
  readonly onProgress?: (progress: ScoringProgress) => void;
  readonly cache?: ScoreCache;
}

/** Largest log P that rounding of a float32 log-softmax explains. */
const ROUNDING = 1e-3;

/** Texts with equal ids and words, scored once. */
interface DistinctText {
  readonly encoding: Encoding;
  /** Where the text stands in the input. */
  readonly members: number[];
}

/** A distinct text in progress: the scores so far and how many are missing (none of a cached one). */
interface OpenText extends DistinctText {
  readonly scores: TokenScores; // [n]
  readonly cached: boolean;
  missing: number;
}

/**
 * s_i = log P(t_i | text with M_i masked) for every non-special token of every text, NaN at the special
 * ones; in the order of the input. Texts with equal tokens share one array.
 *
 * Longest texts go first (the memory peak comes at once) and neighbours in a call have similar lengths.
 * Beside input and result, memory holds the masked copies of one text and one call.
 *
 * How a score is rounded depends on what else is in the call. So calls are cut as if nothing were cached, and those without a
 * missing text are skipped: a killed run that starts again with its cache gets exactly the same scores.
 *
 * Errors: `invalid-setting` (token budget, estimator), `interrupted` (cancelled between calls; complete
 * texts are in the cache by then), `runtime-failed` (`predict` gave the wrong number of values),
 * `score-invalid` (a value that is not a log-probability), `input-mismatch` (a cached score of another length).
 */
export async function scoreTexts(
  encodings: readonly Encoding[],
  options: ScoringOptions,
): Promise<TokenScores[]> {
  const { estimator, maskId, predict, tokenBudget, signal, onProgress, cache } = options;
  if (!Number.isInteger(tokenBudget) || tokenBudget < 1) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected the scoring token budget to be an integer >= 1, got ${tokenBudget}`,
      { hint: "Use at least 500 tokens per call." },
    );
  }
  const results = new Array<TokenScores>(encodings.length);
  const counts = encodings.map((encoding) => textPositions(encoding).length);
  const totalTokens = counts.reduce((sum, count) => sum + count, 0);
  const progress = { doneTokens: 0, doneTexts: 0, cachedTexts: 0 };
  const report = () => onProgress?.({ ...progress, totalTokens, totalTexts: encodings.length });
  const finish = (text: DistinctText, scores: TokenScores) => {
    for (const member of text.members) results[member] = scores;
    progress.doneTexts += text.members.length;
  };

  const texts: OpenText[] = [];
  for (const text of distinctTexts(encodings)) {
    const cached = await cache?.get(text.encoding);
    if (cached === undefined) {
      const scores = new Float32Array(text.encoding.ids.length).fill(Number.NaN);
      texts.push({ ...text, scores, cached: false, missing: counts[text.members[0]] });
      continue;
    }
    checkLength(cached, text);
    finish(text, cached);
    texts.push({ ...text, scores: cached, cached: true, missing: 0 });
    progress.cachedTexts += text.members.length;
    progress.doneTokens += text.members.length * counts[text.members[0]];
  }
  report();

  let call: { readonly row: ScoringRow; readonly text: OpenText }[] = [];
  let callTokens = 0;
  const endCall = async () => {
    if (call.some(({ text }) => text.missing > 0)) await runCall();
    call = [];
    callTokens = 0;
  };
  const runCall = async () => {
    if (signal?.aborted) {
      throw new L3MaskingError(
        "interrupted",
        `scoring was stopped after ${progress.doneTexts} of ${encodings.length} texts`,
        { hint: "Run it again with the same cache folder to continue from there." },
      );
    }
    const values = await predict(call.map(({ row }) => row));
    checkCount(
      values,
      call.map(({ row }) => row),
    );
    let next = 0;
    for (const { row, text } of call) {
      if (text.cached) {
        next += row.targets.length;
        continue;
      }
      for (const position of row.targets) {
        checkScore(values[next], position, text, estimator);
        text.scores[position] = values[next++];
      }
      text.missing -= row.targets.length;
      progress.doneTokens += row.targets.length * text.members.length;
      if (text.missing === 0) {
        await cache?.put(text.encoding, text.scores);
        finish(text, text.scores);
      }
    }
    report();
  };

  for (const text of texts) if (!text.cached && text.missing === 0) finish(text, text.scores);
  if (texts.every(({ missing }) => missing === 0)) return results;
  for (const text of texts) {
    for (const row of scoringRows(text.encoding, estimator, maskId)) {
      if (call.length > 0 && callTokens + row.ids.length > tokenBudget) await endCall();
      call.push({ row, text });
      callTokens += row.ids.length;
    }
  }
  await endCall();
  return results;
}

/** The distinct texts, longest first. Sorting by content brings equal texts together without a table. */
function distinctTexts(encodings: readonly Encoding[]): DistinctText[] {
  const order = Array.from(encodings.keys()).sort(
    (a, b) => compareEncodings(encodings[a], encodings[b]) || a - b,
  );
  const texts: DistinctText[] = [];
  for (const index of order) {
    const last = texts.at(-1);
    if (last !== undefined && compareEncodings(last.encoding, encodings[index]) === 0) {
      last.members.push(index);
    } else {
      texts.push({ encoding: encodings[index], members: [index] });
    }
  }
  return texts;
}

function compareEncodings(a: Encoding, b: Encoding): number {
  return (
    b.ids.length - a.ids.length ||
    compareArrays(a.ids, b.ids) ||
    compareArrays(a.wordIds, b.wordIds)
  );
}

function compareArrays(a: Int32Array, b: Int32Array): number {
  const first = a.findIndex((value, i) => value !== b[i]);
  return first < 0 ? 0 : a[first] - b[first];
}

function checkLength(cached: TokenScores, { encoding, members }: DistinctText): void {
  if (cached.length === encoding.ids.length) return;
  throw new L3MaskingError(
    "input-mismatch",
    `expected ${encoding.ids.length} cached scores for text ${members[0]}, got ${cached.length}`,
    { hint: "Delete the score cache folder and score again." },
  );
}

function checkCount(values: Float32Array, rows: readonly ScoringRow[]): void {
  const expected = rows.reduce((sum, row) => sum + row.targets.length, 0);
  if (values.length === expected) return;
  throw new L3MaskingError(
    "runtime-failed",
    `expected ${expected} log-likelihoods for ${rows.length} masked copies, got ${values.length}`,
    { hint: "Make predict return one value for every target of every row." },
  );
}

function checkScore(
  score: number,
  position: number,
  { members }: DistinctText,
  estimator: Estimator,
): void {
  if (Number.isFinite(score) && score <= ROUNDING) return;
  throw new L3MaskingError(
    "score-invalid",
    `expected a finite log-likelihood <= 0 for every token, got ${score} at token ${position} of text ${members[0]} (both counted from 0; estimator ${estimator})`,
    {
      hint: "Check the checkpoint: its weights hold NaN or infinite values, or belong to another model.",
    },
  );
}
