/**
 * The two models over the encoder: the classifier and the masked language model.
 *
 * Legend: T slots, H hidden size, B texts, C classes, K selected tokens, V vocabulary.
 */
import type { Tensor } from "../engine/graph/graph.js";
import { rowQueryInputs } from "./attention.js";
import { distinctTokenEncoder, encoder, layersAboveFrozen } from "./encoder.js";
import { linear } from "./layers.js";
import { type Parameter, wordEmbeddings } from "./parameters.js";
import type { ModelContext, ModelSpec } from "./spec.js";

/** Which heads a model has beside its body; none where absent. */
export interface ModelHeads {
  readonly mlmHead?: boolean;
  /** Classes of the classification head; 0 for no such head. */
  readonly classes?: number;
  /** How many of the first layers are frozen, together with the embeddings; nothing is where absent. */
  readonly frozenLayers?: number | undefined;
}

/** The parameters of the body and of the heads named. */
export function modelParameters(
  spec: ModelSpec,
  { mlmHead = false, classes = 0, frozenLayers }: ModelHeads,
): Parameter[] {
  const { family } = spec;
  const body = family
    .bodyParameters(spec)
    .map((parameter) =>
      frozenLayers !== undefined && isBelow(parameter.name, frozenLayers)
        ? { ...parameter, frozen: true as const }
        : parameter,
    );
  return [
    ...body,
    ...(mlmHead ? family.mlmHeadParameters(spec) : []),
    ...(classes > 0 ? family.classificationHeadParameters(spec, classes) : []),
  ];
}

/** Does a parameter of the body belong to the embeddings or to one of the first layers? */
function isBelow(name: string, layers: number): boolean {
  const [, layer] = /^encoder\.layer\.(\d+)\./.exec(name) ?? [];
  return layer === undefined || Number(layer) < layers;
}

/** Classification logits [B, C] from the hidden state of each text's first token. Input (int32): `firstSlots` [B]. */
export function classifier(context: ModelContext): Tensor {
  return classificationHead(context, firstHiddenStates(context));
}

/** Hidden states of each text's first token [B, H]. Input (int32): `firstSlots` [B]. */
function firstHiddenStates(context: ModelContext): Tensor {
  const first = context.build.input("firstSlots", "int32", ["B"]);
  return context.frozenStatesGiven ? layersAboveFrozen(context, first) : encoder(context, first);
}

/** As `firstHiddenStates` in evaluation mode, with the inputs of `rowQueryInputs` in place of `firstSlots`. */
export function queriedFirstHiddenStates(context: ModelContext): Tensor {
  return encoder(context, rowQueryInputs(context.build, "B"));
}

/** The head alone: hidden states of the first tokens [B, H] -> logits [B, C]. */
export function classificationHead(context: ModelContext, first: Tensor): Tensor {
  const { build, spec } = context;
  return build.scope("classification-head", () =>
    linear(context, "classification.out", spec.family.classificationFeatures(context, first)),
  );
}

/** What the last layer of the head reads [B, H], with inputs as of `queriedFirstHiddenStates`. */
export function queriedHeadFeatures(context: ModelContext): Tensor {
  return context.spec.family.classificationFeatures(context, queriedFirstHiddenStates(context));
}

export interface MaskedTokenOutputs {
  /** -log P(label) of each selected token, in nats. */
  readonly nll: Tensor; // [K]
  /** P(v) of every token v of the vocabulary. */
  readonly probabilities: Tensor; // [K, V]
  /** 1 where the label is the most likely token. */
  readonly correct: Tensor; // [K]
}

/**
 * The masked language model at selected tokens: encoder, the family's transform, decoder tied to the word
 * embeddings. Only the selected rows are decoded. Inputs (int32): `targetSlots` [K], `targetIds` [K].
 */
export function maskedLanguageModel(context: ModelContext): MaskedTokenOutputs {
  const selected = encoder(context, context.build.input("targetSlots", "int32", ["K"]));
  return maskedTokenHead(context, selected);
}

/**
 * As `maskedLanguageModel` in evaluation mode, for masked copies of texts: with the inputs of `rowQueryInputs` in place of
 * `targetSlots`, and those of `distinctTokenEncoder`.
 */
export function maskedCopiesLanguageModel(context: ModelContext): MaskedTokenOutputs {
  const reads = rowQueryInputs(context.build, "K");
  return maskedTokenHead(context, distinctTokenEncoder(context, reads));
}

/** The head alone: hidden states of the selected tokens [K, H]. Input (int32): `targetIds` [K]. */
function maskedTokenHead(context: ModelContext, selected: Tensor): MaskedTokenOutputs {
  const { build, spec } = context;
  return build.scope("mlm-head", () => {
    const labels = build.input("targetIds", "int32", ["K"]);
    const transformed = spec.family.mlmTransform(context, selected); // [K, E]
    const decoder = context.weight(wordEmbeddings); // [V, E]
    const operands = [transformed, decoder, context.weight("mlm.bias"), labels];
    const [nll, probabilities, correct] = build.apply("decoderCrossEntropy", operands, {});
    return { nll, probabilities, correct };
  });
}

/**
 * Both models over one pass of the encoder. Inputs (int32): `readSlots` [P], the slots whose hidden states are read;
 * `firstRows` [B] and `targetRows` [K], which of those are the texts' first ones and which the selected ones;
 * `targetIds` [K].
 */
export function bothModels(context: ModelContext): {
  readonly logits: Tensor; // [B, C]
  readonly maskedTokens: MaskedTokenOutputs;
} {
  const { build } = context;
  const read = encoder(context, build.input("readSlots", "int32", ["P"])); // [P, H]
  const rows = (name: string, size: "B" | "K") =>
    build.gatherRows(read, build.input(name, "int32", [size]));
  return {
    logits: classificationHead(context, rows("firstRows", "B")),
    maskedTokens: maskedTokenHead(context, rows("targetRows", "K")),
  };
}
