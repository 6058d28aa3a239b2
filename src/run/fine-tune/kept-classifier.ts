/** What a run keeps: the fine-tuned encoder, alone or stacked, TF-IDF with embeddings, or the baseline where that is better. */

import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { AUTO, isLinear, isStacked, type Method, readsEmbeddings } from "../../method/methods.js";
import { tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { join } from "../../platform/paths.js";
import { splitMetrics } from "../../results/metrics/split-metrics.js";
import { saveEmbed } from "../classifiers/embed-folder.js";
import { linearExplainer } from "../classifiers/linear-explanation.js";
import { saveLinear } from "../classifiers/linear-folder.js";
import { saveStack } from "../classifiers/stack.js";
import { stackExplainer } from "../classifiers/stack-explanation.js";
import { stackedLogits } from "../classifiers/stacked-logits.js";
import type { Host } from "../host/host.js";
import type { ExplainTexts } from "../inference/attributed-words.js";
import { ONLY_STEP, writeLinearJournal } from "../linear/linear-journal.js";
import { measureBaseline, type RunBaseline, wantsBaseline } from "./baseline.js";
import { type Choice, chooseCandidate, type HeldOutAnswers } from "./choice.js";
import type { TrainedEmbed } from "./embedding.js";
import { missingCandidates } from "./ending.js";
import type { HeldOutByFolds } from "./held-out.js";
import type { RunInputs } from "./inputs.js";
import { type EncoderPlace, type KeptEncoder, trainEncoder } from "./kept-encoder.js";
import { type KeptResult, type MeasuredRows, measuredRows } from "./run-metrics.js";
import { candidatesOf } from "./stack.js";
import type { TextMasks } from "./text-masks.js";
import { isLeftOut, type PlannedInputs } from "./work-plan.js";

export interface KeptClassifier extends KeptResult {
  readonly explain: ExplainTexts;
  /** Logits [N, C] of a split's texts. */
  logitsOf(split: "dev" | "test"): Promise<Float32Array>;
}

/** The baseline of a run, where it is wanted; `heldOut` is what it answered in folds, where they are held out. Throws what `measureBaseline` throws. */
export function trainBaseline(
  { settings, data }: RunInputs,
  heldOut: HeldOutAnswers | undefined,
  host: Host,
): RunBaseline | undefined {
  if (!wantsBaseline(settings)) return undefined;
  const measured = heldOut && measuredRows(heldOut, data.train.labelIds);
  return measureBaseline(data, measured, join(settings.outputDir, "baseline"), host);
}

/**
 * The fine-tuned encoder, where what is wanted needs it and there is time for it. Its weights are not kept as the run's model before it is
 * chosen, nor as a part of a stack. Throws what `trainEncoder` throws.
 */
export async function wantedEncoder(
  inputs: PlannedInputs,
  wanted: string,
  masks: TextMasks | undefined,
  place: Omit<EncoderPlace, "folder">,
  runtime: Runtime,
  host: Host,
): Promise<KeptEncoder | undefined> {
  if (isLinear(wanted) || isLeftOut(inputs.plan, "stl")) return undefined;
  const isPart = isStacked(wanted) || (wanted === AUTO && inputs.folds === undefined);
  const folder = join(inputs.settings.outputDir, isPart ? "encoder" : "model");
  return trainEncoder(inputs, masks, { ...place, folder }, runtime, host);
}

/** The choice of `auto`, or the weight of a stack, by the dev split; undefined for other methods. */
export async function choiceOnDev(
  { settings, data, plan }: PlannedInputs,
  { baseline, embed, encoder }: TrainedCandidates,
): Promise<Choice | undefined> {
  const { method, metricForBestModel: metric, seed } = settings;
  if (method !== AUTO && !isStacked(method)) return undefined;
  const { labelIds } = data.dev;
  const rows = [...labelIds.keys()];
  const of = (name: Method, logits: Float32Array | undefined): HeldOutAnswers | undefined =>
    logits && { method: name, rows, logits };
  const answered = {
    tfidf: of("tfidf", baseline?.dev.logits),
    embed: of("embed", embed?.logitsOf("dev")),
    encoder: of("stl", await encoder?.logitsOf("dev")),
  };
  const { space } = data;
  const candidates = candidatesOf(method, answered, labelIds, space);
  return chooseCandidate(
    candidates,
    { labelIds, space },
    { metric, seed, folds: 0, leftOut: missingCandidates(method, answered, plan.leftOut) },
  );
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
): Promise<KeptClassifier> {
  const { settings } = inputs;
  const folder = join(settings.outputDir, "model");
  const method = choice?.chosen.method ?? settings.method;
  const journal = (dev: MeasuredRows) => {
    // That of an encoder that was trained beside it stays.
    if (encoder !== undefined) return;
    const measured = splitMetrics(dev.logits, dev.labelIds, inputs.data);
    writeLinearJournal(settings, measured, place.digest, place.trackers);
  };
  if (embed !== undefined && readsEmbeddings(method)) {
    const { labelIds } = inputs.data.dev;
    journal(held?.measured ?? { labelIds, logits: embed.logitsOf("dev") });
    return keptEmbed(inputs, embed, encoder, folder);
  }
  const weight = choice?.chosen.encoderWeight;
  if (encoder !== undefined && baseline !== undefined && weight !== undefined) {
    return keptStack(inputs, baseline, encoder, weight, folder);
  }
  if (encoder !== undefined && !isLinear(method)) {
    if (encoder.folder !== folder) await encoder.save(folder);
    const { explain, logitsOf } = encoder;
    const kept = settings.method === AUTO ? "stl" : settings.method;
    return { method: kept, ...ofEncoder(encoder), explain, logitsOf };
  }
  if (baseline === undefined) throw nothingTrained();
  journal(baseline.dev);
  return keptBaseline(inputs, baseline, encoder, folder);
}

/** What is recorded of an encoder's training. */
function ofEncoder({ trained: { outcome, firstStage }, timing, finalTaskWeights }: KeptEncoder) {
  const { bestStep, steps } = outcome;
  return { bestStep, steps, firstStage, timing, finalTaskWeights };
}

async function keptStack(
  { data, model: { tokenizer } }: RunInputs,
  { classifier: linear }: RunBaseline,
  encoder: KeptEncoder,
  encoderWeight: number,
  folder: string,
): Promise<KeptClassifier> {
  const { labels, task, space } = data;
  await saveStack(folder, { linear, saveEncoder: encoder.save, encoderWeight, labels, task });
  return {
    method: "stack",
    ...ofEncoder(encoder),
    explain: stackExplainer({ linear, encoderWeight, tokenizer }, labels, encoder.attribute),
    logitsOf: async (split) =>
      stackedLogits(
        encoderWeight,
        await encoder.logitsOf(split),
        tfidfLogits(linear, data[split]?.texts ?? []),
        space,
      ),
  };
}

async function keptEmbed(
  { data, model, maxLength }: RunInputs,
  { classifier, seconds, logitsOf }: TrainedEmbed,
  encoder: KeptEncoder | undefined,
  folder: string,
): Promise<KeptClassifier> {
  const { labels, task } = data;
  await saveEmbed(folder, { classifier, labels, temperature: 1, task, model, maxLength });
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
  const { labels, task } = data;
  saveLinear(folder, { classifier, labels, temperature: 1, task });
  return {
    method: "tfidf",
    ...inOneStep(encoder, 0),
    explain: linearExplainer(classifier, labels),
    logitsOf: async (split) => tfidfLogits(classifier, data[split]?.texts ?? []),
  };
}
