/**
 * The paired bootstrap over test rows.
 *
 * Legend: N test rows, C labels, R runs (each one candidate and seed), B resamples.
 */

import { L3MaskingError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import {
  type LabelCounts,
  labelMeasures,
  type OfLabelMeasures,
  ofLabelMeasures,
} from "../metrics/label-measures.js";

/** Predictions of several runs for the same test rows. */
export interface PredictedRows {
  /** Ids of labels, 0 .. C-1, or of sets of them. */
  readonly expected: Int32Array; // [N]
  readonly labels: LabelSpace;
  readonly predicted: readonly Int32Array[]; // [R][N]
}

/** Measures of every run on every resample. */
export type ResampledMetrics = OfLabelMeasures<readonly Float64Array[]>; // [R][B]

/** Equal metrics of different runs may differ by this much, as they are sums in different orders. */
const ROUNDING = 1e-12;

/** Resamples between two calls of `onProgress`. */
const PROGRESS_SAMPLES = 100;

/**
 * Draws N rows with replacement, B times, and measures every run on the same rows each time. A row that is drawn brings the
 * predictions of all runs, so what is common to runs on a row (its difficulty) stays common. The seeds of a
 * candidate are thereby pooled without being taken for independent rows.
 *
 * `onProgress` is called now and then and may wait for others.
 *
 * Errors: `input-mismatch` for no rows, lists of unequal length or ids out of range.
 * Reference: Efron & Tibshirani 1993, "An Introduction to the Bootstrap"; for test sets Koehn 2004, "Statistical
 * Significance Tests for Machine Translation Evaluation".
 */
export async function bootstrapMetrics(
  rows: PredictedRows,
  samples: number,
  random: Random,
  onProgress: (done: number) => Promise<void> = async () => undefined,
): Promise<ResampledMetrics> {
  checkRows(rows);
  const { labels: space, expected, predicted } = rows;
  const labels = labelCount(space);
  const membersOf = typeof space === "number" ? (id: number) => [id] : space.members;
  const { patternOfRow, patternRows } = rowPatterns(rows);
  const resampled = ofLabelMeasures(() => predicted.map(() => new Float64Array(samples)));
  const counts = new Int32Array(patternRows.length);
  const support = new Int32Array(labels);
  const hits = new Int32Array(labels);
  const guesses = new Int32Array(labels);
  const size = expected.length;
  const expectedIn = patternRows.map((row) => membersOf(expected[row]));
  const expectedLabels = flatLists(expectedIn);
  const runs = predicted.map((guess) => {
    const guessed = patternRows.map((row) => membersOf(guess[row]));
    const hit = guessed.map((members, pattern) =>
      members.filter((label) => expectedIn[pattern].includes(label)),
    );
    return {
      guesses: flatLists(guessed),
      hits: flatLists(hit),
      right: Uint8Array.from(patternRows, (row) => +(guess[row] === expected[row])),
    };
  });

  for (let sample = 0; sample < samples; sample++) {
    counts.fill(0);
    support.fill(0);
    for (let draw = 0; draw < size; draw++) counts[patternOfRow[random.integer(size)]] += 1;
    addCounts(expectedLabels, counts, support);
    for (const [run, of] of runs.entries()) {
      hits.fill(0);
      guesses.fill(0);
      addCounts(of.guesses, counts, guesses);
      addCounts(of.hits, counts, hits);
      let right = 0;
      for (let pattern = 0; pattern < counts.length; pattern++) {
        right += of.right[pattern] * counts[pattern];
      }
      const drawn: LabelCounts = { examples: size, support, predicted: guesses, hits, right };
      for (const measure of labelMeasures) {
        resampled[measure.name][run][sample] = measure.value(drawn);
      }
    }
    if ((sample + 1) % PROGRESS_SAMPLES === 0) await onProgress(sample + 1);
  }
  return resampled;
}

/** Lists of labels, one after the other. */
interface FlatLists {
  /** Where each begins, and the last ends. */
  readonly starts: Int32Array;
  readonly labels: Int32Array;
}

function flatLists(lists: readonly (readonly number[])[]): FlatLists {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach(({ length }, index) => {
    starts[index + 1] = starts[index] + length;
  });
  return { starts, labels: Int32Array.from(lists.flat()) };
}

/** Adds the count of each list to the sums of the labels in it. */
function addCounts({ starts, labels }: FlatLists, counts: Int32Array, sums: Int32Array): void {
  for (let list = 0; list < counts.length; list++) {
    for (let k = starts[list]; k < starts[list + 1]; k++) sums[labels[k]] += counts[list];
  }
}

/** Rows with the same label and the same predictions by all runs count as one pattern, drawn more often. */
function rowPatterns({ expected, predicted }: PredictedRows): {
  readonly patternOfRow: Int32Array;
  /** The first row of each pattern. */
  readonly patternRows: readonly number[];
} {
  const known = new Map<string, number>();
  const patternRows: number[] = [];
  const patternOfRow = Int32Array.from(expected, (label, row) => {
    const key = [label, ...predicted.map((guess) => guess[row])].join();
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, patternRows.length);
    return patternRows.push(row) - 1;
  });
  return { patternOfRow, patternRows };
}

/** The standard deviation of a resampled figure, which estimates its standard error; two resamples at least. */
export function standardError(resampled: Float64Array): number {
  const mean = resampled.reduce((sum, x) => sum + x, 0) / resampled.length;
  const squares = resampled.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return Math.sqrt(squares / (resampled.length - 1));
}

export interface BootstrapResult {
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile interval and two-sided p of resampled differences d*_1 .. d*_B:
 *
 *     [q_{(1-confidence)/2}(d*), q_{(1+confidence)/2}(d*)]
 *     p = min(1, 2 min( (1 + #{d* <= 0}) / (B + 1), (1 + #{d* >= 0}) / (B + 1) ))
 *
 * p is the level at which the interval just reaches 0, with the observed sample counted once, so it is never 0.
 * Quantiles interpolate linearly between order statistics.
 *
 * Errors: `input-mismatch` for no differences.
 * Reference: Efron & Tibshirani 1993, chapters 13 and 15; Davison & Hinkley 1997, "Bootstrap Methods and their
 * Application", section 4.2, for the added 1.
 */
export function bootstrapInterval(differences: Float64Array, confidence: number): BootstrapResult {
  if (differences.length === 0) throw mismatch("resampled differences", "none");
  const sorted = differences.slice().sort();
  const share = (count: number) => (1 + count) / (1 + sorted.length);
  const below = share(sorted.filter((d) => d <= ROUNDING).length);
  const above = share(sorted.filter((d) => d >= -ROUNDING).length);
  return {
    p: Math.min(1, 2 * Math.min(below, above)),
    low: quantile(sorted, (1 - confidence) / 2),
    high: quantile(sorted, (1 + confidence) / 2),
  };
}

function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

/** The mean over the runs of a minus the mean over the runs of b, resample by resample. */
export function meanDifferences(
  resampled: readonly Float64Array[],
  a: readonly number[],
  b: readonly number[],
): Float64Array {
  const [first] = resampled;
  return first.map((_, sample) => {
    const meanOf = (runs: readonly number[]) =>
      runs.reduce((sum, run) => sum + resampled[run][sample], 0) / runs.length;
    return meanOf(a) - meanOf(b);
  });
}

function checkRows({ expected, labels, predicted }: PredictedRows): void {
  if (expected.length === 0) throw mismatch("at least one test row", "none");
  for (const list of [expected, ...predicted]) {
    if (list.length !== expected.length) {
      throw mismatch(`${expected.length} predictions`, `${list.length}`);
    }
    const most = typeof labels === "number" ? labels - 1 : Number.POSITIVE_INFINITY;
    const wrong = list.find((label) => label < 0 || label > most);
    if (wrong !== undefined) throw mismatch(`label ids from 0 to ${most}`, `${wrong}`);
  }
}

function mismatch(expected: string, got: string): L3MaskingError {
  return new L3MaskingError("input-mismatch", `expected ${expected}, got ${got}`);
}
