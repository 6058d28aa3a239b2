/**
 * What a comparison reads before its runs start: checkpoints and data sets, for their digests and counts, and the one
 * likelihood pass that all runs share through the cache.
 */
import type { CompareSettings } from "../config.js";
import { createStrategy } from "../masking/strategy.js";
import { uniformProbabilities } from "../masking/uniform.js";
import type { ComparedDataset, ComparedModel, MaskingSummary } from "../report/comparison.js";
import { type MaskedTextCase, maskingSummary } from "../report/masking-summary.js";
import type { Runtime } from "../runtime/runtime.js";
import { NO_WORD } from "../text/encoding.js";
import { type DatasetSource, nameOf, uniqueNames } from "./dataset-sources.js";
import type { Host } from "./host.js";
import { type EncodedDataset, loadLabelledTexts } from "./labelled-texts.js";
import { excludedRows } from "./run-metrics.js";
import {
  checkedMaxLength,
  type LoadedModel,
  loadModel,
  requireMlmHead,
  scoreEncodings,
} from "./vanilla.js";

export interface ComparedInputs {
  readonly datasets: readonly ComparedDataset[];
  readonly models: readonly ComparedModel[];
  /** Of every data set and model where L3Masking is among the methods. */
  readonly masking: readonly MaskingSummary[];
}

/**
 * Loads each model once and reads every data set with its tokenizer. Where L3Masking is compared, the training texts
 * are scored, unless the cache has their scores, so that no run has to.
 *
 * Throws the errors of each part, before anything is trained.
 */
export async function readInputs(
  settings: CompareSettings,
  sources: readonly DatasetSource[],
  runtime: Runtime,
  host: Host,
): Promise<ComparedInputs> {
  const names = uniqueNames(settings.model.map(nameOf));
  const datasets = new Map<string, ComparedDataset>();
  const models: ComparedModel[] = [];
  const masking: MaskingSummary[] = [];
  for (const [index, folder] of settings.model.entries()) {
    const model = await loadModel(folder, host);
    const maxLength = checkedMaxLength(settings.maxLength, model.spec);
    if (settings.methods.includes("l3")) requireMlmHead(model);
    models.push(modelRecord(names[index], model));
    for (const source of sources) {
      const { splitSeed } = settings;
      const data = await loadLabelledTexts(source, { splitSeed, maxLength }, model.tokenizer, host);
      datasets.set(source.name, datasetRecord(source, data));
      if (!settings.methods.includes("l3")) continue;
      const place = { dataset: source.name, model: names[index] };
      masking.push(
        await scoredMasks(place, model, data, { ...settings, maxLength }, runtime, host),
      );
    }
  }
  return { datasets: [...datasets.values()], models, masking };
}

function modelRecord(
  name: string,
  { folder, spec, digest, tokenizer }: LoadedModel,
): ComparedModel {
  return {
    name,
    folder,
    family: spec.family,
    layers: spec.layers,
    hidden_size: spec.hiddenSize,
    checkpoint_digest: digest,
    tokenizer_digest: tokenizer.digest,
  };
}

function datasetRecord(source: DatasetSource, data: EncodedDataset): ComparedDataset {
  const test = data.test?.texts.length ?? 0;
  const seen = data.seenInTraining.reduce((sum, row) => sum + row, 0);
  return {
    name: source.name,
    files: {
      train: source.trainFile,
      dev: source.validationFile ?? null,
      test: source.testFile ?? null,
    },
    notes: source.notes,
    labels: data.labels,
    rows: {
      train: data.train.texts.length,
      dev: data.dev.texts.length,
      test,
      leak_free: test - seen,
    },
    excluded: excludedRows(data),
    digest: data.digest,
  };
}

/** Scores the training texts into the cache, and sums up what the two strategies make of them. */
async function scoredMasks(
  place: Pick<MaskingSummary, "dataset" | "model">,
  model: LoadedModel,
  data: EncodedDataset,
  settings: CompareSettings,
  runtime: Runtime,
  host: Host,
): Promise<MaskingSummary> {
  const { tokenizer } = model;
  const { train: encodings } = data.encodings;
  const scores = await scoreEncodings(model, encodings, settings, runtime, host);
  const strategy = createStrategy("l3", {
    budget: settings.mlmProbability,
    calibration: settings.calibration,
    exponent: settings.gamma,
  });
  const texts = encodings.map((encoding, text): MaskedTextCase => {
    const { ids, wordIds } = encoding;
    return {
      ids,
      maskable: Uint8Array.from(wordIds, (word) => +(word !== NO_WORD)),
      l3: strategy.probabilities(encoding, scores[text]),
      rtm: uniformProbabilities(encoding, settings.mlmProbability),
    };
  });
  return maskingSummary({ ...place, budget: settings.mlmProbability }, texts, (id) =>
    tokenizer.token(id),
  );
}
