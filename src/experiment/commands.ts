/**
 * Every long-running call by name: what it is given is checked against its settings, then it runs. The
 * worker thread serves this table; in a program that has a thread of its own it can be called directly.
 *
 * A command's module is loaded when it is first called, so that light commands start fast.
 */
import { compareSchema } from "../compare-config.js";
import {
  checkSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  perplexitySchema,
  predictSchema,
  pretrainSchema,
  pushSchema,
  reportSchema,
  resolveSettings,
  scoreSchema,
  scoreTextsSchema,
  trainSchema,
} from "../config.js";
import type {
  CheckResult,
  CompareResult,
  Diagnosis,
  EvaluateResult,
  ExplainResult,
  ExportResult,
  Host,
  PerplexityResult,
  PredictResult,
  PretrainResult,
  PushResult,
  ReportResult,
  ScoreResult,
  TextScores,
  TrainResult,
} from "./host.js";

/** What each command gives back. */
export interface CommandResults {
  readonly train: TrainResult;
  readonly compare: CompareResult;
  readonly score: ScoreResult;
  readonly predict: PredictResult;
  readonly evaluate: EvaluateResult;
  readonly explain: ExplainResult;
  readonly perplexity: PerplexityResult;
  readonly check: CheckResult;
  readonly report: ReportResult;
  readonly pretrain: PretrainResult;
  readonly export: ExportResult;
  readonly push: PushResult;
  readonly doctor: readonly Diagnosis[];
  readonly scoreTexts: readonly TextScores[];
}

export type CommandTable = {
  readonly [Name in keyof CommandResults]: (
    given: unknown,
    host: Host,
  ) => Promise<CommandResults[Name]>;
};

/** The commands. Each throws `resolveSettings`' errors for what it is given, and its own. */
export const commands: CommandTable = {
  async train(given, host) {
    const settings = resolveSettings(trainSchema, given);
    const { runTrain } = await import("./fine-tune/fine-tune.js");
    return runTrain(settings, host);
  },
  async compare(given, host) {
    const settings = resolveSettings(compareSchema, given);
    const { runCompare } = await import("./compare/compare.js");
    return runCompare(settings, host);
  },
  async score(given, host) {
    const settings = resolveSettings(scoreSchema, given);
    const { runScore } = await import("./inference/score.js");
    return runScore(settings, host);
  },
  async predict(given, host) {
    const settings = resolveSettings(predictSchema, given);
    const { runPredict } = await import("./inference/predict.js");
    return runPredict(settings, host);
  },
  async evaluate(given, host) {
    const settings = resolveSettings(evaluateSchema, given);
    const { runEvaluate } = await import("./inference/evaluate.js");
    return runEvaluate(settings, host);
  },
  async explain(given, host) {
    const settings = resolveSettings(explainSchema, given);
    const { runExplain } = await import("./inference/explain.js");
    return runExplain(settings, host);
  },
  async perplexity(given, host) {
    const settings = resolveSettings(perplexitySchema, given);
    const { runPerplexity } = await import("./pretrain/perplexity.js");
    return runPerplexity(settings, host);
  },
  async check(given, host) {
    const settings = resolveSettings(checkSchema, given);
    const { runCheck } = await import("./inputs/check.js");
    return runCheck(settings, host);
  },
  async report(given, host) {
    const settings = resolveSettings(reportSchema, given);
    const { runReport } = await import("./compare/report.js");
    return runReport(settings, host);
  },
  async pretrain(given, host) {
    const settings = resolveSettings(pretrainSchema, given);
    const { runPretrain } = await import("./pretrain/pretrain.js");
    return runPretrain(settings, host);
  },
  async export(given, host) {
    const settings = resolveSettings(exportSchema, given);
    const { runExport } = await import("./export/export.js");
    return runExport(settings, host);
  },
  async push(given, host) {
    const settings = resolveSettings(pushSchema, given);
    const { runPush } = await import("./export/push.js");
    return runPush(settings, host);
  },
  async doctor(_given, host) {
    const { runDoctor } = await import("./doctor.js");
    return runDoctor(host);
  },
  async scoreTexts(given, host) {
    const settings = resolveSettings(scoreTextsSchema, given);
    const { runScoreTexts } = await import("./library.js");
    return runScoreTexts(settings, host);
  },
};
