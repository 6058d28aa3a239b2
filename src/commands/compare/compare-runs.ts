/** Which runs a comparison is made of, each with the settings of `train`, its digest and its folder. */

import { L3MaskingError } from "../../base/errors.js";
import {
  hasAuxiliaryTask,
  isLinear,
  masksTokens,
  methods,
  needsGeneralTexts,
  OWN,
  readsEmbeddings,
} from "../../method/methods.js";
import type { ComparedDataset, ComparedModel, RunKey } from "../../results/records/comparison.js";
import type { Candidate, Swept } from "../../results/records/paired-comparison.js";
import { runDigest } from "../../run/folder/run-identity.js";
import {
  type CompareSettings,
  handedOn,
  resolveSettings,
  type TrainSettings,
  toFlag,
  trainSchema,
} from "../../run/settings/schemas.js";
import type { DatasetSource } from "../../run/sources/dataset-sources.js";
import type { inputDigests, Ticket } from "./ticket.js";

/** What the runs of a comparison are made from. */
export interface RunInputs {
  readonly sources: readonly DatasetSource[];
  /** In the order of the sources. */
  readonly datasets: readonly Pick<ComparedDataset, "digest">[];
  readonly models: readonly Pick<
    ComparedModel,
    "name" | "folder" | "checkpoint_digest" | "tokenizer_digest"
  >[];
  /** Of the texts for the auxiliary task alone, if there are any. */
  readonly unlabelledDigest?: string | undefined;
  /** Of general texts that the task's are held against, if any are. */
  readonly generalDigest?: string | undefined;
  /** Of the module of the user's own strategy, if a method masks by it. */
  readonly strategyDigest?: string | undefined;
}

export interface PlannedRun extends RunKey, Omit<RunChoice, "seed"> {
  /** SHA-256 (hex) of what decides the result. */
  readonly digest: string;
  /** Relative to the folder of the comparison. */
  readonly folder: string;
  /** For `train`, without a folder. */
  readonly settings: TrainSettings;
  /** Digests of what the run reads. */
  readonly inputs: Pick<Ticket, (typeof inputDigests)[number]>;
}

/** A seed is a run of minutes: more are a slip of the keyboard. */
const MOST_SEEDS = 10_000;

/** Numbers of ranges such as "0-4" and "7", ascending, each once. Throws `invalid-setting` for a range that goes back, and for too many. */
export function seedList(ranges: readonly string[]): number[] {
  let count = 0;
  const seeds = ranges.flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    if (last < first) {
      throw new L3MaskingError("invalid-setting", `expected a range of seeds, got ${range}`, {
        hint: `Write ${last}-${first}.`,
      });
    }
    count += last - first + 1;
    if (count > MOST_SEEDS || !Number.isSafeInteger(last)) {
      const text = `expected at most ${MOST_SEEDS} seeds, got ${ranges.join(", ")}`;
      throw new L3MaskingError("invalid-setting", text, { hint: "Name fewer with --seeds." });
    }
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
  return [...new Set(seeds)].sort((a, b) => a - b);
}

type CandidateSettings = Pick<TrainSettings, "method" | "taskWeights"> & Candidate;

/** The rows of the table in its order. A method with one task is run once for all task weights. */
export function candidates(
  settings: Pick<CompareSettings, "methods" | "taskWeights">,
): CandidateSettings[] {
  const weights = [...new Set(settings.taskWeights)];
  return methods
    .filter(({ name }) => settings.methods.includes(name))
    .flatMap(({ name: method }): CandidateSettings[] =>
      hasAuxiliaryTask(method)
        ? weights.map((name) => ({ method, taskWeights: name, task_weights: name }))
        : [{ method, taskWeights: weights[0], task_weights: null }],
    );
}

/** Where runs differ in their seeds, and in what a sweep tries, alone. */
export interface RunPlace {
  readonly source: DatasetSource;
  /** By name. */
  readonly model: string;
  readonly modelFolder: string;
  readonly candidate: CandidateSettings;
  readonly inputs: PlannedRun["inputs"];
}

/** All places in the order data set, model, candidate. */
export function runPlaces(
  settings: CompareSettings,
  { sources, datasets, models, unlabelledDigest, generalDigest, strategyDigest }: RunInputs,
): RunPlace[] {
  return sources.flatMap((source, index) =>
    models.flatMap(({ name: model, folder: modelFolder, checkpoint_digest, tokenizer_digest }) =>
      candidates(settings).map((candidate): RunPlace => {
        const { method } = candidate;
        const inputs = {
          ...((!isLinear(method) || readsEmbeddings(method)) && {
            checkpoint_digest,
            tokenizer_digest,
          }),
          data_digest: datasets[index].digest,
          ...(masksTokens(method) &&
            unlabelledDigest !== undefined && { unlabelled_digest: unlabelledDigest }),
          ...(needsGeneralTexts(method) &&
            generalDigest !== undefined && { general_digest: generalDigest }),
          ...(method === OWN &&
            strategyDigest !== undefined && { strategy_digest: strategyDigest }),
        };
        return { source, model, modelFolder, candidate, inputs };
      }),
    ),
  );
}

/** What makes a run of a place. */
export interface RunChoice {
  readonly seed: number;
  /** Of a sweep. */
  readonly swept?: Swept;
  /** Of a sweep: is it to choose the values? */
  readonly tuning?: true;
}

/** Makes runs of their places: `threads` is for each of them, `existing` are the names of the run folders there are. */
export function runMaker(
  settings: CompareSettings,
  threads: number,
  existing: readonly string[],
): (place: RunPlace, choice: RunChoice) => PlannedRun {
  const known = new Map(existing.map((name) => [endingOf(name), name]));
  return (place, choice) => {
    const { source, model, candidate, inputs } = place;
    const { method, task_weights } = candidate;
    const key = { dataset: source.name, model, method, task_weights, ...choice };
    const train = trainSettings(settings, place, choice);
    const digest = runDigest({ settings: train, ...inputs });
    const folder = `runs/${folderName(key, digest, known)}`;
    return { ...key, digest, folder, settings: { ...train, threads }, inputs };
  };
}

/**
 * All runs in the order data set, model, candidate, seed. A run keeps its folder when a data set or model is called otherwise.
 *
 * Throws `invalid-setting` if two runs would be the same, as for one data set named twice.
 */
export function plannedRuns(
  settings: CompareSettings,
  inputs: RunInputs,
  threads: number,
  existing: readonly string[],
): PlannedRun[] {
  const make = runMaker(settings, threads, existing);
  const seeds = seedList(settings.seeds);
  const runs = runPlaces(settings, inputs).flatMap((place) =>
    seeds.map((seed) => make(place, { seed })),
  );
  requireDistinct(runs);
  return runs;
}

/** The settings of one run: those that all share, what a sweep tries, and its place among the others. */
export function trainSettings(
  settings: CompareSettings,
  {
    source: { trainFile, validationFile, testFile },
    modelFolder: model,
    candidate: { method, taskWeights },
  }: Pick<RunPlace, "source" | "modelFolder" | "candidate">,
  { seed, swept = {} }: RunChoice,
): TrainSettings {
  const all: Readonly<Record<string, unknown>> = { ...settings, ...swept };
  const given = {
    ...Object.fromEntries(handedOn().map(({ name }) => [name, all[name]])),
    // The files were found.
    ...{ dataDir: undefined, trainFile, validationFile, testFile },
    ...{ model, method, taskWeights, seed },
    // It has no seed: each run would train the same one.
    baseline: false,
    // Runs are compared on the same test rows, and dev decides which weights are kept.
    folds: 0,
  };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return resolveSettings(trainSchema, Object.fromEntries(known));
}

/** Hexadecimal digits of the digest in a folder's name. */
const DIGEST_DIGITS = 8;

/** The end of a folder's name, which says what its run is. */
function endingOf(name: string): string {
  return name.slice(-(DIGEST_DIGITS + 1));
}

/** Of the values that a sweep tries, in a folder's name: file systems end at 255. */
const MOST_SWEPT_LETTERS = 80;

function folderName(
  key: RunKey & RunChoice,
  digest: string,
  existing: ReadonlyMap<string, string>,
): string {
  const ending = `-${digest.slice(0, DIGEST_DIGITS)}`;
  const known = existing.get(ending);
  const weights = key.task_weights === null ? [] : [key.task_weights];
  const values = Object.entries(key.swept ?? {}).map(([name, value]) => `${toFlag(name)}${value}`);
  const tried = values.length === 0 ? [] : [values.join("-").slice(0, MOST_SWEPT_LETTERS)];
  const parts = [key.dataset, key.model, key.method, ...weights, ...tried, `seed${key.seed}`];
  return known ?? `${parts.join("-").replaceAll(/[^\w.-]+/g, "_")}${ending}`;
}

/** Throws `invalid-setting` for two runs that are the same. */
export function requireDistinct(runs: readonly PlannedRun[]): void {
  const known = new Map<string, PlannedRun>();
  for (const run of runs) {
    const same = known.get(run.digest);
    if (same !== undefined) {
      throw new L3MaskingError(
        "invalid-setting",
        `expected different data sets and models, got ${run.dataset} with ${run.model} twice: it equals ${same.dataset} with ${same.model}`,
        { hint: "Name each data set and each model once." },
      );
    }
    known.set(run.digest, run);
  }
}
