/** Evaluations on dev during a run: which weights were best, and the time that was not training. */
import type { BestEvaluation, Evaluation } from "../train/trainer.js";
import type { Host, SplitMetrics } from "./host.js";
import { splitMetrics } from "./run-metrics.js";

/** What dev is measured with. */
export interface DevSplit {
  /** Logits [N, C] of the dev texts under the present weights. */
  logits(): Promise<Float32Array>;
  readonly labelIds: Int32Array; // [N]
  readonly classes: number;
  /** Which metric decides. */
  readonly metric: "macro-f1" | "accuracy";
  /** Saves the present weights as the best so far. */
  keep(): Promise<void>;
}

export interface DevEvaluation {
  evaluate(): Promise<Evaluation>;
  keepBest(best: BestEvaluation): Promise<void>;
  /** The metrics of the weights kept; undefined while none are. */
  best(): SplitMetrics | undefined;
  /** Seconds spent on evaluating and saving so far, which are not training. */
  secondsAside(): number;
}

/** Evaluation and keeping for the training loop, told apart from training by the clock. */
export function devEvaluation(split: DevSplit, host: Pick<Host, "now">): DevEvaluation {
  let best: SplitMetrics | undefined;
  let last: SplitMetrics | undefined;
  let seconds = 0;
  const aside = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const start = host.now();
    const result = await work();
    seconds += (host.now() - start) / 1000;
    return result;
  };
  return {
    async evaluate() {
      const logits = await aside(split.logits);
      last = splitMetrics(logits, split.labelIds, split.classes);
      const { accuracy, macro_f1: macroF1, loss } = last;
      const metric = split.metric === "accuracy" ? accuracy : macroF1;
      return { event: { split: "dev", loss, accuracy, macroF1 }, metric };
    },
    async keepBest() {
      best = last;
      await aside(split.keep);
    },
    best: () => best,
    secondsAside: () => seconds,
  };
}
