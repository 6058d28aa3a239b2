/** What a command needs from outside, and what it tells while it runs. */

import type { DatasetCheck } from "../../data/check/check-result.js";
import type { SplitTextCounts } from "../../data/check/text-counts.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { Method } from "../../method/methods.js";
import type { JournalEvent } from "../../method/train/events.js";
import type { TaskWeights } from "../../method/train/task-weights.js";
import type { AvailableMemory } from "../../platform/available-memory.js";
import type { HubSettings } from "../../platform/hub-environment.js";
import type { MlflowEnvironment } from "../../platform/mlflow-environment.js";
import type { RunConfidence } from "../../results/metrics/confidence.js";
import type { LabelMetrics } from "../../results/metrics/metrics.js";
import type { ExplainedText } from "../../results/records/token-masks.js";
import type { ExportedFile } from "../../results/report/markdown/model-card.js";
import type { MaskedTokenMeasures } from "../pretrain/masked-windows.js";
import type { ModelOrigin } from "../sources/model-origin.js";

/** Everything a command gets from its surroundings; nothing else is taken from the environment. */
export interface Host {
  emit(event: RunEvent): void;
  /** Read between steps; true asks the command to stop at the next safe point. */
  cancelled(): boolean;
  /** Milliseconds of a steady clock. */
  now(): number;
  /** The day, for reports: "21 November 2026". */
  today(): string;
  /** Day and time for people, as ISO 8601. */
  time(): string;
  /**
   * Takes what a command writes where it has no file, piece by piece; the command goes on when it was taken, and ends
   * early for false: nobody wants more. Absent where results are to be given back whole.
   */
  readonly write?: ((text: string) => Promise<boolean>) | undefined;
  runtime(threads: number | undefined): Promise<Runtime>;
  /** What can still be allocated. */
  availableMemory(): AvailableMemory;
  /** Runs a command in a further thread; a stop of this one stops it too. */
  inThread(command: string, settings: unknown, emit: (event: RunEvent) => void): Promise<unknown>;
  /** Keeps what is to be freed when the thread ends, as it stays in memory from call to call. */
  atEnd(free: () => Promise<void>): void;
  /** Folder of the caches (likelihoods, data sets) when a command names none. */
  readonly cacheFolder: string;
  /** Where models come from that are named as on the hub. */
  readonly hub: HubSettings;
  /** The MLflow server that the environment names. */
  readonly mlflow: MlflowEnvironment;
}

/** What `onEvent` is told while a call runs: texts for people, progress, and the lines of a run's journal. */
export type RunEvent = NoticeEvent | ProgressEvent | RunStatusEvent | JournalEvent;

/** Text for people: reports of data and checkpoints, warnings, where things were written. */
export interface NoticeEvent {
  readonly type: "notice";
  readonly level: "info" | "warning";
  readonly text: string;
}

/** How far the current task is; the last one of a task has done = total. */
export interface ProgressEvent {
  readonly type: "progress";
  readonly task:
    | "downloading"
    | "reading"
    | "counting"
    | "scoring"
    | "training"
    | "evaluating"
    | "predicting"
    | "explaining"
    | "exporting"
    | "uploading"
    | "pretraining"
    | "testing differences";
  readonly done: number;
  readonly total: number;
  readonly unit: "bytes" | "tokens" | "texts" | "steps" | "resamples";
  /** A few words on the state: the loss, the best dev metric. */
  readonly detail?: string;
}

/** Where one run of a comparison stands. Every run is told of once at the beginning. */
export interface RunStatusEvent {
  readonly type: "run";
  /** From 0, in the order of the comparison. */
  readonly index: number;
  /** Runs in all. */
  readonly count: number;
  readonly name: string;
  /** reused: finished by an earlier command. */
  readonly state: "waiting" | "running" | "finished" | "reused" | "interrupted" | "failed";
  /** Optimizer steps; 0 of 0 before the first one. */
  readonly done: number;
  readonly total: number;
  /** The loss, or what went wrong. */
  readonly detail?: string;
}

/** metrics.json of a training run; fractions from 0 to 1. */
export interface RunMetrics {
  readonly method: Method;
  readonly seed: number;
  readonly model: string;
  /** Where the model came from, if it was named as on the hub. */
  readonly model_origin?: ModelOrigin | undefined;
  readonly task_weights: string;
  /** Learned task weights after the last step; null where they are not learned. */
  readonly final_task_weights: TaskWeights | null;
  readonly best_step: number;
  readonly dev: SplitMetrics;
  /** Null when there is no test split. */
  readonly test:
    | (SplitMetrics & { readonly per_label: Readonly<Record<string, LabelMetrics>> })
    | null;
  /** The test rows whose text does not occur in train. */
  readonly test_unseen: {
    readonly rows: number;
    readonly accuracy: number | null;
    readonly macro_f1: number | null;
  } | null;
  /** Of all parts of a run that was stopped and went on; steps that were lost and done again count once. */
  readonly timing: {
    readonly scoring_seconds: number;
    readonly training_seconds: number;
    /** Real tokens through the encoder per second of training. */
    readonly tokens_per_second: number;
    /** How often the run was started or went on. */
    readonly parts: number;
  };
  /** How far the probabilities of the kept weights can be trusted; null for runs of versions that did not measure it. */
  readonly confidence: RunConfidence | null;
  /** Null where there was no second stage. */
  readonly second_stage: {
    /** Was its best dev metric better than the first stage's? If not, the first stage's weights stay. */
    readonly kept: boolean;
    readonly steps: number;
    /** Of the first stage's best weights. */
    readonly dev_before: SplitMetrics;
  } | null;
  readonly excluded: Readonly<Record<string, number>>;
  /** Of the texts that were used, by split: what the model does not see as it was written. */
  readonly text_counts: SplitTextCounts;
  /** Where texts were scored by an estimator that is not exact. */
  readonly estimator_report?: EstimatorReport;
}

/** A cheap likelihood estimator beside the exact one. */
export interface EstimatorReport {
  readonly estimator: string;
  readonly precision: "float32" | "int8";
  readonly exact: string;
  /** Tokens through the model to score all texts, nothing cached, by each of the two. */
  readonly model_tokens: number;
  readonly exact_model_tokens: number;
  /** Texts that both scored and that have a rank correlation of their own. */
  readonly sample_texts: number;
  /** Spearman's rank correlation over all their tokens; null where it is undefined. */
  readonly spearman: number | null;
  /** Mean of the rank correlations inside the texts. */
  readonly spearman_within_text: number | null;
}

/** Accuracy and macro-F1 from 0 to 1, and the mean classification loss in nats. */
export interface SplitMetrics {
  readonly accuracy: number;
  readonly macro_f1: number;
  readonly loss: number;
}

/** What `fineTune` leaves and measured. */
export interface TrainResult {
  readonly outputDir: string;
  readonly metrics: RunMetrics;
  /** A file of labelled texts to try the classifier on: test, else dev. Absent where both were cut from train. */
  readonly labelledFile?: string;
}

/** What `compare` leaves; the figures stand in results.json in its folder. */
export interface CompareResult {
  readonly outputDir: string;
  /** The files written there. */
  readonly files: readonly string[];
  readonly finished: number;
  readonly failed: number;
  /** The table of results in Markdown. */
  readonly table: string;
}

/** A label and the probability of every label; these sum to 1. */
export interface Prediction {
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

/** Scores of one text, special tokens included as null. */
export interface TextScores {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly word_ids: readonly (number | null)[];
  /** Natural logarithms. */
  readonly logprob: readonly (number | null)[];
}

/** Measures of a classifier on labelled texts; fractions from 0 to 1, the loss in nats. */
export interface EvaluateResult extends SplitMetrics {
  readonly rows: number;
  /** Expected calibration error of the probabilities, in [0, 1]. */
  readonly ece: number;
  readonly per_label: Readonly<Record<string, LabelMetrics>>;
  readonly excluded: Readonly<Record<string, number>>;
}

/** Measures of a masked language model on plain text. */
export interface PerplexityResult {
  /** Tokens of the text. */
  readonly tokens: number;
  readonly masked_tokens: number;
  /** Mean -log P of a masked token, in nats. */
  readonly loss: number;
  /** e^loss. */
  readonly perplexity: number;
  /** Share of masked tokens that the model finds most likely. */
  readonly accuracy: number;
}

/** What `pretrain` leaves and measured. */
export interface PretrainResult {
  readonly outputDir: string;
  readonly steps: number;
  readonly tokens: number;
  /** On all of the validation text, 15 % of its tokens masked. */
  readonly validation: MaskedTokenMeasures | null;
}

/** What `scoreFile` wrote. */
export interface ScoreResult {
  readonly texts: number;
  /** The file written. */
  readonly output: string;
  readonly estimator_report?: EstimatorReport;
}

/** What `predictFile` wrote, or the predictions themselves. */
export interface PredictResult {
  /** Rows written or given back. */
  readonly rows: number;
  /** The file written. */
  readonly output: string | undefined;
  /** In the order of the input; only where neither a file nor `onOutput` takes them. */
  readonly predictions?: readonly Prediction[];
}

/** What `explain` found: texts token by token. */
export interface ExplainResult {
  readonly model: string;
  /** The vanilla model as it can be named again. */
  readonly vanilla_model: string;
  /** Estimator, budget and what else decides mask probabilities and masks, by name of the setting. */
  readonly masking: Readonly<Record<string, string | number>>;
  readonly attribution_input: "embeddings" | "words";
  readonly seed: number;
  /** Mask probabilities at which the next stronger colour begins. */
  readonly mask_levels: readonly number[];
  /** Texts of the input beyond those that were asked for. */
  readonly left_out: number;
  readonly texts: readonly ExplainedText[];
  /** The page written; absent where none was asked for. */
  readonly output?: string;
}

/** What `writeReport` wrote. */
export interface ReportResult {
  /** The page written. */
  readonly output: string;
  readonly bytes: number;
  /** The charts written; none unless a folder was named for them. */
  readonly charts: readonly string[];
}

/** What `exportModel` wrote, and how far it is from the classifier. */
export interface ExportResult {
  readonly folder: string;
  /** The files written. */
  readonly files: readonly string[];
  /** Of each ONNX file: its size, and how far its logits are from the classifier's. */
  readonly checks: readonly ExportedFile[];
}

/** What `pushModel` uploaded. */
export interface PushResult {
  /** The repository's page. */
  readonly url: string;
  readonly commit: string;
  /** Was the repository made? */
  readonly created: boolean;
  /** Names in the repository. */
  readonly files: readonly string[];
}

/** What `checkFiles` counted, as text and as data. */
export interface CheckResult {
  /** The report for people. */
  readonly text: string;
  readonly check: DatasetCheck;
  /** The page written. */
  readonly output?: string;
}

/** One line of `doctor`. */
export interface Diagnosis {
  readonly subject: string;
  readonly ok: boolean;
  readonly finding: string;
  readonly hint?: string;
}
