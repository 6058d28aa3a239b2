/**
 * Names, shapes, initial values and optimizer groups of everything that is trained.
 *
 * Legend: H hidden size, F intermediate size, V vocabulary, C classes.
 */
import type { Random } from "../base/random.js";
import type { ModelSpec } from "./spec.js";

/** Which optimizer group a parameter belongs to. */
export type ParameterPart = "body" | "mlm-head" | "classification-head";

/** One trainable tensor. */
export interface Parameter {
  /**
   * Canonical name. Body: the Hugging Face name without the family prefix
   * (`encoder.layer.0.attention.self.query.weight`). Heads: `mlm.…` and `classification.…`.
   */
  readonly name: string;
  /** Row-major; linear weights are [out, in]. */
  readonly shape: readonly number[];
  readonly part: ParameterPart;
  /** False for biases and LayerNorm parameters, which weight decay leaves alone. */
  readonly decay: boolean;
  readonly initial: "normal" | "zeros" | "ones";
}

/** Canonical name of the word embeddings, which the decoder of the masked-LM head shares. */
export const wordEmbeddings = "embeddings.word_embeddings.weight";

/** Parameter values by canonical name. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

/** The encoder: embeddings and transformer layers. */
export function bodyParameters(spec: ModelSpec): Parameter[] {
  const { hiddenSize: H, intermediateSize: F } = spec;
  const layers = Array.from({ length: spec.layers }, (_, i) => {
    const layer = `encoder.layer.${i}`;
    return [
      ...linear(`${layer}.attention.self.query`, H, H, "body"),
      ...linear(`${layer}.attention.self.key`, H, H, "body"),
      ...linear(`${layer}.attention.self.value`, H, H, "body"),
      ...linear(`${layer}.attention.output.dense`, H, H, "body"),
      ...layerNorm(`${layer}.attention.output.LayerNorm`, H, "body"),
      ...linear(`${layer}.intermediate.dense`, F, H, "body"),
      ...linear(`${layer}.output.dense`, H, F, "body"),
      ...layerNorm(`${layer}.output.LayerNorm`, H, "body"),
    ];
  });
  return [
    weight(wordEmbeddings, [spec.vocabularySize, H], "body"),
    weight("embeddings.position_embeddings.weight", [spec.maxPositions, H], "body"),
    weight("embeddings.token_type_embeddings.weight", [spec.typeVocabularySize, H], "body"),
    ...layerNorm("embeddings.LayerNorm", H, "body"),
    ...layers.flat(),
  ];
}

/** The masked-LM head; its decoder is tied to the word embeddings. */
export function mlmHeadParameters(spec: ModelSpec): Parameter[] {
  return [
    ...linear("mlm.dense", spec.hiddenSize, spec.hiddenSize, "mlm-head"),
    ...layerNorm("mlm.layer_norm", spec.hiddenSize, "mlm-head"),
    bias("mlm.bias", spec.vocabularySize, "mlm-head"),
  ];
}

/** The classification head: dense(H) with tanh, then dense(C). */
export function classificationHeadParameters(spec: ModelSpec, classes: number): Parameter[] {
  return [
    ...linear("classification.dense", spec.hiddenSize, spec.hiddenSize, "classification-head"),
    ...linear("classification.out", classes, spec.hiddenSize, "classification-head"),
  ];
}

/** Number of elements of a parameter. */
export function elementCount(parameter: Pick<Parameter, "shape">): number {
  return parameter.shape.reduce((product, size) => product * size, 1);
}

/** Writes a parameter's initial value: N(0, range^2), zeros or ones. */
export function initialize(
  parameter: Parameter,
  target: Float32Array,
  initializerRange: number,
  random: Random,
): void {
  if (parameter.initial !== "normal") {
    target.fill(parameter.initial === "ones" ? 1 : 0);
    return;
  }
  const stream = random.split(parameter.name);
  for (let i = 0; i < target.length; i++) target[i] = stream.normal() * initializerRange;
}

function weight(name: string, shape: readonly number[], part: ParameterPart): Parameter {
  return { name, shape, part, decay: true, initial: "normal" };
}

function bias(name: string, size: number, part: ParameterPart): Parameter {
  return { name, shape: [size], part, decay: false, initial: "zeros" };
}

function linear(name: string, outputs: number, inputs: number, part: ParameterPart): Parameter[] {
  return [weight(`${name}.weight`, [outputs, inputs], part), bias(`${name}.bias`, outputs, part)];
}

function layerNorm(name: string, size: number, part: ParameterPart): Parameter[] {
  return [
    { name: `${name}.weight`, shape: [size], part, decay: false, initial: "ones" },
    bias(`${name}.bias`, size, part),
  ];
}
