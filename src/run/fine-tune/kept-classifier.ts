/** What a run keeps: the fine-tuned encoder, TF-IDF with embeddings, or the baseline where that is better. */

import { L3MaskingError } from "../../base/errors.js";
import { AUTO, isLinear, readsEmbeddings } from "../../method/methods.js";
import { tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { join } from "../../platform/paths.js";
import { saveEmbed } from "../classifiers/embed-folder.js";
import { linearExplainer } from "../classifiers/linear-explanation.js";
import { saveLinear } from "../classifiers/linear-folder.js";
import type { Host } from "../host/host.js";
import type { ExplainTexts } from "../inference/attributed-words.js";
import { ONLY_STEP, writeLinearJournal } from "../linear/linear-journal.js";
import { measureBaseline, type RunBaseline } from "./baseline.js";
import { type Choice, chooseCandidate, type HeldOutAnswers } from "./choice.js";
import type { TrainedEmbed } from "./embedding.js";
import type { HeldOutByFolds } from "./held-out.js";
import type { RunInputs } from "./inputs.js";
import type { EncoderPlace, KeptEncoder } from "./kept-encoder.js";
import { type KeptResult, type MeasuredRows, splitMetrics } from "./run-metrics.js";

export interface KeptClassifier extends KeptResult {
  readonly explain: ExplainTexts;
  /** Logits [N, C] of a split's texts. */
  logitsOf(split: "dev" | "test"): Promise<Float32Array>;
}

/** The baseline of a run, where it is wanted; `auto` always measures it. Throws what `measureBaseline` throws. */
export function trainBaseline(
  { settings, data }: RunInputs,
  held: HeldOutByFolds | undefined,
  host: Host,
): RunBaseline | undefined {
  if (!settings.baseline && settings.method !== AUTO) return undefined;
  return measureBaseline(data, held?.tfidf, join(settings.outputDir, "baseline"), host);
}

/** Where the encoder's weights are kept while it is trained: not as the run's model before it is chosen. */
export function encoderFolder({ settings, folds }: RunInputs): string {
  const isCandidate = settings.method === AUTO && folds === undefined;
  return join(settings.outputDir, isCandidate ? "encoder" : "model");
}

/** The choice of `auto` by the dev split; undefined for a given method. */
export async function choiceOnDev(
  { settings, data }: RunInputs,
  baseline: RunBaseline | undefined,
  embed: TrainedEmbed | undefined,
  encoder: KeptEncoder | undefined,
): Promise<Choice | undefined> {
  if (settings.method !== AUTO) return undefined;
  const rows = [...data.dev.labelIds.keys()];
  const candidates: readonly HeldOutAnswers[] = [
    ...(baseline ? [{ method: "tfidf" as const, rows, logits: baseline.dev.logits }] : []),
    ...(embed ? [{ method: "embed" as const, rows, logits: embed.logitsOf("dev") }] : []),
    ...(encoder ? [{ method: "stl" as const, rows, logits: await encoder.logitsOf("dev") }] : []),
  ];
  const known = { labelIds: data.dev.labelIds, labels: data.labels.length };
  const { metricForBestModel: metric, seed } = settings;
  return chooseCandidate(candidates, known, { metric, seed, folds: 0 });
}

/** Those that were trained on all training texts. */
export interface TrainedCandidates {
  readonly baseline: RunBaseline | undefined;
  readonly embed: TrainedEmbed | undefined;
  readonly encoder: KeptEncoder | undefined;
}

/** Saves what was chosen as the model of the run. */
export async function keptClassifier(
  inputs: RunInputs,
  choice: Choice | undefined,
  { baseline, embed, encoder }: TrainedCandidates,
  held: HeldOutByFolds | undefined,
  place: Omit<EncoderPlace, "folder">,
  host: Host,
): Promise<KeptClassifier> {
  const { settings, folds } = inputs;
  const folder = join(settings.outputDir, "model");
  if (folds === undefined && choice?.record.choice) {
    host.emit({ type: "notice", level: "info", text: choice.record.choice });
  }
  const method = choice?.chosen.method ?? settings.method;
  const journal = (dev: MeasuredRows) => {
    // That of an encoder that was trained beside it stays.
    if (encoder !== undefined) return;
    const measured = splitMetrics(dev.logits, dev.labelIds, inputs.data.labels.length);
    writeLinearJournal(settings, measured, place.digest, place.trackers, host);
  };
  if (embed !== undefined && readsEmbeddings(method)) {
    const { labelIds } = inputs.data.dev;
    journal(held?.measured ?? { labelIds, logits: embed.logitsOf("dev") });
    return keptEmbed(inputs, embed, encoder, folder);
  }
  if (encoder !== undefined && !isLinear(method)) {
    if (encoderFolder(inputs) !== folder) await encoder.save(folder);
    const { trained, timing, finalTaskWeights, explain, logitsOf } = encoder;
    const { outcome, firstStage } = trained;
    return {
      method: settings.method === AUTO ? "stl" : settings.method,
      bestStep: outcome.bestStep,
      steps: outcome.steps,
      ...{ firstStage, timing, finalTaskWeights, explain, logitsOf },
    };
  }
  if (baseline === undefined) throw nothingTrained();
  journal(baseline.dev);
  return keptBaseline(inputs, baseline, encoder, folder);
}

async function keptEmbed(
  { data, model, maxLength }: RunInputs,
  { classifier, seconds, logitsOf }: TrainedEmbed,
  encoder: KeptEncoder | undefined,
  folder: string,
): Promise<KeptClassifier> {
  const { labels } = data;
  await saveEmbed(folder, { classifier, labels, temperature: 1, model, maxLength });
  return {
    method: "embed",
    ...inOneStep(encoder, seconds),
    explain: linearExplainer(classifier, labels),
    logitsOf: async (split) => logitsOf(split),
  };
}

/** What is recorded of a linear classifier's training; the time is that of an encoder where one was trained beside it. */
function inOneStep(encoder: KeptEncoder | undefined, seconds: number) {
  const timing = { scoring_seconds: 0, training_seconds: seconds, tokens_per_second: 0, parts: 1 };
  return {
    bestStep: ONLY_STEP,
    steps: ONLY_STEP,
    firstStage: undefined,
    timing: encoder?.timing ?? timing,
    finalTaskWeights: null,
  };
}

function nothingTrained(): L3MaskingError {
  return new L3MaskingError("invalid-setting", "expected a candidate to train, got none", {
    hint: "Leave --no-baseline out, or choose a --method.",
  });
}

function keptBaseline(
  { data }: RunInputs,
  { classifier }: RunBaseline,
  encoder: KeptEncoder | undefined,
  folder: string,
): KeptClassifier {
  const { labels } = data;
  saveLinear(folder, { classifier, labels, temperature: 1 });
  return {
    method: "tfidf",
    ...inOneStep(encoder, 0),
    explain: linearExplainer(classifier, labels),
    logitsOf: async (split) => tfidfLogits(classifier, data[split]?.texts ?? []),
  };
}
