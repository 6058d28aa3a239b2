/** What the auxiliary task reads: the training texts and unlabelled ones, with the mask probabilities of their tokens. */

import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { requireWeights } from "../../method/masking/own-strategy.js";
import type { MaskingStrategy } from "../../method/masking/strategies/strategy.js";
import { maskingOf, masksTokens, needsGeneralTexts, OWN } from "../../method/methods.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import type { Host } from "../host/host.js";
import type { TrainSettings } from "../settings/schemas.js";
import { type GeneralTexts, loadGeneralTexts } from "../sources/general-texts.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import {
  auxiliaryEncoder,
  type EncodedUnlabelled,
  loadUnlabelledTexts,
} from "../sources/unlabelled-texts.js";
import type { RunInputs } from "./inputs.js";
import { type NeedSources, neededValues } from "./needed-values.js";
import { type MaskProbabilitySettings, type TextMasks, textMasks } from "./text-masks.js";

/** The unlabelled texts for the auxiliary task; none where the method has no such task. */
export async function unlabelledTexts(
  settings: TrainSettings,
  data: EncodedDataset,
  tokenizer: Tokenizer,
  host: Host,
): Promise<EncodedUnlabelled | undefined> {
  const { unlabeledFile: paths, textColumn, unlabeledUnit: unit, maxLength } = settings;
  const { auxiliarySpacing: spacing } = settings;
  requireAuxiliaryTexts(settings);
  if (paths === undefined) return undefined;
  if (!masksTokens(settings.method)) {
    const text = `--unlabeled-file has no effect: --method ${settings.method} masks no tokens`;
    host.emit({ type: "notice", level: "warning", text });
    return undefined;
  }
  const files = { paths, textColumn, unit, spacing };
  return loadUnlabelledTexts(files, data, maxLength, tokenizer, host);
}

/** The training texts as the auxiliary task reads them. */
export function maskedTexts(
  { method, auxiliarySpacing }: Pick<TrainSettings, "method" | "auxiliarySpacing">,
  { train: { texts }, encodings }: EncodedDataset,
  tokenizer: Tokenizer,
  maxLength: number,
): readonly Encoding[] {
  if (auxiliarySpacing === "original" || !masksTokens(method)) return encodings.train;
  return texts.map(auxiliaryEncoder(auxiliarySpacing, tokenizer, maxLength));
}

/** Throws `invalid-setting` where the auxiliary task is to read unlabelled texts alone, and there are none. */
export function requireAuxiliaryTexts({
  auxiliaryTexts,
  unlabeledFile,
}: Pick<TrainSettings, "auxiliaryTexts" | "unlabeledFile">): void {
  if (auxiliaryTexts === "all" || unlabeledFile !== undefined) return;
  throw new L3MaskingError(
    "invalid-setting",
    "expected --unlabeled-file with --auxiliary-texts unlabeled, got none",
    { hint: "Name a file of texts, or leave --auxiliary-texts out." },
  );
}

/** The general texts that a method holds the texts against; none where it does not. */
export async function generalTexts(
  { generalFile: paths }: Pick<TrainSettings, "generalFile">,
  methods: readonly string[],
  tokenizer: Tokenizer,
  host: Host,
): Promise<GeneralTexts | undefined> {
  return methods.some(needsGeneralTexts) ? loadGeneralTexts(paths, tokenizer, host) : undefined;
}

/** Masks the training texts and the unlabelled ones by the strategy of the run's method. */
export async function runMasks(
  { settings, model, masked, unlabelled, general, own }: RunInputs,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks | undefined> {
  const masking = own?.strategy ?? maskingOf(settings.method);
  const encodings = [...masked, ...(unlabelled?.encodings ?? [])];
  const sources = { model, encodings, general: general?.encodings, settings };
  return masking && maskProbabilities(masking, sources, settings, runtime, host);
}

/** Applies a strategy to texts, once what it needs of their tokens is computed. */
export async function maskProbabilities(
  masking: MaskingStrategy,
  sources: NeedSources,
  settings: MaskProbabilitySettings,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks> {
  const { values, ...found } = await neededValues(masking.needs, sources, runtime, host);
  if (masking.name === OWN) {
    const { tokenizer } = sources.model;
    requireWeights(
      masking,
      sources.encodings,
      values,
      settings.seed,
      masking.title,
      tokenizer.token,
    );
  }
  const { unknown } = sources.model.tokenizer.special;
  return { ...textMasks(masking, sources.encodings, values, settings, unknown), ...found };
}
