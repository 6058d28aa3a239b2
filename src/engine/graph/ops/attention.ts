/**
 * Scaled dot-product attention as one operation, because its gradient needs intermediate results
 * of its forward pass and has a cheaper form than the composition of the parts.
 *
 * Legend: R rows, A heads, S slots, D head size.
 */
import type { Op } from "../op.js";
import { mapRows, matrixProduct, softmaxRow, zipElements } from "./ndarray.js";
import { emitMatmul } from "./product.js";
import { dense, expectRank, expectType } from "./rules.js";

const forward = { transA: false, transB: false };

/**
 * p = softmax(scale * q k^T + bias), d = p * keep (or p), context = dropoutScale * d v.
 * Inputs q, k, v [R, A, S, D], bias broadcast to [R, A, S, S], optionally keep (bool) [R, A, S, S];
 * outputs context [R, A, S, D], p [R, A, S, S], d [R, A, S, S].
 *
 * Gradient with g = d(context): dd = dropoutScale * g v^T, ds = d * dd - p * sum_D(g * context),
 * dq = scale * ds k, dk = scale * ds^T q, dbias = ds, dv = dropoutScale * d^T g. The row sum of d * dd equals the sum over the head
 * dimension of g * context, which is shorter than a row of S; and since d = p * keep, the gradient needs no mask.
 */
export const attention: Op<{ readonly scale: number; readonly dropoutScale: number }> = {
  infer([q, k, v, bias, keep]) {
    for (const tensor of [q, k, v, bias]) {
      expectType(tensor, "float32");
      expectRank(tensor, 4);
    }
    const [rows, heads, slots] = q.shape;
    const weights = { type: "float32" as const, shape: [rows, heads, slots, k.shape[2]] };
    if (keep !== undefined) expectType(keep, "bool");
    return [{ type: "float32", shape: q.shape }, weights, weights];
  },
  vjp({ build, inputs: [q, k, v], outputs: [context, p, d], gradient: g, attributes }) {
    const { scale, dropoutScale } = attributes;
    const dd = build.matmul(g, v, { transB: true, alpha: dropoutScale }); // [R, A, S, S]
    const rowSum = build.sum(build.multiply(g, context), [3], true); // [R, A, S, 1]
    const ds = build.subtract(build.multiply(d, dd), build.multiply(p, rowSum)); // [R, A, S, S]
    return [
      () => dense(build.matmul(ds, k, { alpha: scale })),
      () => dense(build.matmul(ds, q, { transA: true, alpha: scale })),
      () => dense(build.matmul(d, g, { transA: true, alpha: dropoutScale })),
      () => dense(ds),
      null,
    ];
  },
  evaluate([q, k, v, bias, keep], { scale, dropoutScale }) {
    const scores = matrixProduct(q, k, { transA: false, transB: true, alpha: scale });
    const p = mapRows(
      zipElements(scores, bias, (a, b) => a + b),
      softmaxRow,
    );
    const d = keep === undefined ? p : zipElements(p, keep, (a, b) => a * b);
    return [matrixProduct(d, v, { ...forward, alpha: dropoutScale }), p, d];
  },
  onnx(emit, [q, k, v, bias, keep], { scale, dropoutScale }) {
    const scores = emitMatmul(emit, q, k, { transA: false, transB: true, alpha: scale }, 4);
    const [biased] = emit.node("Add", [scores, bias]);
    const [p] = emit.node("Softmax", [biased], { axis: { int: -1 } });
    const d = keep === undefined ? p : emit.node("Mul", [p, emit.cast(keep, "float32")])[0];
    return [emitMatmul(emit, d, v, { ...forward, alpha: dropoutScale }, 4), p, d];
  },
  memory(inputs, [context, p, d]) {
    // Without a mask d is p, and the scores lie beside them; a mask's product lies where the scores lay.
    return inputs.length < 5
      ? { places: [context, p, p], scratch: p }
      : { places: [context, p, d] };
  },
};
