/** What a masking strategy needs of each token, computed from the model and the texts. */
import { L3MaskingError } from "../../base/errors.js";
import { sha256 } from "../../base/sha256.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { TokenScores } from "../../method/likelihood/estimators.js";
import { domainContrasts } from "../../method/masking/domain-contrast.js";
import { tokenFrequencies } from "../../method/masking/frequencies.js";
import type { Need } from "../../method/masking/strategies/strategy.js";
import type { EstimatorReport } from "../../results/records/run-metrics.js";
import type { Encoding } from "../../text/encoding.js";
import { windowsOf } from "../../text/long-texts.js";
import type { Host } from "../host/host.js";
import {
  cachedScores,
  type LoadedModel,
  type ScoringSettings,
  scoreEncodings,
} from "../sources/model.js";
import { type AdaptationSettings, adaptToTexts } from "./adaptation.js";
import { stepsPerEpoch } from "./task-batches.js";
import type { Rescored } from "./text-masks.js";
import { BRIEF_EPOCHS } from "./training-length.js";

export interface NeededValues {
  /** Of each text and token, NaN at special ones; absent where nothing is needed. */
  readonly values?: readonly ArrayLike<number>[];
  /** The vanilla model's scores, where they are what is needed. */
  readonly scores?: readonly TokenScores[];
  readonly estimatorReport?: EstimatorReport | undefined;
  /** How scores by the model under training become values. */
  readonly rescored?: Rescored;
}

/** What they are computed from. */
export interface NeedSources {
  readonly model: LoadedModel;
  readonly encodings: readonly Encoding[];
  /** Absent where no method needs them. */
  readonly general?: readonly Encoding[] | undefined;
  readonly settings: ScoringSettings &
    AdaptationSettings & { readonly adaptationEpochs?: number | undefined };
}

/** What a need stands for. Throws what scoring and adapting throw. */
export async function neededValues(
  need: Need,
  { model, encodings, general, settings }: NeedSources,
  runtime: Runtime,
  host: Host,
): Promise<NeededValues> {
  switch (need) {
    case "nothing":
      return {};
    case "frequencies":
      return { values: tokenFrequencies(encodings) };
    case "contrasts":
      return { values: domainContrasts(encodings, general ?? missing()) };
    case "scores": {
      const scored = await scoreEncodings(model, encodings, settings, runtime, host);
      return {
        ...scored,
        values: scored.scores,
        rescored: { of: "the token", toValues: asTheyAre },
      };
    }
    case "entropies": {
      const scoring = [model, encodings, settings, runtime, host, "any token"] as const;
      const { scores, estimatorReport } = await scoreEncodings(...scoring);
      const toValues: Rescored["toValues"] = (expected) =>
        expected.map((text) => text.map((score) => -score));
      return { values: toValues(scores), estimatorReport, rescored: { of: "any token", toValues } };
    }
    case "excess": {
      const { scores, estimatorReport } = await scoreEncodings(
        model,
        encodings,
        settings,
        runtime,
        host,
      );
      const adapted = await adaptedScores(model, encodings, settings, runtime, host);
      const toValues: Rescored["toValues"] = (present) =>
        present.map((text, index) => text.map((score, token) => adapted[index][token] - score));
      return { values: toValues(scores), estimatorReport, rescored: { of: "the token", toValues } };
    }
  }
}

const asTheyAre: Rescored["toValues"] = (scores) => scores;

/** Of the adaptation that tells what can be learned: the same for all runs, whatever their seed. */
const ADAPTATION_SEED = 0;

/**
 * Token scores of the texts under a copy of the model that was adapted to them. They are cached like those of the model itself, under a
 * digest of all that decides the adaptation, so that it is repeated only where a score is missing.
 */
async function adaptedScores(
  model: LoadedModel,
  encodings: readonly Encoding[],
  given: NeedSources["settings"],
  runtime: Runtime,
  host: Host,
): Promise<readonly TokenScores[]> {
  const settings = { ...given, seed: ADAPTATION_SEED, freezeLayers: undefined };
  const { adaptationEpochs = BRIEF_EPOCHS } = settings;
  const perEpoch = stepsPerEpoch(encodings.flatMap(windowsOf).length, settings);
  const steps = adaptationEpochs * perEpoch;
  const digest = adaptedDigest(model, encodings, steps, settings);
  const adapt = async () => {
    const text = `adapting a copy of the model to the texts in ${steps} steps, to tell what can be learned from them`;
    host.emit({ type: "notice", level: "info", text });
    return (await adaptToTexts(model, encodings, steps, settings, host, runtime, host)).values;
  };
  const adapted = { ...model, digest, weights: adapt };
  const known = await cachedScores(adapted, encodings, settings, host);
  if (known !== undefined) return known;
  return (await scoreEncodings(adapted, encodings, settings, runtime, host)).scores;
}

/** SHA-256 (hex) of what decides the weights of an adapted copy. */
function adaptedDigest(
  { digest, tokenizer }: Pick<LoadedModel, "digest" | "tokenizer">,
  encodings: readonly Encoding[],
  steps: number,
  settings: AdaptationSettings,
): string {
  const { batchSize, gradientAccumulationSteps, accumulation, lrSchedulerType, selection } =
    settings;
  const { learningRate, weightDecay, maxGradNorm, warmupRatio, mlmProbability } = settings;
  const { maskReplaceProb, randomReplaceProb } = settings;
  const deciding = [
    ...[digest, tokenizer.digest, steps, batchSize, gradientAccumulationSteps, accumulation],
    ...[lrSchedulerType, selection, learningRate, weightDecay, maxGradNorm, warmupRatio],
    ...[mlmProbability, maskReplaceProb, randomReplaceProb],
  ];
  const texts = encodings.map(({ ids, wordIds }) => `\n${ids.join(",")} ${wordIds.join(",")}`);
  return sha256([JSON.stringify(deciding), ...texts]);
}

function missing(): never {
  throw new L3MaskingError(
    "missing-setting",
    "expected general texts for domain contrasts, got none",
    {
      hint: "Name a file of general text after --general-file.",
    },
  );
}
