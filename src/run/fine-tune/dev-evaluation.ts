/** Evaluations on dev during a run: which weights were best. */
import type { BestEvaluation, Evaluation } from "../../method/train/trainer.js";
import { type LabelMeasureName, labelMeasureOf } from "../../results/metrics/label-measures.js";
import type { SplitMetrics } from "../../results/records/measures.js";
import type { RunState } from "../folder/saved-state.js";
import type { TrainingClock } from "../folder/training-state.js";
import { splitMetrics } from "./run-metrics.js";

/** What dev is measured with. */
export interface DevSplit {
  /** Logits [N, C] of the dev texts under the present weights. */
  logits(): Promise<Float32Array>;
  readonly labelIds: Int32Array; // [N]
  readonly classes: number;
  /** Which metric decides. */
  readonly metric: LabelMeasureName;
  /** Saves the present weights as the best so far, and gives the digest of the file. */
  keep(): Promise<string>;
}

/** What is kept: dev metrics and the digest of the weights; neither while nothing is. */
export type KeptBest = Pick<RunState, "bestDev" | "bestWeights">;

export interface DevEvaluation {
  evaluate(): Promise<Evaluation>;
  keepBest(best: BestEvaluation): Promise<void>;
  kept(): KeptBest;
}

/**
 * Evaluation and keeping for the training loop, put aside by the clock. `earlier` is what an earlier part of the run
 * kept.
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
