/**
 * Every long-running call by name: what it is given is checked against its settings, then it runs. The
 * worker thread serves this table; in a program that has a thread of its own it can be called directly.
 *
 * A command's module is loaded when it is first called, so that light commands start fast.
 */
import type { z } from "zod";
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
} from "../run/host/host.js";
import { compareSchema } from "../run/settings/compare.js";
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
} from "../run/settings/train.js";

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

/** A command of the worker. */
export interface WorkerCommand<Result> {
  /** Loads the command's module, which a run would do first; a worker that waits for its call has the time. */
  load(): Promise<unknown>;
  /** Throws `resolveSettings`' errors for what it is given, and the command's own. */
  run(given: unknown, host: Host): Promise<Result>;
}

export type CommandTable = {
  readonly [Name in keyof CommandResults]: WorkerCommand<CommandResults[Name]>;
};

/** A command that takes the settings of `schema` and is run by the function that `load` gives. */
function command<Schema extends z.ZodObject, Result>(
  schema: Schema,
  load: () => Promise<(settings: z.output<Schema>, host: Host) => Promise<Result>>,
): WorkerCommand<Result> {
  return {
    load,
    async run(given, host) {
      const settings = resolveSettings(schema, given);
      const runCommand = await load();
      return runCommand(settings, host);
    },
  };
}

/** The commands, each with its settings and where it is. */
export const commands: CommandTable = {
  train: command(trainSchema, async () => (await import("./train.js")).runTrain),
  compare: command(compareSchema, async () => (await import("./compare/compare.js")).runCompare),
  score: command(scoreSchema, async () => (await import("./score.js")).runScore),
  predict: command(predictSchema, async () => (await import("./predict.js")).runPredict),
  evaluate: command(evaluateSchema, async () => (await import("./evaluate.js")).runEvaluate),
  explain: command(explainSchema, async () => (await import("./explain.js")).runExplain),
  perplexity: command(
    perplexitySchema,
    async () => (await import("./perplexity.js")).runPerplexity,
  ),
  check: command(checkSchema, async () => (await import("./check.js")).runCheck),
  report: command(reportSchema, async () => (await import("./report.js")).runReport),
  pretrain: command(pretrainSchema, async () => (await import("./pretrain.js")).runPretrain),
  export: command(exportSchema, async () => (await import("./export.js")).runExport),
  push: command(pushSchema, async () => (await import("./push.js")).runPush),
  scoreTexts: command(
    scoreTextsSchema,
    async () => (await import("./score-texts.js")).runScoreTexts,
  ),
  doctor: {
    load: () => import("./doctor.js"),
    async run(_given, host) {
      const { runDoctor } = await import("./doctor.js");
      return runDoctor(host);
    },
  },
};
