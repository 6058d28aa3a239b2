/** What every kind of classifier can do once it is open. */
import { L3MaskingError } from "../../base/errors.js";
import type { Task } from "../../data/task.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { Watched } from "../host/host.js";
import { predictionsOf } from "../inference/classify.js";
import { alteredNotice, type EncodingCounts, requireKnownWords } from "../sources/text-counts.js";

export interface OpenClassifier {
  /** Where it was loaded from. */
  readonly folder: string;
  /** Label names by id. */
  readonly labels: readonly string[];
  readonly task: Task;
  /** From which logit on each label is given, where a text can have several. */
  readonly thresholds: readonly number[] | undefined;
  /** Does it read tokens, some of which may be unknown to it? */
  readonly hasTokens: boolean;
  read(texts: readonly string[]): ReadTexts;
  /**
   * Logits [N, C] of N texts, row-major, divided by the temperature where that is asked for. Throws `texts-unknown` where most of their
   * words are.
   */
  logits(texts: readonly string[], task: "predicting" | "evaluating"): Promise<Float32Array>;
  /** Throws as `logits`. */
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

/** Texts as one kind of classifier reads them. */
export interface ReadTexts {
  readonly counts: EncodingCounts;
  /** As `OpenClassifier.logits`. `onBatch` is told how many texts are done; what it throws ends the work. */
  logits(onBatch: (done: number) => void): Promise<Float32Array>;
}

/** A classifier by how its kind reads texts. */
export function classifierOf(
  kept: Omit<OpenClassifier, "logits" | "predict" | "predictPart">,
  host: Watched,
): OpenClassifier {
  const logits: OpenClassifier["logits"] = async (texts, task) => {
    const total = texts.length;
    const reading = kept.read(texts);
    requireKnownWords(reading.counts, "the texts");
    const notice = alteredNotice(reading.counts);
    if (notice !== undefined) host.emit(notice);
    return reading.logits((done) => tellTexts(task, done, total, host));
  };
  return {
    ...kept,
    logits,
    predict: async (texts) =>
      predictionsOf(await logits(texts, "predicting"), kept.labels, kept.thresholds),
    async predictPart(texts, onBatch) {
      const reading = kept.read(texts);
      const found = await reading.logits(onBatch);
      const predictions = predictionsOf(found, kept.labels, kept.thresholds);
      return { predictions, counts: reading.counts };
    },
  };
}

/** Tells how many texts are done. Throws `interrupted` after a stop on request. */
export function tellTexts(
  task: "predicting" | "evaluating" | "explaining",
  done: number,
  total: number,
  host: Watched,
): void {
  host.emit({ type: "progress", task, done, total, unit: "texts" });
  if (host.cancelled() && done < total) throw interrupted(done, total);
}

/** A stop on request, of a command that writes nothing before its end unless `hint` says otherwise. */
export function interrupted(
  done: number,
  total: number,
  hint = "Run the command again; nothing was written.",
): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped after ${done} of ${total} texts`, { hint });
}
