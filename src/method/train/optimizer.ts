/**
 * AdamW with clipped gradient norms over a parameter store.
 *
 * Reference: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019; settings
 * named as in torch.optim.AdamW, clipping as in torch.nn.utils.clip_grad_norm_.
 *
 * Departs from PyTorch in moments below 2^-112 (2e-34), which become 0: subnormal numbers would
 * slow the step down many times.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { AdamwSettings } from "../../engine/optimizer/optimizer-graph.js";
import type { Parameter, ParameterPart } from "../../model/parameters.js";
import type { ParameterStore, Region } from "./parameter-store.js";

/** Parameters whose gradients share one norm; the same name means the same clip group. */
export interface ClipGroup {
  readonly name: string;
  /** The largest global L2 norm let through; Infinity measures without clipping. */
  readonly maxNorm: number;
}

/** Parts of the model that share a learning rate, a weight decay and a clip group. */
export interface OptimizerGroup {
  readonly parts: readonly ParameterPart[];
  /** The rate of this step: the base rate times the schedule's factor. */
  readonly learningRate: number;
  /** Applied where a parameter's `decay` is true. */
  readonly weightDecay: number;
  readonly clip: ClipGroup;
}

/** The settings of the published experiments. */
export const publishedAdamwSettings = {
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
} as const satisfies AdamwSettings;

/** What one kernel call needs: a group, and whether weight decay acts. */
interface Treatment {
  readonly group: OptimizerGroup;
  readonly weightDecay: number;
}

/**
 * Updates every parameter of the groups' parts by its gradient and sets the gradient to 0.
 * Parameters of other parts stay as they are, and so do their gradients.
 *
 *     scale = min(1, maxNorm / (norm + 1e-6)),   norm = L2 norm over the clip group
 *     g = scale * gradient
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     w = (1 - learningRate weightDecay) w
 *         - learningRate / (1 - beta1^step) * m / (sqrt(v / (1 - beta2^step)) + epsilon)
 *
 * @param step number of this update, **from 1** (the schedule counts from 0): it sets the bias correction
 * @param diverged the error to throw for a norm that is not finite, from what was expected and got
 * @returns the gradient norm of each clip group before clipping
 *
 * Throws `training-diverged` if a norm is not finite, before anything has changed, and
 * `invalid-setting` for settings out of range, a part in two groups, or a group without parameters.
 */
export function adamwStep(
  store: ParameterStore,
  groups: readonly OptimizerGroup[],
  settings: AdamwSettings,
  step: number,
  diverged: (what: string) => L3MaskingError = (what) => divergence(`${what} at update ${step}`),
): ReadonlyMap<string, number> {
  checkSettings(settings, step);
  const treatmentOf = assignTreatments(store.parameters, groups);
  const regions = store.regions(treatmentOf);
  const norms = gradientNorms(regions);
  for (const [name, norm] of norms) {
    if (!Number.isFinite(norm)) {
      throw diverged(nonFiniteNorm(name, norm, firstNotFinite(store, regions, name)));
    }
  }
  const correction1 = 1 - settings.beta1 ** step;
  const correction2 = 1 - settings.beta2 ** step;
  for (const region of regions) {
    const { group, weightDecay } = region.key;
    region.kernels.adamw(
      region.offset("weight"),
      region.offset("gradient"),
      region.offset("first"),
      region.offset("second"),
      region.moments,
      region.count,
      group.learningRate,
      settings.beta1,
      settings.beta2,
      settings.epsilon,
      weightDecay,
      correction1,
      correction2,
      clipCoefficient(norms.get(group.clip.name) ?? 0, group.clip.maxNorm),
    );
  }
  return norms;
}

/** min(1, maxNorm / (norm + 1e-6)): the factor that brings a gradient's norm down to maxNorm. */
export function clipCoefficient(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}

/**
 * Each parameter's treatment: one object per (group, weight decay), so that equal treatment is
 * identity.
 */
export function assignTreatments(
  parameters: readonly Parameter[],
  groups: readonly OptimizerGroup[],
): (parameter: Parameter) => Treatment | undefined {
  const byPart = new Map<ParameterPart, { decayed: Treatment; plain: Treatment }>();
  const maxNorms = new Map<string, number>();
  for (const group of groups) {
    checkGroup(group, parameters, maxNorms);
    const treatments = {
      decayed: { group, weightDecay: group.weightDecay },
      plain: { group, weightDecay: 0 },
    };
    for (const part of group.parts) {
      if (byPart.has(part)) {
        throw invalid(
          `expected each part in one optimizer group, got "${part}" in two`,
          "Remove one.",
        );
      }
      byPart.set(part, treatments);
    }
  }
  return ({ part, decay }) => (decay ? byPart.get(part)?.decayed : byPart.get(part)?.plain);
}

/** The L2 norm of the gradients of each clip group, summed in float64. */
function gradientNorms(regions: readonly (Region & { key: Treatment })[]): Map<string, number> {
  const squares = new Map<string, number>();
  for (const { key, kernels, offset, count } of regions) {
    const { name } = key.group.clip;
    const sum = kernels.sumOfSquares(offset("gradient"), count);
    squares.set(name, (squares.get(name) ?? 0) + sum);
  }
  return new Map([...squares].map(([name, sum]) => [name, Math.sqrt(sum)]));
}

export function checkSettings({ beta1, beta2, epsilon }: AdamwSettings, step: number): void {
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) {
      throw invalid(
        `expected AdamW's ${name} in [0, 1), got ${beta}`,
        "Use 0.9 and 0.98, as published.",
      );
    }
  }
  // The kernel rounds it to float32, where it must still keep 0 / 0 out of the padding.
  if (!(Math.fround(epsilon) > 0 && Number.isFinite(epsilon))) {
    throw invalid(`expected AdamW's epsilon above 0, got ${epsilon}`, "Use 1e-6, as published.");
  }
  if (!Number.isInteger(step) || step < 1) {
    throw invalid(
      `expected AdamW's step to be 1 or more, got ${step}`,
      "Pass the update's number.",
    );
  }
}

function checkGroup(
  group: OptimizerGroup,
  parameters: readonly Parameter[],
  maxNorms: Map<string, number>,
): void {
  const { parts, learningRate, weightDecay, clip } = group;
  const where = `the optimizer group of ${parts.join(", ") || "no parts"}`;
  for (const [name, value] of Object.entries({ learningRate, weightDecay })) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw invalid(
        `expected a ${name} of at least 0 for ${where}, got ${value}`,
        `Correct ${name}.`,
      );
    }
  }
  if (!(clip.maxNorm > 0)) {
    throw invalid(
      `expected a clip norm above 0 for ${where}, got ${clip.maxNorm}`,
      "Use Infinity to leave gradients unclipped.",
    );
  }
  const known = maxNorms.get(clip.name);
  if (known !== undefined && known !== clip.maxNorm) {
    throw invalid(
      `expected one norm for the clip group "${clip.name}", got ${known} and ${clip.maxNorm}`,
      "Give the groups equal norms or different clip groups.",
    );
  }
  maxNorms.set(clip.name, clip.maxNorm);
  if (!parameters.some(({ part }) => parts.includes(part))) {
    throw invalid(`expected parameters of the store in ${where}, got none`, "Leave the group out.");
  }
}

/** The first parameter of a clip group with a gradient that is not finite. */
function firstNotFinite(
  store: ParameterStore,
  regions: readonly (Region & { key: Treatment })[],
  clipName: string,
): string | undefined {
  return regions
    .filter(({ key }) => key.group.clip.name === clipName)
    .flatMap(({ parameters }) => parameters)
    .find(({ name }) => !store.gradient(name).every(Number.isFinite))?.name;
}

/** What is wrong with the norm of a clip group, and the first parameter that it comes from. */
export function nonFiniteNorm(
  clipName: string,
  norm: number,
  parameter: string | undefined,
): string {
  const where = parameter === undefined ? "" : `, first in "${parameter}"`;
  return `expected a finite gradient norm in clip group "${clipName}", got ${norm}${where}`;
}

/** A norm is not finite where no caller says more of it. */
export function divergence(message: string): L3MaskingError {
  return new L3MaskingError("training-diverged", message, {
    hint: "Lower the learning rate or lengthen the warm-up.",
  });
}

function invalid(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("invalid-setting", message, { hint });
}
