/** The package in Node. Every function runs in a worker thread, so the caller's thread stays free. */
import type { ServeResult } from "./apps/serve/serve.js";
import type { StudioResult } from "./apps/studio/studio.js";
import type { CheckResult } from "./commands/check.js";
import type { CompareResult } from "./commands/compare/compare.js";
import type { Diagnosis } from "./commands/doctor.js";
import type { EvaluateResult } from "./commands/evaluate.js";
import type { ExplainResult } from "./commands/explain.js";
import type { ExportResult } from "./commands/export.js";
import type { PerplexityResult } from "./commands/perplexity.js";
import type { PredictResult } from "./commands/predict.js";
import type { PretrainResult } from "./commands/pretrain.js";
import type { PushResult } from "./commands/push.js";
import type { ReportResult } from "./commands/report.js";
import type { ScoreResult } from "./commands/score.js";
import type { WorkerResult } from "./commands/worker.js";
import type { Prediction } from "./results/records/predictions.js";
import type { TrainResult } from "./run/host/host.js";
import type { TextScores } from "./run/inference/text-scores.js";
import type {
  CheckOptions,
  ClassifierOptions,
  CompareOptions,
  DoctorOptions,
  EvaluateOptions,
  ExplainOptions,
  ExportOptions,
  PerplexityOptions,
  PredictOptions,
  PretrainOptions,
  PushOptions,
  ReportOptions,
  ScoreOptions,
  ScoreTextsOptions,
  ServeOptions,
  StudioOptions,
  TrainOptions,
  WorkerOptions,
} from "./run/settings/schemas.js";
import { callOnce, type Watch } from "./thread/client.js";

export { type ErrorCode, L3MaskingError } from "./base/errors.js";
export type { DatasetCheck } from "./data/check/check-result.js";
export type { RunMetrics } from "./results/records/run-metrics.js";
export type { ProgressEvent, RunEvent, RunStatusEvent } from "./run/host/host.js";
export { Classifier } from "./thread/classifier.js";
export type {
  CheckOptions,
  CheckResult,
  ClassifierOptions,
  CompareOptions,
  CompareResult,
  Diagnosis,
  DoctorOptions,
  EvaluateOptions,
  EvaluateResult,
  ExplainOptions,
  ExplainResult,
  ExportOptions,
  ExportResult,
  PerplexityOptions,
  PerplexityResult,
  Prediction,
  PredictOptions,
  PredictResult,
  PretrainOptions,
  PretrainResult,
  PushOptions,
  PushResult,
  ReportOptions,
  ReportResult,
  ScoreOptions,
  ScoreResult,
  ScoreTextsOptions,
  ServeOptions,
  ServeResult,
  StudioOptions,
  StudioResult,
  TextScores,
  TrainOptions,
  TrainResult,
  Watch,
  WorkerOptions,
  WorkerResult,
};

/** Fine-tunes a text classifier, alone or together with masked-token prediction, and writes a run folder. */
export function fineTune(options: TrainOptions, watch?: Watch): Promise<TrainResult> {
  return callOnce("train", options, watch);
}

/** Trains methods x seeds x data sets x models, and writes tables with paired tests; resumes where it was stopped. */
export function compare(options: CompareOptions, watch?: Watch): Promise<CompareResult> {
  return callOnce("compare", options, watch);
}

/** Token log-likelihoods (nats) of texts under a vanilla model, in order. */
export function scoreTexts(
  texts: readonly string[],
  options: ScoreTextsOptions,
  watch?: Watch,
): Promise<readonly TextScores[]> {
  return callOnce("scoreTexts", { ...options, texts }, watch);
}

/** Scores the texts of a file into a file. */
export function scoreFile(options: ScoreOptions, watch?: Watch): Promise<ScoreResult> {
  return callOnce("score", options, watch);
}

/** Classifies the texts of a file of any size into a file or to `onOutput`; without either, into memory. */
export function predictFile(options: PredictOptions, watch?: Watch): Promise<PredictResult> {
  return callOnce("predict", options, watch);
}

/** Measures a classifier on labelled texts. */
export function evaluateFile(options: EvaluateOptions, watch?: Watch): Promise<EvaluateResult> {
  return callOnce("evaluate", options, watch);
}

/**
 * Texts token by token: surprisal under the vanilla model, mask probability and sampled masks, and what supports the label
 * (docs/explain.md).
 */
export function explain(options: ExplainOptions, watch?: Watch): Promise<ExplainResult> {
  return callOnce("explain", options, watch);
}

/** Loss, perplexity and accuracy of a masked language model on plain text. */
export function perplexity(options: PerplexityOptions, watch?: Watch): Promise<PerplexityResult> {
  return callOnce("perplexity", options, watch);
}

/** Counts labels, lengths, duplicates and leaks of a data set, and warns of problems. */
export function checkFiles(options: CheckOptions, watch?: Watch): Promise<CheckResult> {
  return callOnce("check", options, watch);
}

/** Writes the HTML page of a training run or a comparison from its folder. */
export function writeReport(options: ReportOptions, watch?: Watch): Promise<ReportResult> {
  return callOnce("report", options, watch);
}

/** Writes a classifier as ONNX files that other programs run, each compared with it, and a model card. */
export function exportModel(options: ExportOptions, watch?: Watch): Promise<ExportResult> {
  return callOnce("export", options, watch);
}

/** Uploads a model folder to the hub as one commit. Needs the package `@huggingface/hub`. */
export function pushModel(options: PushOptions, watch?: Watch): Promise<PushResult> {
  return callOnce("push", options, watch);
}

/**
 * Trains runs that `compare` put into a queue, until the signal of `watch` is aborted. Needs the packages `bullmq` and
 * `ioredis`.
 */
export function trainFromQueue(options: WorkerOptions, watch?: Watch): Promise<WorkerResult> {
  return callOnce("worker", options, watch);
}

/** Pretrains a small model with masked-token prediction. */
export function pretrain(options: PretrainOptions, watch?: Watch): Promise<PretrainResult> {
  return callOnce("pretrain", options, watch);
}

/** Checks that everything the package needs is there and works. */
export function doctor(options: DoctorOptions = {}, watch?: Watch): Promise<readonly Diagnosis[]> {
  return callOnce("doctor", options, watch);
}

/**
 * Answers HTTP requests with a classifier (docs/serving.md) until the signal of `watch` is aborted, then finishes what it has
 * begun. A notice says where it listens. Throws `server-address`, and what loading throws.
 */
export async function serve(options: ServeOptions, watch?: Watch): Promise<ServeResult> {
  return (await import("./apps/serve/serve.js")).runServe(options, watch);
}

/**
 * Serves the studio's page on this machine (docs/studio.md) until the signal of `watch` is aborted. A notice has its address, with the token
 * that opens it. Throws `server-address`, and `file-missing` for data that is not there.
 */
export async function studio(options: StudioOptions = {}, watch?: Watch): Promise<StudioResult> {
  return (await import("./apps/studio/studio.js")).runStudio(options, watch);
}
