/** What the encoder and the heads are built of: linear layers, dropout, normalisation. */
import type { Tensor } from "../engine/graph/graph.js";
import type { ModelContext } from "./spec.js";

/** y = scale * (x W^T + b) for parameters `name.weight` [out, in] and `name.bias` [out]. */
export function linear(context: ModelContext, name: string, x: Tensor, scale = 1): Tensor {
  const { build } = context;
  if (context.quantized !== undefined) {
    const { weight, scale: steps } = context.quantized(name);
    const operands = [x, weight, steps, context.weight(`${name}.bias`)];
    const [y] = build.apply("quantizedProduct", operands, {});
    return scale === 1 ? y : build.scale(y, scale);
  }
  const options = { transB: true, alpha: scale };
  return build.gemm(x, context.weight(`${name}.weight`), biasOf(context, name, scale), options);
}

/** y = x W^T for the parameter `name.weight` [out, in] of a layer without biases. */
export function product(context: ModelContext, name: string, x: Tensor): Tensor {
  const { build } = context;
  if (context.quantized === undefined) {
    return build.gemm(x, context.weight(`${name}.weight`), undefined, { transB: true });
  }
  const { weight, scale } = context.quantized(name);
  const operands = [x, weight, scale, build.fill(0, scale.shape)];
  return build.apply("quantizedProduct", operands, {})[0];
}

/** y = scale * (gelu(x) W^T + b). */
export function geluLinear(context: ModelContext, name: string, x: Tensor, scale = 1): Tensor {
  const { build } = context;
  if (context.quantized !== undefined) return linear(context, name, build.gelu(x), scale);
  const operands = [x, context.weight(`${name}.weight`), biasOf(context, name, scale)];
  return build.apply("geluProduct", operands, { alpha: scale })[0];
}

function biasOf(context: ModelContext, name: string, scale: number): Tensor {
  const bias = context.weight(`${name}.bias`);
  return scale === 1 ? bias : context.build.scale(bias, scale);
}

/** dropout(x W^T + b), or of another product: the factor 1/(1-rate) rides on it, where it is free. */
export function linearDropout(
  context: ModelContext,
  name: string,
  x: Tensor,
  product = linear,
): Tensor {
  const { dropout, build } = context;
  if (dropout === undefined || dropout.rate === 0) return product(context, name, x);
  const y = product(context, name, x, 1 / (1 - dropout.rate));
  return build.apply("dropout", [y, dropout.keep(name, y.shape)], {})[0];
}

/** dropout(x) = x * keep / (1-rate) where there is no product to carry the factor. */
export function dropoutAt(
  context: ModelContext,
  site: string,
  x: Tensor,
  rate = context.dropout?.rate,
): Tensor {
  const { dropout, build } = context;
  if (dropout === undefined || rate === undefined || rate === 0) return x;
  const [kept] = build.apply("dropout", [x, dropout.keep(site, x.shape)], {});
  return build.scale(kept, 1 / (1 - rate));
}

/** Layer normalization without a bias. */
export function scaleNorm(context: ModelContext, name: string, x: Tensor): Tensor {
  const { build, spec } = context;
  const weight = context.weight(`${name}.weight`);
  const parameters = [weight, build.fill(0, weight.shape)];
  return build.apply("layerNorm", [x, ...parameters], { epsilon: spec.layerNormEpsilon })[0];
}

export function layerNorm(context: ModelContext, name: string, x: Tensor): Tensor {
  const { build, spec } = context;
  const parameters = [context.weight(`${name}.weight`), context.weight(`${name}.bias`)];
  return build.apply("layerNorm", [x, ...parameters], { epsilon: spec.layerNormEpsilon })[0];
}
