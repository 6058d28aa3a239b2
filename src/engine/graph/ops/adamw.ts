/** What an optimizer step is made of. Nothing here is differentiated: gradients go in. */
import type { TensorType } from "../graph.js";
import type { Nothing, Op } from "../op.js";
import { formatShape } from "../shape.js";
import { mapElements, ndArray, zipElements } from "./ndarray.js";
import { expectEqual, expectRank, expectType } from "./rules.js";

function scalars(tensors: readonly TensorType[]): void {
  for (const tensor of tensors) {
    expectType(tensor, "float32");
    expectRank(tensor, 0);
  }
}

/** min(1, maxNorm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ has it; norm, maxNorm and the result are of shape []. */
export const clipFactor: Op<Nothing> = {
  infer(inputs) {
    scalars(inputs);
    return [{ type: "float32", shape: [] }];
  },
  vjp: "not differentiable",
  evaluate: ([norm, maxNorm]) => [
    ndArray([], [Math.min(1, maxNorm.data[0] / (norm.data[0] + 1e-6))]),
  ],
  onnx(emit, [norm, maxNorm]) {
    const [raised] = emit.node("Add", [norm, emit.scalar(1e-6)]);
    const [ratio] = emit.node("Div", [maxNorm, raised]);
    return emit.node("Min", [ratio, emit.scalar(1)]);
  },
  memory: "fresh",
};

/**
 * One step of AdamW (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019). Inputs weight, gradient, first
 * and second of one shape, and clip, rate, decay and epsilon of shape []; outputs the new weight, first and second:
 *
 *     g = clip * gradient
 *     first' = beta1 * first + (1 - beta1) * g
 *     second' = beta2 * second + (1 - beta2) * g^2
 *     weight' = decay * weight - rate * first' / (sqrt(second') + epsilon)
 *
 * The bias corrections of step t are in the scalars, which cost a device a call each that it would spend on every tensor (Kingma
 * & Ba, "Adam", ICLR 2015, end of section 2): rate = learningRate * sqrt(1 - beta2^t) / (1 - beta1^t),
 * epsilon = epsilon0 * sqrt(1 - beta2^t), decay = 1 - learningRate * weightDecay.
 */
export const adamw: Op<{ readonly beta1: number; readonly beta2: number }> = {
  infer([weight, ...others]) {
    expectType(weight, "float32");
    for (const tensor of others.slice(0, 3)) {
      expectType(tensor, "float32");
      expectEqual("shapes of adamw", formatShape(tensor.shape), formatShape(weight.shape));
    }
    scalars(others.slice(3));
    return [weight, weight, weight];
  },
  vjp: "not differentiable",
  evaluate([weight, gradient, first, second, clip, rate, decay, epsilon], { beta1, beta2 }) {
    const g = mapElements(gradient, (value) => clip.data[0] * value);
    const newFirst = zipElements(first, g, (m, value) => beta1 * m + (1 - beta1) * value);
    const newSecond = zipElements(second, g, (v, value) => beta2 * v + (1 - beta2) * value ** 2);
    const direction = zipElements(
      newFirst,
      newSecond,
      (m, v) => m / (Math.sqrt(v) + epsilon.data[0]),
    );
    const newWeight = zipElements(
      weight,
      direction,
      (w, d) => decay.data[0] * w - rate.data[0] * d,
    );
    return [newWeight, newFirst, newSecond];
  },
  onnx(emit, [weight, gradient, first, second, clip, rate, decay, epsilon], { beta1, beta2 }) {
    const times = (a: string, b: string) => emit.node("Mul", [a, b])[0];
    const plus = (a: string, b: string) => emit.node("Add", [a, b])[0];
    const g = times(gradient, clip);
    const newFirst = plus(times(first, emit.scalar(beta1)), times(g, emit.scalar(1 - beta1)));
    const squares = times(times(g, g), emit.scalar(1 - beta2));
    const newSecond = plus(times(second, emit.scalar(beta2)), squares);
    const [root] = emit.node("Sqrt", [newSecond]);
    const [direction] = emit.node("Div", [newFirst, plus(root, epsilon)]);
    const [newWeight] = emit.node("Sub", [times(weight, decay), times(direction, rate)]);
    return [newWeight, newFirst, newSecond];
  },
  memory: (_, outputs) => ({ places: outputs, scratch: outputs[0] }),
};
