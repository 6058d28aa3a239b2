/** What pretraining starts from: a tokenizer, and a model to go on from or a new one; and the texts. */
import { L3MaskingError } from "../../base/errors.js";
import { randomStream } from "../../base/random.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { firstPosition } from "../../model/checkpoint/config.js";
import { familyForTokenizer } from "../../model/families/families.js";
import type { ParameterValues } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import { basename, dirname, join } from "../../platform/paths.js";
import type { ModelOrigin } from "../../results/records/run-record.js";
import type { Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import type { Host } from "../host/host.js";
import type { PretrainSettings } from "../settings/schemas.js";
import { SHIPPED_MODEL } from "../settings/shipped-model.js";
import { readModel } from "../sources/located-model.js";
import { loadModel } from "../sources/model.js";
import { longestRow, requireTokenizerFits } from "../sources/model-facts.js";
import { setFirstValues } from "./first-values.js";
import { readingWatch, readTokenStream, type TokenStream } from "./token-stream.js";

export interface StartingPoint {
  readonly spec: ModelSpec;
  readonly tokenizer: Tokenizer;
  readonly values: ParameterValues;
  /** Where a model to go on from came from, if it was named as on the hub. */
  readonly origin?: ModelOrigin | undefined;
}

/** A checkpoint to go on from, or a new model of the size asked for. */
export async function startingPoint(
  settings: PretrainSettings,
  host: Host,
): Promise<StartingPoint> {
  const name = settings.tokenizer ?? settings.model ?? SHIPPED_MODEL;
  const isFile = basename(name) === "tokenizer.json";
  const tokenizer = isFile
    ? await loadTokenizer(dirname(name))
    : await readModel(name, "tokenizer", host, ({ folder }) => loadTokenizer(folder));
  if (settings.model !== undefined) {
    const { spec, weights, folder, origin } = await loadModel(settings.model, host);
    requireTokenizerFits(tokenizer, spec, join(folder, "config.json"));
    const checked = checkedLengths(spec, settings);
    return { spec: checked, tokenizer, values: await weights(), origin };
  }
  const { pad, first } = tokenizer.special;
  const family = familyForTokenizer(tokenizer.token(first), tokenizer.spelling);
  const start = firstPosition(family, pad);
  const spec: ModelSpec = {
    family,
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: settings.hiddenSize,
    layers: settings.numHiddenLayers,
    heads: settings.numAttentionHeads,
    intermediateSize: settings.intermediateSize ?? 4 * settings.hiddenSize,
    maxPositions: settings.maxPositions + start,
    ...family.newModel,
    hiddenDropout: 0.1,
    attentionDropout: 0.1,
    initializerRange: 0.02,
    padId: pad,
    firstPosition: start,
    labels: undefined,
  };
  if (spec.hiddenSize % spec.heads !== 0) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a hidden size divisible by the ${spec.heads} attention heads, got ${spec.hiddenSize}`,
      { hint: "Change --hidden-size or --num-attention-heads." },
    );
  }
  return { spec: checkedLengths(spec, settings), tokenizer, values: new Map() };
}

function checkedLengths(spec: ModelSpec, { maxLength, shortLength }: PretrainSettings): ModelSpec {
  const longest = Math.max(maxLength, shortLength);
  if (longest <= longestRow(spec)) return spec;
  throw new L3MaskingError(
    "invalid-setting",
    `expected lengths of at most ${longestRow(spec)} tokens, got ${longest}`,
    { hint: "Lower --max-length, or raise --max-positions for a new model." },
  );
}

/** The texts as tokens; the validation text is absent where none is named. */
export interface PretrainingTexts {
  readonly stream: TokenStream;
  readonly validation: TokenStream | undefined;
}

/** Reads the texts. Throws what `readTokenStream` throws. */
export async function readTexts(
  { text, validationText }: PretrainSettings,
  tokenizer: Tokenizer,
  host: Host,
): Promise<PretrainingTexts> {
  const stream = await readTokenStream(text, tokenizer, readingWatch(host));
  const validation =
    validationText === undefined ? undefined : await readTokenStream([validationText], tokenizer);
  const size = `${stream.ids.length} tokens in ${stream.documents} documents`;
  host.emit({ type: "notice", level: "info", text: `text: ${size}` });
  return { stream, validation };
}

/** Gives a new model first values that follow from counts over the text. */
export function setValuesFromText(
  store: ParameterStore,
  { spec, tokenizer }: StartingPoint,
  { ids }: TokenStream,
  { initialization, seed }: PretrainSettings,
  runtime: Runtime,
  host: Host,
): Promise<void> {
  const text = { ids, maskId: tokenizer.special.mask, specialIds: tokenizer.specialIds };
  const random = randomStream(seed, "first-values");
  return setFirstValues(initialization, store.weight, spec, text, runtime, random, (done, total) =>
    host.emit({ type: "progress", task: "counting", done, total, unit: "steps" }),
  );
}
