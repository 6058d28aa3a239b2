/**
 * Names, shapes, initial values and optimizer groups of everything that is trained.
 *
 * Legend: H hidden size, F intermediate size, V vocabulary, C classes.
 */
import type { Random } from "../base/random.js";

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
  /** It stays as it is in training: no gradient, no optimizer moments. */
  readonly frozen?: true;
}

/** Canonical name of the word embeddings, which the decoder of the masked-LM head shares. */
export const wordEmbeddings = "embeddings.word_embeddings.weight";

/** Parameter values by canonical name. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

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

export function weightParameter(
  name: string,
  shape: readonly number[],
  part: ParameterPart,
): Parameter {
  return { name, shape, part, decay: true, initial: "normal" };
}

export function biasParameter(name: string, size: number, part: ParameterPart): Parameter {
  return { name, shape: [size], part, decay: false, initial: "zeros" };
}

export function linearParameters(
  name: string,
  outputs: number,
  inputs: number,
  part: ParameterPart,
): Parameter[] {
  return [
    weightParameter(`${name}.weight`, [outputs, inputs], part),
    biasParameter(`${name}.bias`, outputs, part),
  ];
}

export function layerNormParameters(name: string, size: number, part: ParameterPart): Parameter[] {
  return [
    { name: `${name}.weight`, shape: [size], part, decay: false, initial: "ones" },
    biasParameter(`${name}.bias`, size, part),
  ];
}
