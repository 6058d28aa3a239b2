/**
 * The pairs that a comparison tests, and their tests: which candidates are held against each other, on which
 * seeds and rows, with Holm's correction over the pairs.
 */

import type { Random } from "../../base/random.js";
import type { LabelSpace } from "../../data/label-sets.js";
import { methods } from "../../method/methods.js";
import {
  type LabelMeasureName,
  labelMeasures,
  type OfLabelMeasures,
  ofLabelMeasures,
} from "../metrics/label-measures.js";
import { classificationMetrics } from "../metrics/metrics.js";
import type {
  BootstrapTest,
  Candidate,
  McNemarTest,
  PairedComparison,
  PairedTests,
  RowSet,
  SignFlipTest,
  TTest,
} from "../records/paired-comparison.js";
import { bootstrapInterval, bootstrapMetrics, meanDifferences } from "./bootstrap.js";
import { needsWeights, pairNotes } from "./paired-notes.js";
import {
  holmAdjusted,
  MOST_SIGN_FLIP_SEEDS,
  mcNemarP,
  mean,
  pairedStudent,
  signFlipP,
  smallestSignFlipP,
} from "./paired-tests.js";

const CONFIDENCE = 0.95;

/** Test predictions of one finished run. */
export interface PredictedRun extends Candidate {
  readonly seed: number;
  readonly predicted: Int32Array; // [N] label ids
}

/** Runs on the same test rows: those of one data set and model. */
export interface PredictedGroup {
  readonly dataset: string;
  readonly model: string;
  readonly labels: LabelSpace;
  readonly expected: Int32Array; // [N] label ids
  /** 1 for a row whose text also occurs in train, else 0. */
  readonly seenInTraining: Uint8Array; // [N]
  readonly runs: readonly PredictedRun[];
}

export interface PairedSettings {
  /** Resamples of the bootstrap. */
  readonly samples: number;
  /** A stream of its own for each data set, model and row set is split off. */
  readonly random: Random;
  /** Called now and then with the resamples done and in all; may wait for others. */
  readonly onProgress?: (done: number, total: number) => Promise<void>;
}

/**
 * Tests every pair of candidates with a common seed on every group, on all test rows and, where some are shared
 * with train, on those that are not. The Holm family of a test is that test over all pairs, for one
 * metric and row set; McNemar's is all its seeds and pairs of a row set.
 */
export async function pairedComparisons(
  groups: readonly PredictedGroup[],
  settings: PairedSettings,
): Promise<PairedComparison[]> {
  const portions = groups.flatMap((group) =>
    rowSetsOf(group).map(([rows, portion]) => ({ rows, portion })),
  );
  const total = portions.length * settings.samples;
  const untested: UntestedPair[] = [];
  for (const [index, { rows, portion }] of portions.entries()) {
    const progress = (done: number) =>
      settings.onProgress?.(index * settings.samples + done, total) ?? Promise.resolve();
    untested.push(...(await testedPairs(portion, rows, settings, progress)));
  }
  return withHolm(untested);
}

/**
 * Pairs of candidates, the last method of the table first: those of different methods with the same task weights (a method
 * with one task goes with all), then those of one method with different ones.
 */
export function candidatePairs(
  candidates: readonly Candidate[],
): (readonly [Candidate, Candidate])[] {
  const rank = ({ method }: Candidate) => methods.findIndex(({ name }) => name === method);
  const ordered = candidates.toSorted((a, b) => rank(a) - rank(b));
  const weights = [...new Set(candidates.flatMap(({ task_weights }) => task_weights ?? []))];
  const kinds = weights.length === 0 ? [null] : weights;
  const ofMethods = kinds.flatMap((kind, index) => {
    const alike = ordered.filter(({ task_weights: own }) => own === null || own === kind);
    return laterWithEarlier(alike).filter(
      ([a, b]) => index === 0 || a.task_weights !== null || b.task_weights !== null,
    );
  });
  const ofWeights = weights.flatMap((kind, index) =>
    weights.slice(0, index).flatMap((earlier) =>
      ordered.toReversed().flatMap((a) => {
        const b = ordered.find((one) => one.method === a.method && one.task_weights === earlier);
        return a.task_weights === kind && b !== undefined ? [[a, b] as const] : [];
      }),
    ),
  );
  return [...ofMethods, ...ofWeights];
}

/** Every item with each before it, the last item first. */
function laterWithEarlier<Item>(items: readonly Item[]): (readonly [Item, Item])[] {
  const pairs = items.map((item, index) =>
    items.slice(0, index).map((earlier) => [item, earlier] as const),
  );
  return pairs.toReversed().flat();
}

function rowSetsOf(group: PredictedGroup): (readonly [RowSet, PredictedGroup])[] {
  if (group.expected.length === 0) return [];
  const kept = Array.from(group.seenInTraining.keys()).filter(
    (row) => group.seenInTraining[row] === 0,
  );
  const all: readonly [RowSet, PredictedGroup] = ["test", group];
  if (kept.length === 0 || kept.length === group.expected.length) return [all];
  const cut = (values: Int32Array) => Int32Array.from(kept, (row) => values[row]);
  const portion: PredictedGroup = {
    ...group,
    expected: cut(group.expected),
    seenInTraining: new Uint8Array(kept.length),
    runs: group.runs.map((run) => ({ ...run, predicted: cut(run.predicted) })),
  };
  return [all, ["leak_free", portion]];
}

/** A test without its place in the family. */
type Raw<Test> = Omit<Test, "p_holm">;

interface RawTests {
  readonly differences: readonly number[];
  readonly bootstrap: Raw<BootstrapTest>;
  readonly signFlip: Raw<SignFlipTest> | null;
  readonly student: Raw<TTest> | null;
}

interface UntestedPair
  extends Pick<PairedComparison, "dataset" | "model" | "rows" | "a" | "b" | "seeds" | "row_count"> {
  readonly tests: OfLabelMeasures<RawTests>;
  readonly mcnemar: readonly Raw<McNemarTest>[];
}

async function testedPairs(
  group: PredictedGroup,
  rows: RowSet,
  settings: PairedSettings,
  onProgress: (done: number) => Promise<void>,
): Promise<UntestedPair[]> {
  const { dataset, model, expected, labels, runs } = group;
  const pairs = candidatePairs(distinctCandidates(runs)).flatMap(([a, b]) => {
    const [runsOfA, runsOfB] = [runsOf(runs, a), runsOf(runs, b)];
    const seeds = [...runsOfA.keys()].filter((seed) => runsOfB.has(seed)).sort((s, t) => s - t);
    if (seeds.length === 0) return [];
    const indices = (of: ReadonlyMap<number, number>) =>
      seeds.flatMap((seed) => of.get(seed) ?? []);
    return [{ a, b, seeds, indicesA: indices(runsOfA), indicesB: indices(runsOfB) }];
  });
  if (pairs.length === 0) return [];
  const random = settings.random.split(dataset, model, rows);
  const predicted = runs.map((run) => run.predicted);
  const resampled = await bootstrapMetrics(
    { expected, labels, predicted },
    settings.samples,
    random,
    onProgress,
  );
  const measured = predicted.map(
    (guess) => classificationMetrics(expected, guess, labels).measures,
  );
  const rawTests = (
    metric: LabelMeasureName,
    a: readonly number[],
    b: readonly number[],
  ): RawTests => {
    const differences = a.map((run, s) => measured[run][metric] - measured[b[s]][metric]);
    const resampledDifferences = meanDifferences(resampled[metric], a, b);
    return {
      differences,
      bootstrap: {
        ...bootstrapInterval(resampledDifferences, CONFIDENCE),
        samples: settings.samples,
        confidence: CONFIDENCE,
      },
      signFlip: signFlip(differences),
      student: student(differences),
    };
  };
  return pairs.map(({ a, b, seeds, indicesA, indicesB }) => ({
    dataset,
    model,
    rows,
    a,
    b,
    seeds,
    row_count: expected.length,
    tests: ofLabelMeasures((metric) => rawTests(metric, indicesA, indicesB)),
    mcnemar: seeds.map((seed, s) =>
      mcNemar(seed, expected, predicted[indicesA[s]], predicted[indicesB[s]]),
    ),
  }));
}

function distinctCandidates(runs: readonly PredictedRun[]): Candidate[] {
  const known = new Map(
    runs.map(({ method, task_weights }) => [
      `${method} ${task_weights}`,
      { method, task_weights } satisfies Candidate,
    ]),
  );
  return [...known.values()];
}

/** Seed -> index of the run. */
function runsOf(runs: readonly PredictedRun[], candidate: Candidate): ReadonlyMap<number, number> {
  return new Map(
    runs.flatMap((run, index) =>
      run.method === candidate.method && run.task_weights === candidate.task_weights
        ? [[run.seed, index] as const]
        : [],
    ),
  );
}

function signFlip(differences: readonly number[]): Raw<SignFlipTest> | null {
  const n = differences.length;
  if (n < 2 || n > MOST_SIGN_FLIP_SEEDS) return null;
  return { p: signFlipP(differences), smallest_p: smallestSignFlipP(n) };
}

function student(differences: readonly number[]): Raw<TTest> | null {
  const test = pairedStudent(differences, CONFIDENCE);
  return test === null ? null : { ...test, confidence: CONFIDENCE };
}

function mcNemar(
  seed: number,
  expected: Int32Array,
  a: Int32Array,
  b: Int32Array,
): Raw<McNemarTest> {
  let onlyA = 0;
  let onlyB = 0;
  for (const [row, label] of expected.entries()) {
    if (a[row] === label && b[row] !== label) onlyA += 1;
    if (b[row] === label && a[row] !== label) onlyB += 1;
  }
  return { seed, only_a: onlyA, only_b: onlyB, p: mcNemarP(onlyA, onlyB) };
}

/** The pairs with adjusted p and with sentences. */
function withHolm(pairs: readonly UntestedPair[]): PairedComparison[] {
  const adjusted = new Map<object, number>();
  const adjust = (family: readonly (Raw<{ p: number; p_holm: number }> | null)[]) => {
    const tests = family.filter((test) => test !== null);
    const ps = holmAdjusted(tests.map(({ p }) => p));
    for (const [index, test] of tests.entries()) adjusted.set(test, ps[index]);
  };
  for (const rows of ["test", "leak_free"]) {
    const members = pairs.filter((pair) => pair.rows === rows);
    for (const { name: metric } of labelMeasures) {
      for (const name of ["bootstrap", "signFlip", "student"] as const) {
        adjust(members.map((pair) => pair.tests[metric][name]));
      }
    }
    adjust(members.flatMap(({ mcnemar }) => mcnemar));
  }
  const holm = <Test extends { readonly p: number }>(test: Test) => ({
    ...test,
    p_holm: adjusted.get(test) ?? test.p,
  });
  const adjustedTests = ({
    differences,
    bootstrap,
    signFlip: flip,
    student: t,
  }: RawTests): PairedTests => ({
    differences,
    difference: mean(differences),
    bootstrap: holm(bootstrap),
    sign_flip: flip === null ? null : holm(flip),
    t_test: t === null ? null : holm(t),
  });
  const weighted = needsWeights(pairs.flatMap(({ a, b }) => [a, b]));
  return pairs.map(({ tests, mcnemar, ...pair }) => {
    const tested = {
      ...pair,
      ...ofLabelMeasures((name) => adjustedTests(tests[name])),
      mcnemar: mcnemar.map(holm),
    };
    return { ...tested, notes: pairNotes(tested, weighted) };
  });
}
