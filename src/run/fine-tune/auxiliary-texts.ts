/** What the auxiliary task reads: the training texts and further ones, with the mask probabilities of their tokens. */

import type { Runtime } from "../../engine/runtime/runtime.js";
import type { TokenScores } from "../../method/likelihood/estimators.js";
import { createStrategy } from "../../method/masking/strategy.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import type { Tokenizer } from "../../text/encoding.js";
import type { EstimatorReport, Host } from "../host/host.js";
import type { TrainSettings } from "../settings/train.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import { type LoadedModel, scoreEncodings } from "../sources/model.js";
import { type EncodedUnlabelled, loadUnlabelledTexts } from "../sources/unlabelled-texts.js";

/** Further texts for the auxiliary task, if there are any and there is one. */
export async function unlabelledTexts(
  settings: TrainSettings,
  data: EncodedDataset,
  tokenizer: Tokenizer,
  host: Host,
): Promise<EncodedUnlabelled | undefined> {
  const { unlabeledFile: paths, textColumn, maxLength } = settings;
  if (paths === undefined) return undefined;
  if (settings.method === "stl") {
    const text = "--unlabeled-file is not read: --method stl has no auxiliary task";
    host.emit({ type: "notice", level: "warning", text });
    return undefined;
  }
  return loadUnlabelledTexts({ paths, textColumn }, data, maxLength, tokenizer, host);
}

export interface TextMasks {
  /** m_i of every training text, then of every unlabelled one. */
  readonly probabilities: readonly MaskProbabilities[];
  /** The vanilla model's scores of the same texts; absent for RTM, which needs none. */
  readonly scores?: readonly TokenScores[] | undefined;
  readonly estimatorReport?: EstimatorReport | undefined;
}

/** Uniform for RTM, from the vanilla model's scores for L3Masking. */
export async function maskProbabilities(
  model: LoadedModel,
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
  settings: TrainSettings,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks> {
  const strategy = createStrategy(settings.method === "l3" ? "l3" : "uniform", {
    budget: settings.mlmProbability,
    calibration: settings.calibration,
    exponent: settings.gamma,
  });
  const encodings = [...data.encodings.train, ...(unlabelled?.encodings ?? [])];
  const scored = strategy.needsScores
    ? await scoreEncodings(model, encodings, settings, runtime, host)
    : undefined;
  return {
    probabilities: encodings.map((encoding, text) =>
      strategy.probabilities(encoding, scored?.scores[text]),
    ),
    scores: scored?.scores,
    estimatorReport: scored?.estimatorReport,
  };
}
