/**
 * results.json: everything a comparison of methods, seeds, data sets and models yields, as plain JSON. Tables and
 * pages are written from this alone.
 *
 * Fractions lie in 0 .. 1 and differences in -1 .. 1; nobody has multiplied by 100 yet. Losses are in nats,
 * times in seconds. `null` stands for what does not exist (no test split, a single seed); what could not be
 * computed is null too and a sentence in `notes` says why.
 */
import type { SplitTextCounts } from "../../data/check/text-counts.js";
import type { Method } from "../../method/methods.js";
import type { LabelMetrics } from "../metrics/metrics.js";

/** The whole of results.json. */
export interface Comparison {
  readonly format: "l3masking-comparison";
  /** Raised when a field changes its meaning or goes. */
  readonly version: 1;
  /** Was the command stopped before it was complete? Then runs are missing and no difference is tested. */
  readonly partial: boolean;
  /** The command line that made it, as words of a shell; it goes on with what is not finished. */
  readonly command: string;
  /** Every setting of `compare`, resolved. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly machine: MachineRecord;
  readonly wall: WallTime;
  readonly datasets: readonly ComparedDataset[];
  readonly models: readonly ComparedModel[];
  /** Finished runs, in the order data set, model, method, task weights, seed. */
  readonly runs: readonly ComparedRun[];
  /** Runs that failed, and those that were not begun or not finished. */
  readonly unfinished: readonly UnfinishedRun[];
  /** One per data set x model x method x task weights with at least one finished run, in that order. */
  readonly cells: readonly ComparisonCell[];
  readonly paired: readonly PairedComparison[];
  readonly masking: readonly MaskingSummary[];
  /** Plain sentences on the tests as a whole: what they compare and what could not be shown. */
  readonly notes: readonly string[];
}

export interface MachineRecord {
  /** "linux", "darwin", "win32" */
  readonly platform: string;
  readonly architecture: string;
  /** Name of the processor as the system tells it. */
  readonly processor: string;
  readonly processors: number;
  readonly memory_bytes: number;
  /** Names of programs and their versions: l3masking, node, onnxruntime-node. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface WallTime {
  /** Of the command that wrote this file. */
  readonly this_command_seconds: number;
  /** Of all commands that worked in this folder, those that were stopped included. */
  readonly all_commands_seconds: number;
  /** Sum of the runs' scoring and training times, which overlap where several runs go at once. */
  readonly runs_seconds: number;
}

export interface ComparedDataset {
  readonly name: string;
  /** The files as they were given; null for a split cut from train. */
  readonly files: {
    readonly train: string;
    readonly dev: string | null;
    readonly test: string | null;
  };
  /** What a reader of the figures must know of the data, each a sentence or paragraph. */
  readonly notes: readonly string[];
  /** In id order, as in confusion counts. */
  readonly labels: readonly string[];
  readonly rows: {
    readonly train: number;
    readonly dev: number;
    readonly test: number;
    /** Test rows whose text does not occur in train. */
    readonly leak_free: number;
  };
  /** Rows left out, by reason; the same in every run. */
  readonly excluded: Readonly<Record<string, number>>;
  /** SHA-256 (hex) of labels, texts and their order. */
  readonly digest: string;
}

export interface ComparedModel {
  /** Last part of the folder's path, made unique where two are equal. */
  readonly name: string;
  /** Its folder, or repository and commit (`org/name@commit`) on the hub. */
  readonly folder: string;
  /** "bert" or "roberta" */
  readonly family: string;
  readonly layers: number;
  readonly hidden_size: number;
  readonly checkpoint_digest: string;
  readonly tokenizer_digest: string;
}

/** A method as it stands in one row of the table. */
export interface Candidate {
  readonly method: Method;
  /** "equal", "meta"; null for stl, which has one task. */
  readonly task_weights: string | null;
}

/** Where a run stands among the others. Data set and model by their names. */
export interface RunKey extends Candidate {
  readonly dataset: string;
  readonly model: string;
  readonly seed: number;
}

export interface ComparedRun extends RunKey {
  /** Relative to the folder of results.json. */
  readonly folder: string;
  /** SHA-256 (hex) of what decides the run's result. */
  readonly digest: string;
  /** Was it finished by an earlier command? */
  readonly reused: boolean;
  /** Optimizer step whose weights were kept and tested. */
  readonly best_step: number;
  /** Optimizer steps done. */
  readonly steps: number;
  /** Why training ended. */
  readonly stop_reason: "steps" | "patience";
  /** At the best step. */
  readonly dev: { readonly accuracy: number; readonly macro_f1: number; readonly loss: number };
  /** All test rows. */
  readonly test: RowSetMetrics | null;
  /** Test rows whose text does not occur in train; null if there are none. */
  readonly leak_free: RowSetMetrics | null;
  readonly dev_curve: readonly DevPoint[];
  /** Thinned: at most 200 points, each the mean over equally many neighbouring steps. */
  readonly training_curve: readonly TrainingPoint[];
  readonly timing: {
    /** 0 where no scores were needed or all came from the cache in no time. */
    readonly scoring_seconds: number;
    readonly training_seconds: number;
    readonly tokens_per_second: number;
  };
  readonly excluded: Readonly<Record<string, number>>;
  /** By split; empty for runs of versions that did not count. */
  readonly text_counts: SplitTextCounts;
}

export interface RowSetMetrics {
  readonly rows: number;
  readonly accuracy: number;
  readonly macro_f1: number;
  /** By label name. */
  readonly per_label: Readonly<Record<string, LabelMetrics>>;
  /** Counts by expected label (outer) and predicted label (inner), both in the order of the data set's labels. */
  readonly confusion: readonly (readonly number[])[];
}

export interface DevPoint {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly macro_f1: number;
  /** The best so far? */
  readonly best: boolean;
}

/** Means over neighbouring steps. */
export interface TrainingPoint {
  /** The last of the steps. */
  readonly step: number;
  readonly main_loss: number | null;
  readonly auxiliary_loss: number | null;
  readonly learning_rate: number;
  readonly task_weights: TaskValues;
  /** Cosines of each task's gradient with the dev gradient; null where task weights are not learned. */
  readonly cosines: TaskValues | null;
}

export interface TaskValues {
  readonly main: number;
  readonly auxiliary: number;
}

export interface UnfinishedRun extends RunKey {
  readonly folder: string;
  readonly digest: string;
  /** failed: it threw; interrupted: it was stopped and will go on; waiting: it was not begun. */
  readonly state: "failed" | "interrupted" | "waiting";
  /** Of a failed run. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  } | null;
}

export interface ComparisonCell extends Candidate {
  readonly dataset: string;
  readonly model: string;
  /** Seeds with a finished run, ascending. */
  readonly seeds: readonly number[];
  readonly test: CellMetrics | null;
  readonly leak_free: CellMetrics | null;
  readonly dev: CellMetrics;
  /** Mean over seeds. */
  readonly best_step: number;
  /** Mean over seeds. */
  readonly training_seconds: number;
}

export interface CellMetrics {
  readonly accuracy: Spread;
  readonly macro_f1: Spread;
}

/** Over the seeds of a cell. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation, divisor n - 1; null for one seed. */
  readonly std: number | null;
  readonly n: number;
}

export const rowSets = ["test", "leak_free"] as const;

export type RowSet = (typeof rowSets)[number];

/** Two candidates on the same data set, model, seeds and rows; a difference is that of a minus b. */
export interface PairedComparison {
  readonly dataset: string;
  readonly model: string;
  readonly rows: RowSet;
  readonly a: Candidate;
  readonly b: Candidate;
  /** Seeds that both have finished, ascending. */
  readonly seeds: readonly number[];
  /** Test rows in the row set. */
  readonly row_count: number;
  readonly accuracy: PairedTests;
  readonly macro_f1: PairedTests;
  /** On accuracy, one for each seed; its Holm family is all of them in the comparison, over this row set. */
  readonly mcnemar: readonly McNemarTest[];
  /** Plain sentences: what the tests say of this pair, and what they could not say. */
  readonly notes: readonly string[];
}

/**
 * The Holm family of a test is that test over all pairs of the comparison, for one metric and row set.
 */
export interface PairedTests {
  /** a - b of each seed, in the order of `seeds`. */
  readonly differences: readonly number[];
  /** Mean of `differences`. */
  readonly difference: number;
  readonly bootstrap: BootstrapTest;
  /** Null for fewer than two seeds. */
  readonly sign_flip: SignFlipTest | null;
  /** Null for fewer than two seeds, and where all differences are equal. */
  readonly t_test: TTest | null;
}

/** Percentile bootstrap over test rows; every row drawn brings its predictions of all seeds. */
export interface BootstrapTest extends TestedP {
  readonly samples: number;
  readonly confidence: 0.95;
  readonly low: number;
  readonly high: number;
}

/** Exact permutation test: all 2^n signs of the seeds' differences. */
export interface SignFlipTest extends TestedP {
  /** The smallest p that this number of seeds can give: 2 / 2^n. */
  readonly smallest_p: number;
}

/** Paired Student t over seeds. */
export interface TTest extends TestedP {
  readonly t: number;
  readonly degrees: number;
  readonly confidence: 0.95;
  readonly low: number;
  readonly high: number;
}

/** Exact McNemar test of one seed. */
export interface McNemarTest extends TestedP {
  readonly seed: number;
  /** Rows that a alone has right. */
  readonly only_a: number;
  /** Rows that b alone has right. */
  readonly only_b: number;
}

/** Two-sided p of a test. */
export interface TestedP {
  readonly p: number;
  /** Adjusted by Holm's procedure over the test's family. */
  readonly p_holm: number;
}

/** What L3Masking and random token masking select in the training texts of a data set, by expectation. */
export interface MaskingSummary {
  readonly dataset: string;
  readonly model: string;
  /** Training texts. */
  readonly texts: number;
  /** Tokens that can be masked: special ones and those cut off do not count. */
  readonly tokens: number;
  /** Mean mask probability asked for. */
  readonly budget: number;
  /** Mean mask probability of L3Masking over all tokens. */
  readonly l3_mean: number;
  readonly histogram: MaskHistogram;
  /** Most expected selections first, at most 40. */
  readonly most_by_l3: readonly MaskedToken[];
  readonly most_by_rtm: readonly MaskedToken[];
  /** Largest expected_l3 - expected_rtm first, at most 40. */
  readonly raised_by_l3: readonly MaskedToken[];
  /** Largest expected_rtm - expected_l3 first, at most 40. */
  readonly lowered_by_l3: readonly MaskedToken[];
}

/** How many tokens have a mask probability in [edges[i], edges[i + 1]); the last bin includes its upper edge. */
export interface MaskHistogram {
  readonly edges: readonly number[]; // [bins + 1], 0 .. 1
  readonly l3: readonly number[]; // [bins]
  readonly rtm: readonly number[]; // [bins]
}

export interface MaskedToken {
  /** As the vocabulary spells it: "##ing", "Ġthe". */
  readonly token: string;
  /** Times it stands in the training texts where it can be masked. */
  readonly occurrences: number;
  /** Expected selections in one epoch: the sum of its mask probabilities. */
  readonly expected_l3: number;
  readonly expected_rtm: number;
}
