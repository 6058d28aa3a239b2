/** Evaluates on dev during a run and keeps the best weights, or the last. */
import type { BestEvaluation, Evaluation, TrainingPlan } from "../../method/train/trainer.js";
import {
  type LabelMeasureName,
  labelMeasureOf,
  ofLabelMeasures,
} from "../../results/metrics/label-measures.js";
import { splitMetrics } from "../../results/metrics/split-metrics.js";
import type { MeasuredTask } from "../../results/metrics/task-measures.js";
import type { SplitMetrics } from "../../results/records/measures.js";
import type { RunState } from "../folder/saved-state.js";
import type { TrainingClock } from "../folder/training-state.js";

/** What an evaluation needs. */
export interface DevSplit {
  /** Logits [N, C] of the dev texts with the current weights. */
  logits(): Promise<Float32Array>;
  readonly labelIds: Int32Array; // [N]
  /** The data set, whose measures are taken. */
  readonly measured: MeasuredTask;
  /** The metric that decides. */
  readonly metric: LabelMeasureName;
  /** Keep the weights of the best evaluation, or the last ones? */
  readonly kept: "best" | "last";
  /** Saves the current weights in place of those before and returns the digest of the file. */
  keep(): Promise<string>;
}

/** The best so far: dev metrics and digest of the weights; both undefined before the first evaluation. */
export type KeptBest = Pick<RunState, "bestDev" | "bestWeights">;

export interface DevEvaluation {
  /** Are there texts to evaluate on? */
  readonly any: boolean;
  /** Are the last weights kept, whatever dev says? */
  readonly keepsLast: boolean;
  evaluate(): Promise<Evaluation>;
  keepBest(best: BestEvaluation): Promise<void>;
  /** Keeps the weights of the last step. */
  keepLast(): Promise<void>;
  kept(): KeptBest;
}

/**
 * Evaluates and keeps weights for the training loop; the clock does not count that time. `earlier` is what an earlier part
 * of the run kept.
 */
export function devEvaluation(
  split: DevSplit,
  clock: Pick<TrainingClock, "aside">,
  earlier: KeptBest,
): DevEvaluation {
  let { bestDev, bestWeights } = earlier;
  let last: SplitMetrics | undefined;
  const any = split.labelIds.length > 0;
  const keepsLast = !any || split.kept === "last";
  return {
    any,
    keepsLast,
    async evaluate() {
      const logits = await clock.aside(split.logits);
      const measured = splitMetrics(logits, split.labelIds, split.measured);
      last = measured;
      if (keepsLast) bestDev = last;
      const { loss } = last;
      const measures = ofLabelMeasures((name) => measured[name]);
      const value = measures[split.metric];
      const { better } = labelMeasureOf(split.metric);
      return {
        event: { split: "dev", loss, measures },
        metric: better === "higher" ? value : -value,
      };
    },
    async keepBest() {
      if (keepsLast) return;
      bestDev = last;
      bestWeights = await clock.aside(split.keep);
    },
    async keepLast() {
      bestWeights = await clock.aside(split.keep);
    },
    kept: () => ({ bestDev, bestWeights }),
  };
}

/** When a training loop evaluates on dev, and when it ends for lack of better weights; nothing without dev texts. */
export function evaluationPlan(
  { any, keepsLast, evaluate, keepBest }: DevEvaluation,
  stepsPerEpoch: number,
  { evalSteps = stepsPerEpoch, patience }: PlannedEvaluation,
): Pick<TrainingPlan, "evaluation"> {
  if (!any) return {};
  return {
    evaluation: {
      isDueAfter: (step) => step % evalSteps === 0,
      evaluate,
      keepBest,
      patience: keepsLast ? Number.POSITIVE_INFINITY : patience,
    },
  };
}

interface PlannedEvaluation {
  readonly evalSteps?: number | undefined;
  /** Evaluations without a better one. */
  readonly patience: number;
}
