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
import type { Candidate } from "../../results/records/paired-comparison.js";
import { runDigest } from "../../run/folder/run-identity.js";
import {
  type CompareSettings,
  handedOn,
  resolveSettings,
  type TrainSettings,
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

export interface PlannedRun extends RunKey {
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

/**
 * All runs in the order data set, model, candidate, seed. `threads` is for each run; `existing` are the names of the
 * run folders there are: a run keeps its folder when a data set or model is called otherwise.
 *
 * Throws `invalid-setting` if two runs would be the same, as for one data set named twice.
 */
export function plannedRuns(
  settings: CompareSettings,
  { sources, datasets, models, unlabelledDigest, generalDigest, strategyDigest }: RunInputs,
  threads: number,
  existing: readonly string[],
): PlannedRun[] {
  const seeds = seedList(settings.seeds);
  const known = new Map(existing.map((name) => [endingOf(name), name]));
  const runs = sources.flatMap((source, index) =>
    models.flatMap(({ name: model, folder: modelFolder, checkpoint_digest, tokenizer_digest }) =>
      candidates(settings).flatMap((candidate) =>
        seeds.map((seed): PlannedRun => {
          const { method, task_weights } = candidate;
          const key = { dataset: source.name, model, method, task_weights, seed };
          const train = trainSettings(settings, source, modelFolder, candidate, seed);
          const inputs = {
            ...((!isLinear(method) || readsEmbeddings(method)) && {
              checkpoint_digest,
              tokenizer_digest,
            }),
            data_digest: datasets[index].digest,
            ...(masksTokens(candidate.method) &&
              unlabelledDigest !== undefined && { unlabelled_digest: unlabelledDigest }),
            ...(needsGeneralTexts(candidate.method) &&
              generalDigest !== undefined && { general_digest: generalDigest }),
            ...(candidate.method === OWN &&
              strategyDigest !== undefined && { strategy_digest: strategyDigest }),
          };
          const runIdentity = runDigest({ settings: train, ...inputs });
          const folder = `runs/${folderName(key, runIdentity, known)}`;
          return {
            ...key,
            digest: runIdentity,
            folder,
            settings: { ...train, threads },
            inputs,
          };
        }),
      ),
    ),
  );
  requireDistinct(runs);
  return runs;
}

/** The settings of one run: those that all share, and its place among the others. */
function trainSettings(
  settings: CompareSettings,
  { trainFile, validationFile, testFile }: DatasetSource,
  model: string,
  { method, taskWeights }: CandidateSettings,
  seed: number,
): TrainSettings {
  const all: Readonly<Record<string, unknown>> = settings;
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

function folderName(key: RunKey, digest: string, existing: ReadonlyMap<string, string>): string {
  const ending = `-${digest.slice(0, DIGEST_DIGITS)}`;
  const known = existing.get(ending);
  const weights = key.task_weights === null ? [] : [key.task_weights];
  const parts = [key.dataset, key.model, key.method, ...weights, `seed${key.seed}`];
  return known ?? `${parts.join("-").replaceAll(/[^\w.-]+/g, "_")}${ending}`;
}

function requireDistinct(runs: readonly PlannedRun[]): void {
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
