/** What decides the result of a training run, and which settings do not. */
import { L3MaskingError } from "../../base/errors.js";
import { sha256 } from "../../base/sha256.js";
import type { RunRecord } from "./run-folder.js";

/** Raised when a run with the same settings gives another result than before. */
const RUN_FORMAT = 1;

/** Digests in config.json of what a run is made from. They stand for the files, wherever those lie. */
const digestNames = [
  "checkpoint_digest",
  "tokenizer_digest",
  "data_digest",
  "unlabelled_digest",
] as const;

type Settings = Readonly<Record<string, unknown>>;

/** Settings that leave a run's result alone, but for rounding, in the runs that `of` names. */
const withoutEffect: readonly {
  readonly names: readonly string[];
  of(settings: Settings): boolean;
}[] = [
  {
    // Where things lie and how the work is cut.
    names: [
      "outputDir",
      "resume",
      "saveSteps",
      "threads",
      "cacheDir",
      "scoringTokens",
      "evalTokens",
      "reportTo",
      "loggingDir",
    ],
    of: () => true,
  },
  {
    // Digests say what came of these, and other settings what the preset stands for.
    names: [
      ...["model", "dataset", "dataDir", "trainFile", "validationFile", "testFile"],
      ...["unlabeledFile", "textColumn", "labelColumn", "splitSeed", "preset"],
    ],
    of: () => true,
  },
  {
    names: [
      ...["taskWeights", "sharedPass"],
      ...["mlmProbability", "selection", "maskReplaceProb", "randomReplaceProb"],
    ],
    of: ({ method }) => method === "stl",
  },
  { names: ["estimator", "calibration", "gamma"], of: ({ method }) => method !== "l3" },
  {
    names: ["auxiliaryWeight"],
    of: ({ method, taskWeights }) => method === "stl" || taskWeights !== "fixed",
  },
  {
    names: [
      ...["metaLearningRate", "devBatchSize", "devHeadSteps", "devHeadLearningRate"],
      ...["devHeadWeightDecay", "devHeadTolerance"],
    ],
    of: ({ method, taskWeights }) => method === "stl" || taskWeights !== "meta",
  },
  {
    names: ["secondStageLearningRate", "secondStageEpochs", "secondStagePatience"],
    of: ({ secondStage }) => secondStage !== true,
  },
  { names: ["numTrainEpochs"], of: ({ maxSteps }) => maxSteps !== undefined },
];

/** The settings and digests that decide a run's result. A setting that no rule names counts. */
export function runIdentity(record: RunRecord): Settings {
  const { settings } = record;
  const idle = new Set(
    withoutEffect.filter(({ of }) => of(settings)).flatMap(({ names }) => names),
  );
  const effective = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && !idle.has(name),
  );
  const digests = digestNames.flatMap((name) =>
    record[name] === undefined ? [] : [[name, record[name]] as const],
  );
  const parts: (readonly [string, unknown])[] = [["format", RUN_FORMAT], ...effective, ...digests];
  return Object.fromEntries(parts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 (hex) of `runIdentity`: equal for runs that give equal results. */
export function runDigest(record: RunRecord): string {
  return sha256([JSON.stringify(runIdentity(record))]);
}

/**
 * Makes sure that the run in a folder may go on as `now`. Throws `invalid-setting` naming the first difference
 * that would change the result.
 */
export function requireSameRun(folder: string, started: RunRecord, now: RunRecord): void {
  const [before, after] = [runIdentity(started), runIdentity(now)];
  const [given, givenNow] = [
    { ...started, ...started.settings },
    { ...now, ...now.settings },
  ];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
    // A setting may count only because of another one, which is then the difference to tell.
    const [was, is] = [JSON.stringify(given[name]), JSON.stringify(givenNow[name])];
    if (was === is) continue;
    throw new L3MaskingError(
      "invalid-setting",
      `expected ${name} to be ${was ?? "absent"}, as the run in ${folder} was started, got ${is ?? "nothing"}`,
      { hint: "Resume with the settings of the run, or start a new one in another folder." },
    );
  }
}
