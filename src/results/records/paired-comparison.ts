/** Two candidates of a comparison, tested on the same rows. */
import { z } from "zod";
import { ofLabelMeasures } from "../metrics/label-measures.js";
import { count, fraction, list } from "./measures.js";
import { methodName } from "./run-record.js";

export const candidate = z.object({
  method: methodName,
  /** "equal", "meta"; null for a method with one task. */
  task_weights: z.string().nullable(),
});

/** A method with its task weights: a row of the results table. */
export type Candidate = z.infer<typeof candidate>;

export const sweptValue = z.union([z.string(), z.number(), z.boolean()]);

export type SweptValue = z.infer<typeof sweptValue>;

/** Settings that a sweep gave several values, with one each; those that a run does not look at are left out. */
export const swept = z.record(z.string(), sweptValue);

export type Swept = z.infer<typeof swept>;

const rowSets = ["test", "leak_free"] as const;

export type RowSet = (typeof rowSets)[number];

/** Two-sided p of a test. */
const tested = {
  p: fraction,
  /** Adjusted by Holm's procedure over the test's family. */
  p_holm: fraction,
};

const interval = { confidence: z.literal(0.95), low: z.number(), high: z.number() };

const bootstrapTest = z.object({ ...tested, samples: count, ...interval });

/** Percentile bootstrap over test rows; every row drawn counts with the predictions of all seeds. */
export type BootstrapTest = z.infer<typeof bootstrapTest>;

const signFlipTest = z.object({
  ...tested,
  /** The smallest p that this number of seeds can give: 2 / 2^n. */
  smallest_p: fraction,
});

/** Exact permutation test: all 2^n signs of the seeds' differences. */
export type SignFlipTest = z.infer<typeof signFlipTest>;

const tTest = z.object({ ...tested, t: z.number(), degrees: count, ...interval });

/** Paired Student t over seeds. */
export type TTest = z.infer<typeof tTest>;

const mcNemarTest = z.object({
  ...tested,
  seed: count,
  /** Rows that only a gets right. */
  only_a: count,
  /** Rows that only b gets right. */
  only_b: count,
});

/** Exact McNemar test of one seed. */
export type McNemarTest = z.infer<typeof mcNemarTest>;

const pairedTests = z.object({
  /** a - b of each seed, in the order of `seeds`. */
  differences: list(z.number()),
  /** Mean of `differences`. */
  difference: z.number(),
  bootstrap: bootstrapTest,
  /** Null for fewer than two seeds. */
  sign_flip: signFlipTest.nullable(),
  /** Null for fewer than two seeds, and where all differences are equal. */
  t_test: tTest.nullable(),
});

/** The Holm family of a test is that test over all pairs of the comparison, for one metric and row set. */
export type PairedTests = z.infer<typeof pairedTests>;

export const pairedComparison = z.object({
  dataset: z.string(),
  model: z.string(),
  rows: z.enum(rowSets),
  a: candidate,
  b: candidate,
  /** Seeds that both have finished, ascending. */
  seeds: list(count),
  /** Test rows in the row set. */
  row_count: count,
  ...ofLabelMeasures(() => pairedTests),
  /** On accuracy, one for each seed; its Holm family is all of them in the comparison, over this row set. */
  mcnemar: list(mcNemarTest),
  /** Plain sentences: what the tests show about this pair, and what they cannot show. */
  notes: list(z.string()),
});

/** Two candidates on the same data set, model, seeds and rows; differences are a minus b. */
export type PairedComparison = z.infer<typeof pairedComparison>;
