/**
 * What a comparison reads before its runs start: checkpoints and data sets, for their digests and counts, and the one
 * likelihood pass that all runs share through the cache.
 */

import type { Runtime } from "../../engine/runtime/runtime.js";
import { type MaskingStrategy, modelNeeds } from "../../method/masking/strategies/strategy.js";
import { type Method, maskingOf, masksTokens, needsScores, OWN } from "../../method/methods.js";
import { holdingFolder } from "../../platform/files/folder-lock.js";
import { join } from "../../platform/paths.js";
import type { ComparedDataset, ComparedModel } from "../../results/records/comparison.js";
import type { MaskingSummary } from "../../results/records/masking-summary.js";
import {
  generalTexts,
  maskProbabilities,
  requireAuxiliaryTexts,
} from "../../run/fine-tune/auxiliary-texts.js";
import { maskedTokens, movedNotice } from "../../run/fine-tune/masked-tokens.js";
import { dataSize, type Recipe, withRecipe } from "../../run/fine-tune/recipe.js";
import { excludedRows } from "../../run/fine-tune/run-metrics.js";
import type { Host, RunEvent } from "../../run/host/host.js";
import {
  type CompareSettings,
  compareSchema,
  resolveSettings,
  settingsOf,
} from "../../run/settings/schemas.js";
import { type DatasetSource, nameOf, uniqueNames } from "../../run/sources/dataset-sources.js";
import { type EncodedDataset, loadLabelledTexts } from "../../run/sources/labelled-texts.js";
import { type LoadedModel, loadModel } from "../../run/sources/model.js";
import { checkedMaxLength, requireMlmHead } from "../../run/sources/model-facts.js";
import { pinnedName } from "../../run/sources/model-source.js";
import { loadOwnStrategy } from "../../run/sources/own-strategy.js";
import {
  auxiliaryEncoder,
  type EncodedUnlabelled,
  loadUnlabelledTexts,
} from "../../run/sources/unlabelled-texts.js";
import type { Encoding } from "../../text/encoding.js";
import { seedList } from "./compare-runs.js";
import { gridOf, type Sweep } from "./sweep.js";

/** Data set and model by name. */
export interface TrainingTokens {
  readonly dataset: string;
  readonly model: string;
  readonly tokens: number;
}

export interface ComparedInputs {
  readonly datasets: readonly ComparedDataset[];
  readonly models: readonly ComparedModel[];
  /** Of every data set, model and masking strategy but the uniform one. */
  readonly masking: readonly MaskingSummary[];
  /** Tokens of the training texts of every data set, as each model reads them. */
  readonly tokens: readonly TrainingTokens[];
  /** Of the texts for the auxiliary task alone; absent where there are none. */
  readonly unlabelledDigest: string | undefined;
  /** Of the general texts that the task's are held against; absent where they are not. */
  readonly generalDigest: string | undefined;
  /** Of the module of the user's own strategy; absent where no method masks by it. */
  readonly strategyDigest?: string | undefined;
}

/**
 * Loads each model once and reads every data set with its tokenizer. Where a method needs scores, the training texts
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
  const tokens: TrainingTokens[] = [];
  const own = await loadOwnStrategy(settings.strategy, settings.methods);
  const strategies = comparedStrategies(settings.methods).map((strategy) =>
    strategy.name === OWN ? (own?.strategy ?? strategy) : strategy,
  );
  let unlabelledDigest: string | undefined;
  let generalDigest: string | undefined;
  for (const [index, folder] of settings.model.entries()) {
    const loaded = await loadModel(folder, host);
    const maxLength = checkedMaxLength(settings.maxLength, loaded.spec);
    if (settings.methods.some(needsScores)) requireMlmHead(loaded);
    models.push(modelRecord(names[index], loaded));
    const general = await generalTexts(settings, settings.methods, loaded.tokenizer, host);
    generalDigest = general?.digest;
    for (const source of sources) {
      const { splitSeed, orderedLabels } = settings;
      // Runs may read long texts otherwise; what is counted and scored here is their head.
      const reading = { splitSeed, orderedLabels, maxLength, longTexts: "head" } as const;
      const { model, ...data } = await loadLabelledTexts(source, reading, loaded, host);
      const unlabelled = await unlabelledTexts(settings, data, maxLength, model, host);
      unlabelledDigest = unlabelled?.digest;
      datasets.set(source.name, datasetRecord(source, data, unlabelled));
      const place = { dataset: source.name, model: names[index] };
      const lengths = data.encodings.train.map(({ ids }) => ids.length);
      tokens.push({ ...place, tokens: lengths.reduce((sum, length) => sum + length, 0) });
      const texts = {
        labelled: auxiliaryTexts(settings, data, model, maxLength),
        further: unlabelled?.encodings ?? [],
        general: general?.encodings,
      };
      const seed = seedList(settings.seeds)[0];
      // As the runs will have them: an adapted copy of the model depends on the recipe too.
      const given = { ...withRecipe(settings, dataSize(data)), maxLength, seed };
      for (const strategy of strategies) {
        masking.push(await strategySummary(strategy, place, model, texts, given, runtime, host));
      }
    }
  }
  return {
    datasets: [...datasets.values()],
    models,
    masking,
    tokens,
    unlabelledDigest,
    generalDigest,
    strategyDigest: own?.digest,
  };
}

/**
 * Scores the training texts under every combination of swept settings that scores depend on, those that `score` takes too, so that no run has to. `readInputs` did so for
 * the first.
 */
export async function scoreAllSwept(
  settings: CompareSettings,
  sweep: Sweep,
  sources: readonly DatasetSource[],
  runtime: Runtime,
  host: Host,
): Promise<void> {
  if (!settings.methods.some(needsScores)) return;
  const ofScore = new Set(settingsOf("score").map(({ name }) => name));
  const axes = sweep.settings.filter(({ name }) => ofScore.has(name));
  const quiet = { ...host, emit: (event: RunEvent) => event.type === "notice" || host.emit(event) };
  const [, ...others] = gridOf(axes);
  for (const values of others) {
    await readInputs(
      resolveSettings(compareSchema, { ...settings, ...values }),
      sources,
      runtime,
      quiet,
    );
  }
}

/** The strategies that methods mask by, each once, but for the uniform one, which the others are held against. */
function comparedStrategies(methods: readonly Method[]): readonly MaskingStrategy[] {
  const strategies = new Set(methods.flatMap((method) => maskingOf(method) ?? []));
  return [...strategies].filter(({ name }) => name !== "uniform");
}

/** The training texts as the auxiliary task reads them. */
function auxiliaryTexts(
  { auxiliarySpacing: spacing }: CompareSettings,
  { train, encodings }: EncodedDataset,
  { tokenizer }: LoadedModel,
  maxLength: number,
): readonly Encoding[] {
  if (spacing === "original") return encodings.train;
  return train.texts.map(auxiliaryEncoder(spacing, tokenizer, maxLength));
}

/** Further texts for the auxiliary task, if there are any and a method has one. */
async function unlabelledTexts(
  settings: CompareSettings,
  data: EncodedDataset,
  maxLength: number,
  { tokenizer }: LoadedModel,
  host: Host,
): Promise<EncodedUnlabelled | undefined> {
  const { unlabeledFile: paths, textColumn, unlabeledUnit: unit, methods } = settings;
  const { auxiliarySpacing: spacing } = settings;
  requireAuxiliaryTexts(settings);
  if (paths === undefined || !methods.some(masksTokens)) return undefined;
  return loadUnlabelledTexts(
    { paths, textColumn, unit, spacing },
    data,
    maxLength,
    tokenizer,
    host,
  );
}

function modelRecord(
  name: string,
  { spec, digest, tokenizer, ...source }: LoadedModel,
): ComparedModel {
  return {
    name,
    // The runs find a model of the hub by its commit, whatever its branch is by then.
    folder: pinnedName(source),
    family: spec.family.name,
    layers: spec.layers,
    hidden_size: spec.hiddenSize,
    checkpoint_digest: digest,
    tokenizer_digest: tokenizer.digest,
  };
}

function datasetRecord(
  source: DatasetSource,
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
): ComparedDataset {
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
    excluded: excludedRows(data, unlabelled),
    digest: data.digest,
  };
}

/** Scores while no other comparison with the same model and cache does, which then finds the scores there. */
function scoringAlone<Result>(
  cache: string,
  model: LoadedModel,
  host: Host,
  score: () => Promise<Result>,
): Promise<Result> {
  const folder = join(cache, `scoring-${model.digest.slice(0, 16)}`);
  const hint = "Wait for it, or choose another --cache-dir.";
  return holdingFolder(folder, "compare", host, score, { patient: true, hint });
}

/**
 * What a strategy makes of the labelled texts. Where it needs scores, those of all texts of the auxiliary task are in the
 * cache then.
 */
async function strategySummary(
  masking: MaskingStrategy,
  place: Pick<MaskingSummary, "dataset" | "model">,
  model: LoadedModel,
  {
    labelled,
    further,
    general,
  }: {
    readonly labelled: readonly Encoding[];
    readonly further: readonly Encoding[];
    readonly general: readonly Encoding[] | undefined;
  },
  settings: CompareSettings & Recipe & { readonly seed: number },
  runtime: Runtime,
  host: Host,
): Promise<MaskingSummary> {
  const encodings = [...labelled, ...further];
  const sources = { model, encodings, general, settings };
  const probabilities = () => maskProbabilities(masking, sources, settings, runtime, host);
  const masks = await (modelNeeds.has(masking.needs)
    ? scoringAlone(settings.cacheDir ?? host.cacheFolder, model, host, probabilities)
    : probabilities());
  const names = {
    ...place,
    strategy: masking.name,
    gamma: masks.gamma,
    budget: settings.mlmProbability,
  };
  const summary = maskedTokens(names, labelled, masks.probabilities, model.tokenizer);
  host.emit(movedNotice(summary, masks.title));
  return summary;
}
