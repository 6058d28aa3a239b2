/**
 * The two models over the encoder: the classifier and the masked language model.
 *
 * Legend: T slots, H hidden size, B texts, C classes, K selected tokens, V vocabulary.
 */
import type { Tensor } from "../engine/graph/graph.js";
import { flatReads, rowQueryInputs } from "./attention.js";
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
      frozenLayers !== undefined && isBelow(parameter.name, frozenLayers, spec)
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
function isBelow(name: string, layers: number, spec: ModelSpec): boolean {
  // The norm after the last layer belongs to it.
  if (name.startsWith("encoder.final_norm.")) return layers === spec.layers;
  const [, layer] = /^encoder\.layer\.(\d+)\./.exec(name) ?? [];
  return layer === undefined || Number(layer) < layers;
}

/** Classification logits [B, C] from the hidden state of each text's first token. Input (int32): `firstSlots` [B]. */
export function classifier(context: ModelContext): Tensor {
  return classificationHead(context, firstHiddenStates(context));
}

/** Hidden states of each text's first token, or their mean [B, H]. Input (int32): `firstSlots` [B]. */
function firstHiddenStates(context: ModelContext): Tensor {
  const first = context.build.input("firstSlots", "int32", ["B"]);
  const reads = context.spec.pooling === "mean" ? undefined : first;
  const read = context.frozenStatesGiven
    ? layersAboveFrozen(context, reads)
    : encoder(context, reads);
  return reads === undefined ? textMeans(context, read, first) : read;
}

/**
 * The mean of the hidden states [T, H] of each text's slots: [B, H]. `first` is a slot of each (int32 [B]). A text is told by its row and
 * its segment in it: row * 4096 + segment is exact in float32 for as many rows. Input (int32): `segments` [R, S].
 */
function textMeans({ build }: ModelContext, hidden: Tensor, first: Tensor): Tensor {
  const segments = build.toFloat(build.input("segments", "int32", ["R", "S"]));
  const rows = build.reshape(build.apply("range", [], { size: "R" })[0], ["R", 1]);
  const labels = build.reshape(build.add(build.scale(rows, 4096), segments), ["R*S", 1]);
  const own = build.gatherRows(labels, first); // [B, 1]
  const distance = build.subtract(own, build.reshape(labels, [1, "R*S"])); // [B, T]
  const isOther = build.isPositive(build.multiply(distance, distance));
  const members = build.subtract(build.fill(1, []), isOther);
  const shares = build.divide(members, build.sum(members, [1], true));
  return build.gemm(shares, hidden);
}

/** As `firstHiddenStates` in evaluation mode, with the inputs of `rowQueryInputs` in place of `firstSlots`. */
export function queriedFirstHiddenStates(context: ModelContext): Tensor {
  const reads = rowQueryInputs(context.build, "B");
  if (context.spec.pooling !== "mean") return encoder(context, reads);
  return textMeans(context, encoder(context), flatReads(context.build, reads));
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
  const { build, spec } = context;
  const readSlots = build.input("readSlots", "int32", ["P"]);
  const isMean = spec.pooling === "mean";
  const all = isMean ? encoder(context) : undefined; // [T, H]
  const read = all === undefined ? encoder(context, readSlots) : build.gatherRows(all, readSlots); // [P, H]
  const rows = (name: string, size: "B" | "K", from = read) =>
    build.gatherRows(from, build.input(name, "int32", [size]));
  const pooled =
    all === undefined
      ? rows("firstRows", "B")
      : textMeans(context, all, rows("firstRows", "B", readSlots));
  return {
    logits: classificationHead(context, pooled),
    maskedTokens: maskedTokenHead(context, rows("targetRows", "K")),
  };
}
