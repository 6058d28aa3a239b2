/**
 * AdamW with clipped gradient norms as graphs, for any device: one for the norms, and one for the update. They are two, so
 * that the norms can be looked at before anything has changed.
 */
import type { Builder } from "../graph/builder.js";
import type { GraphOutputs, Tensor } from "../graph/graph.js";

/** A weight that the optimizer updates. */
export interface OptimizedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Which share a learning rate and a weight decay. */
  readonly group: string;
  /** Whether the group's weight decay acts on it. */
  readonly decay: boolean;
  /** Whose gradients share a norm. */
  readonly clipGroup: string;
}

/** Names of inputs and outputs; a weight itself is the input of its own name. */
export const optimizerNames = {
  gradient: (name: string) => `gradient.${name}`,
  first: (name: string) => `first.${name}`,
  second: (name: string) => `second.${name}`,
  newWeight: (name: string) => `new.${name}`,
  newFirst: (name: string) => `new.first.${name}`,
  newSecond: (name: string) => `new.second.${name}`,
  maxNorm: (clipGroup: string) => `maxNorm.${clipGroup}`,
  norm: (clipGroup: string) => `norm.${clipGroup}`,
  clip: (clipGroup: string) => `clip.${clipGroup}`,
  rate: (group: string) => `rate.${group}`,
  decay: (group: string) => `decay.${group}`,
  epsilon: "epsilon",
} as const;

/**
 * For each clip group, from the inputs `gradient.NAME` and `maxNorm.CLIP` ([]):
 *
 *     norm.CLIP = sqrt(sum of gradient^2 over the group)
 *     clip.CLIP = min(1, maxNorm / (norm + 1e-6))
 *
 * Both have shape []. Squares are summed in float32: a norm above 1.8e19 comes out as infinite.
 */
export function normGraph(build: Builder, tensors: readonly OptimizedTensor[]): GraphOutputs {
  const outputs: Record<string, Tensor> = {};
  for (const clipGroup of new Set(tensors.map((tensor) => tensor.clipGroup))) {
    const squares = tensors
      .filter((tensor) => tensor.clipGroup === clipGroup)
      .map(({ name, shape }) =>
        build.sumOfSquares(build.input(optimizerNames.gradient(name), "float32", shape)),
      );
    const norm = build.squareRoot(squares.reduce(build.add));
    const maxNorm = build.input(optimizerNames.maxNorm(clipGroup), "float32", []);
    outputs[optimizerNames.norm(clipGroup)] = norm;
    outputs[optimizerNames.clip(clipGroup)] = build.apply("clipFactor", [norm, maxNorm], {})[0];
  }
  return outputs;
}

/** The feed of `maxNorm.CLIP`. Infinity is the largest float32 there, as WebGPU does not promise to compute with infinities. */
export function normLimit(maxNorm: number): Float32Array {
  return Float32Array.of(Math.min(maxNorm, 3.4028234663852886e38));
}

/**
 * One step of AdamW. Inputs NAME, `gradient.NAME`, `first.NAME` and `second.NAME`, of shape [] `clip.CLIP` from `normGraph`, and
 * what `adamwScalars` makes of a step; outputs `new.NAME`, `new.first.NAME` and `new.second.NAME`.
 */
export function adamwGraph(
  build: Builder,
  tensors: readonly OptimizedTensor[],
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): GraphOutputs {
  const outputs: Record<string, Tensor> = {};
  const scalar = (name: string) => build.input(name, "float32", []);
  const one = build.constant([1], []);
  for (const { name, shape, group, decay, clipGroup } of tensors) {
    const [newWeight, newFirst, newSecond] = build.scope(name, () =>
      build.apply(
        "adamw",
        [
          build.input(name, "float32", shape),
          build.input(optimizerNames.gradient(name), "float32", shape),
          build.input(optimizerNames.first(name), "float32", shape),
          build.input(optimizerNames.second(name), "float32", shape),
          scalar(optimizerNames.clip(clipGroup)),
          scalar(optimizerNames.rate(group)),
          decay ? scalar(optimizerNames.decay(group)) : one,
          scalar(optimizerNames.epsilon),
        ],
        { beta1, beta2 },
      ),
    );
    outputs[optimizerNames.newWeight(name)] = newWeight;
    outputs[optimizerNames.newFirst(name)] = newFirst;
    outputs[optimizerNames.newSecond(name)] = newSecond;
  }
  return outputs;
}

/** The settings of AdamW that do not change from step to step. */
export interface AdamwSettings {
  readonly beta1: number;
  readonly beta2: number;
  /** Above 0: it also keeps 0 / 0 out of parameters that have had no gradient. */
  readonly epsilon: number;
}

/** A group's learning rate in this step, and its weight decay. */
export interface GroupRates {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/**
 * The scalar inputs of `adamwGraph` for one step, as numbers to be rounded to float32: with c1 = 1 - beta1^step and
 * c2 = 1 - beta2^step,
 *
 *     rate.GROUP = learningRate * sqrt(c2) / c1
 *     decay.GROUP = 1 - learningRate * weightDecay
 *     epsilon = epsilon * sqrt(c2)
 *
 * @param step number of this update, from 1
 */
export function adamwScalars(
  settings: AdamwSettings,
  groups: Readonly<Record<string, GroupRates>>,
  step: number,
): Record<string, number> {
  const correction1 = 1 - settings.beta1 ** step;
  const root2 = Math.sqrt(1 - settings.beta2 ** step);
  const scalars: Record<string, number> = { [optimizerNames.epsilon]: settings.epsilon * root2 };
  for (const [group, { learningRate, weightDecay }] of Object.entries(groups)) {
    scalars[optimizerNames.rate(group)] = (learningRate * root2) / correction1;
    scalars[optimizerNames.decay(group)] = 1 - learningRate * weightDecay;
  }
  return scalars;
}
