/** Evaluates on dev during a run and keeps the best weights. */
import type { BestEvaluation, Evaluation } from "../../method/train/trainer.js";
import { type LabelMeasureName, labelMeasureOf } from "../../results/metrics/label-measures.js";
import type { SplitMetrics } from "../../results/records/measures.js";
import type { RunState } from "../folder/saved-state.js";
import type { TrainingClock } from "../folder/training-state.js";
import { splitMetrics } from "./run-metrics.js";

/** What an evaluation needs. */
export interface DevSplit {
  /** Logits [N, C] of the dev texts with the current weights. */
  logits(): Promise<Float32Array>;
  readonly labelIds: Int32Array; // [N]
  readonly classes: number;
  /** The metric that decides. */
  readonly metric: LabelMeasureName;
  /** Saves the current weights as the best so far and returns the digest of the file. */
  keep(): Promise<string>;
}

/** The best so far: dev metrics and digest of the weights; both undefined before the first evaluation. */
export type KeptBest = Pick<RunState, "bestDev" | "bestWeights">;

export interface DevEvaluation {
  evaluate(): Promise<Evaluation>;
  keepBest(best: BestEvaluation): Promise<void>;
  kept(): KeptBest;
}

/**
 * Evaluates and keeps weights for the training loop; the clock does not count that time. `earlier` is what an earlier part
 * of the run kept.
 */
export function devEvaluation(
  split: DevSplit,
  clock: TrainingClock,
  earlier: KeptBest,
): DevEvaluation {
  let { bestDev, bestWeights } = earlier;
  let last: SplitMetrics | undefined;
  return {
    async evaluate() {
      const logits = await clock.aside(split.logits);
      last = splitMetrics(logits, split.labelIds, split.classes);
      const { loss, ...measures } = last;
      const value = measures[split.metric];
      const { better } = labelMeasureOf(split.metric);
      return {
        event: { split: "dev", loss, measures },
        metric: better === "higher" ? value : -value,
      };
    },
    async keepBest() {
      bestDev = last;
      bestWeights = await clock.aside(split.keep);
    },
    kept: () => ({ bestDev, bestWeights }),
  };
}
