/** What every kind of classifier can do once it is open. */
import { L3MaskingError } from "../../base/errors.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { EncodingCounts } from "../sources/text-counts.js";

export interface OpenClassifier {
  /** Where it was loaded from. */
  readonly folder: string;
  /** Label names by id. */
  readonly labels: readonly string[];
  /** Logits [N, C] of N texts, row-major, divided by the temperature where that is asked for. */
  logits(texts: readonly string[], task: "predicting" | "evaluating"): Promise<Float32Array>;
  predict(texts: readonly string[]): Promise<Prediction[]>;
  /**
   * Predictions for a part of a larger whole: nothing is told but, batch by batch, how many texts are done. A stop is
   * left to `onBatch`, by what it throws.
   */
  predictPart(texts: readonly string[], onBatch: (done: number) => void): Promise<PredictedPart>;
  dispose(): Promise<void>;
}

export interface PredictedPart {
  readonly predictions: readonly Prediction[];
  readonly counts: EncodingCounts;
}

/** A stop on request, of a command that writes nothing before its end unless `hint` says otherwise. */
export function interrupted(
  done: number,
  total: number,
  hint = "Run the command again; nothing was written.",
): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped after ${done} of ${total} texts`, { hint });
}
