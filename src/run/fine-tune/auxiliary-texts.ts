/** What the auxiliary task reads: the training texts and unlabelled ones, with the mask probabilities of their tokens. */

import type { Runtime } from "../../engine/runtime/runtime.js";
import type { MaskingStrategy } from "../../method/masking/strategies/strategy.js";
import { maskingOf, masksTokens } from "../../method/methods.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import type { Host } from "../host/host.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import { type LoadedModel, type ScoringSettings, scoreEncodings } from "../sources/model.js";
import { type EncodedUnlabelled, loadUnlabelledTexts } from "../sources/unlabelled-texts.js";
import { type MaskProbabilitySettings, type TextMasks, textMasks } from "./text-masks.js";

/** The unlabelled texts for the auxiliary task; none where the method has no such task. */
export async function unlabelledTexts(
  settings: TrainSettings,
  data: EncodedDataset,
  tokenizer: Tokenizer,
  host: Host,
): Promise<EncodedUnlabelled | undefined> {
  const { unlabeledFile: paths, textColumn, maxLength } = settings;
  if (paths === undefined) return undefined;
  if (!masksTokens(settings.method)) {
    const text = `--unlabeled-file has no effect: --method ${settings.method} masks no tokens`;
    host.emit({ type: "notice", level: "warning", text });
    return undefined;
  }
  return loadUnlabelledTexts({ paths, textColumn }, data, maxLength, tokenizer, host);
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
  settings: ScoringSettings & MaskProbabilitySettings,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks> {
  const scored =
    masking.needs === "scores"
      ? await scoreEncodings(model, encodings, settings, runtime, host)
      : undefined;
  const masks = textMasks(masking, encodings, scored?.scores, settings);
  return { ...masks, estimatorReport: scored?.estimatorReport };
}
