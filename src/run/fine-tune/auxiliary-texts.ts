/** What the auxiliary task reads: the training texts and unlabelled ones, with the mask probabilities of their tokens. */

import { randomStream } from "../../base/random.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { TokenScores } from "../../method/likelihood/estimators.js";
import { tokenFrequencies } from "../../method/masking/frequencies.js";
import { exponentThatMoves } from "../../method/masking/moved.js";
import { createStrategy, uniformProbabilities } from "../../method/masking/probabilities.js";
import type { MaskingStrategy } from "../../method/masking/strategies/strategy.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import { hasAuxiliaryTask, maskingOf } from "../../method/methods.js";
import type { EstimatorReport } from "../../results/records/run-metrics.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import type { Host } from "../host/host.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import { type LoadedModel, type ScoringSettings, scoreEncodings } from "../sources/model.js";
import { type EncodedUnlabelled, loadUnlabelledTexts } from "../sources/unlabelled-texts.js";

/** The unlabelled texts for the auxiliary task; none where the method has no such task. */
export async function unlabelledTexts(
  settings: TrainSettings,
  data: EncodedDataset,
  tokenizer: Tokenizer,
  host: Host,
): Promise<EncodedUnlabelled | undefined> {
  const { unlabeledFile: paths, textColumn, maxLength } = settings;
  if (paths === undefined) return undefined;
  if (!hasAuxiliaryTask(settings.method)) {
    const text = `--unlabeled-file has no effect: --method ${settings.method} has no auxiliary task`;
    host.emit({ type: "notice", level: "warning", text });
    return undefined;
  }
  return loadUnlabelledTexts({ paths, textColumn }, data, maxLength, tokenizer, host);
}

type MaskProbabilitySettings = ScoringSettings &
  Pick<TrainSettings, "mlmProbability" | "calibration" | "gamma" | "movedShare" | "seed">;

export interface TextMasks {
  /** Name of the strategy. */
  readonly strategy: string;
  /** The exponent of its weights: as it was set, or for the share of the budget that was asked for. */
  readonly gamma: number;
  /** m_i of every training text, then of every unlabelled one. */
  readonly probabilities: readonly MaskProbabilities[];
  /** The vanilla model's scores of the same texts; absent where the strategy needs none. */
  readonly scores?: readonly TokenScores[] | undefined;
  readonly estimatorReport?: EstimatorReport | undefined;
}

/** Masks the training texts and the unlabelled ones by the strategy of the run's method. */
export async function runMasks(
  model: LoadedModel,
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
  settings: TrainSettings,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks | undefined> {
  const masking = maskingOf(settings.method);
  const encodings = [...data.encodings.train, ...(unlabelled?.encodings ?? [])];
  return masking && maskProbabilities(masking, model, encodings, settings, runtime, host);
}

/** Applies a strategy to texts; where it needs to, the vanilla model scores them first, or their tokens are counted. */
export async function maskProbabilities(
  masking: MaskingStrategy,
  model: LoadedModel,
  encodings: readonly Encoding[],
  settings: MaskProbabilitySettings,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks> {
  const scored =
    masking.needs === "scores"
      ? await scoreEncodings(model, encodings, settings, runtime, host)
      : undefined;
  const values = masking.needs === "frequencies" ? tokenFrequencies(encodings) : scored?.scores;
  const { mlmProbability: budget, calibration, movedShare, seed } = settings;
  const masksOf = (exponent: number) => {
    const { probabilities } = createStrategy(masking.name, { budget, calibration, exponent });
    return encodings.map((encoding, text) =>
      probabilities(encoding, values?.[text], randomStream(seed, masking.name, text)),
    );
  };
  const uniform = () => encodings.map((encoding) => uniformProbabilities(encoding, budget));
  const gamma =
    movedShare === undefined || masking.needs === "nothing"
      ? settings.gamma
      : exponentThatMoves(movedShare, masksOf, uniform());
  return {
    strategy: masking.name,
    gamma,
    probabilities: masksOf(gamma),
    scores: scored?.scores,
    estimatorReport: scored?.estimatorReport,
  };
}
