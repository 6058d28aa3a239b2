/** The training loop: steps, evaluations, early stopping. It knows neither texts nor files. */
import { L3MaskingError } from "../../base/errors.js";
import type { EvaluationEvent, JournalEvent, Stage, StopReason } from "./events.js";
import type { OptimizerGroup } from "./optimizer.js";
import {
  type Accumulation,
  type MicroBatch,
  type StepResult,
  type StepState,
  trainingStep,
} from "./step.js";
import type { TaskWeights } from "./task-weights.js";

/** What the loop asks of its caller between steps. */
export interface TrainingWatch {
  emit(event: JournalEvent): void;
  /** Called after every step with a short status. */
  progress(done: number, total: number, detail: string): void;
  /** True asks to stop before the next step. */
  cancelled(): boolean;
  /** True asks to end before the next step, with the last one evaluated. Nobody asks where it is absent. */
  ending?(): boolean;
}

export interface Evaluation {
  readonly event: Omit<EvaluationEvent, "best" | "stage" | "step" | "type">;
  /** Decides which step is best; greater is better. */
  readonly metric: number;
}

/** The evaluation that decides which weights are kept. */
export interface BestEvaluation {
  readonly step: number;
  readonly metric: number;
}

/** A part of a run with an optimizer of its own. */
export interface TrainingStage {
  readonly number: Stage;
  /** Steps of the stages before it, which its own steps count on from. */
  readonly stepsBefore: number;
}

/** What a step reads. */
export interface StepBatches {
  readonly epoch: number;
  readonly microBatches: readonly MicroBatch[];
}

/** Where early stopping stands. */
export interface StoppingState {
  /** Absent before the first evaluation. */
  readonly best?: BestEvaluation | undefined;
  /** Evaluations of the stage in a row, up to now, without a better metric. */
  readonly withoutBetter: number;
}

export interface TrainingPlan extends Partial<StoppingState> {
  /** The first stage where absent. */
  readonly stage?: TrainingStage;
  /**
   * Steps already done, including earlier stages, in a resumed run; `best` and `withoutBetter` are then as they were
   * after them.
   */
  readonly doneSteps: number;
  /** Steps done when this stage is over, earlier stages included. */
  readonly totalSteps: number;
  readonly gradientAccumulationSteps: number;
  /** `exact` where absent. */
  readonly accumulation?: Accumulation;
  /** Used unless the state learns them. */
  readonly taskWeights: TaskWeights;
  /** The epoch (from 1) and the micro-batches of an optimizer step (from 1). */
  batches(step: number): StepBatches | Promise<StepBatches>;
  /** Optimizer groups with the learning rates of a step. */
  groups(step: number): readonly OptimizerGroup[];
  /** Absent where there is nothing to evaluate on. */
  readonly evaluation?: {
    isDueAfter(step: number): boolean;
    evaluate(): Promise<Evaluation>;
    /** Keeps the current weights as the best so far. */
    keepBest(best: BestEvaluation): Promise<void>;
    /** Stop after this many evaluations in a row without a better metric. */
    readonly patience: number;
  };
  /** Called after each step and its evaluation, if one was due; for saved states. */
  afterStep?(step: number, evaluated: boolean, stopping: StoppingState): Promise<void>;
  /** Called where a step diverged, with the last step done: the weights are as they were after it. */
  onDivergence?(step: number, stopping: StoppingState): Promise<void>;
}

export interface TrainingOutcome extends StoppingState {
  /** 0 where nothing was evaluated. */
  readonly bestStep: number;
  readonly steps: number;
  /** Steps that the plan had. */
  readonly plannedSteps: number;
  readonly reason: StopReason;
  /** Real tokens through the encoder, in the steps of this call. */
  readonly tokens: number;
}

/**
 * Runs the plan. The last step is always evaluated, also where it is the last on request, so that there is a best step. After an
 * interruption the best weights so far are kept, if there are any; a request to end before the first step is one too. A plan that continues after the steps of
 * another call does what that call would have done.
 *
 * Throws `training-diverged` from a step or an evaluation whose loss or gradient is not finite, after emitting the stop.
 */
export async function train(
  state: StepState,
  plan: TrainingPlan,
  watch: TrainingWatch,
): Promise<TrainingOutcome> {
  const { totalSteps, gradientAccumulationSteps, evaluation } = plan;
  const { number: stage, stepsBefore } = plan.stage ?? { number: 1, stepsBefore: 0 };
  const patience = evaluation?.patience ?? Number.POSITIVE_INFINITY;
  let { best, withoutBetter = 0 } = plan;
  let tokens = 0;
  let step = plan.doneSteps;
  let reason: StopReason = "steps";

  const stop = (why: StopReason) =>
    watch.emit({ type: "stop", stage, step, reason: why, best_step: best?.step ?? 0 });
  /** Runs the work; if it diverged, emits the stop first. */
  const watched = async <Result>(work: Promise<Result>, inStep: boolean): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof L3MaskingError && error.code === "training-diverged") {
        stop("diverged");
        if (inStep) await plan.onDivergence?.(step, { best, withoutBetter });
      }
      throw error;
    }
  };

  const evaluate = async ({ evaluate, keepBest }: NonNullable<TrainingPlan["evaluation"]>) => {
    const { event, metric } = await watched(checkedEvaluation({ evaluate }, step), false);
    const isBest = best === undefined || metric > best.metric;
    watch.emit({ type: "evaluation", stage, step, ...event, best: isBest });
    if (isBest) {
      best = { step, metric };
      withoutBetter = 0;
      await keepBest(best);
    } else {
      withoutBetter += 1;
    }
  };

  while (step < totalSteps && withoutBetter < patience) {
    if (watch.cancelled() || (step === 0 && watch.ending?.())) {
      reason = "interrupted";
      break;
    }
    if (watch.ending?.()) {
      reason = "request";
      if (evaluation !== undefined && !evaluation.isDueAfter(step)) {
        await evaluate(evaluation);
        await plan.afterStep?.(step, true, { best, withoutBetter });
      }
      break;
    }
    const { epoch, microBatches } = await plan.batches(step + 1);
    const groups = plan.groups(step + 1);
    const taskWeights = state.meta?.taskWeights() ?? plan.taskWeights;
    const next = {
      step: step + 1,
      update: step + 1 - stepsBefore,
      microBatches,
      gradientAccumulationSteps,
      ...(plan.accumulation && { accumulation: plan.accumulation }),
      taskWeights,
      groups,
    };
    const result = await watched(trainingStep(state, next), true);
    step += 1;
    tokens += result.tokens;
    watch.emit({
      type: "step",
      stage,
      step,
      epoch,
      task_weights: taskWeights,
      learning_rate: groups[0].learningRate,
      ...result,
    });
    watch.progress(step, totalSteps, lossText(result));

    const evaluated = evaluation?.isDueAfter(step) || step === totalSteps;
    if (evaluation !== undefined && evaluated) await evaluate(evaluation);
    await plan.afterStep?.(step, evaluated, { best, withoutBetter });
  }
  if (reason === "steps" && withoutBetter >= patience) reason = "patience";
  const bestStep = best?.step ?? 0;
  stop(reason);
  return { best, withoutBetter, bestStep, steps: step, plannedSteps: totalSteps, reason, tokens };
}

async function checkedEvaluation(
  { evaluate }: Pick<NonNullable<TrainingPlan["evaluation"]>, "evaluate">,
  step: number,
): Promise<Evaluation> {
  const evaluation = await evaluate();
  const { split, loss } = evaluation.event;
  if (Number.isFinite(loss)) return evaluation;
  throw new L3MaskingError(
    "training-diverged",
    `expected a finite loss on ${split}, got ${loss} after step ${step}`,
    { hint: "Lower --learning-rate or raise --warmup-ratio; what was saved before is kept." },
  );
}

function lossText(result: StepResult): string {
  const parts = [
    ["loss", result.main_loss],
    ["masked-token loss", result.auxiliary_loss],
  ] as const;
  return parts
    .flatMap(([name, loss]) => (loss === null ? [] : [`${name} ${loss.toFixed(3)}`]))
    .join(", ");
}
