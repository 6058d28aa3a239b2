/**
 * Negative log-likelihoods of labels under a softmax, with the gradient p - onehot instead of a
 * differentiated logarithm.
 *
 * Legend: K rows, C classes, H hidden size, V vocabulary.
 */
import type { NdArray, Nothing, OnnxEmitter, Op } from "../op.js";
import { mapRows, matrixProduct, ndArray, softmaxRow, zipElements } from "./ndarray.js";
import { dense, expectEqual, expectRank, expectType } from "./rules.js";

/**
 * Inputs logits [K, C], labels int32 [K]; outputs nll [K] with
 * nll_k = log sum_c exp(logits_kc) - logits_k,label (nats), probabilities [K, C], and correct [K]:
 * 1 where the label has the greatest logit. Only nll is differentiated.
 */
export const crossEntropy: Op<Nothing> = {
  infer([logits, labels]) {
    expectType(logits, "float32");
    expectType(labels, "int32");
    expectRank(logits, 2);
    expectEqual("labels of a cross entropy", labels.shape[0], logits.shape[0]);
    const perRow = { type: "float32" as const, shape: [logits.shape[0]] };
    return [perRow, { type: "float32", shape: logits.shape }, perRow];
  },
  vjp: ({ build, inputs: [logits, labels], outputs: [, p], gradient: g }) => [
    () => {
      const [rows, classes] = logits.shape;
      const ids = Array.from({ length: Number(classes) }, (_, id) => id);
      const all = build.constant(ids, [1, ids.length], "int32");
      const label = build.toFloat(build.equal(build.reshape(labels, [rows, 1]), all));
      return dense(build.multiply(build.subtract(p, label), build.reshape(g, [rows, 1])));
    },
    null,
  ],
  evaluate: ([logits, labels]) => evaluateNll(logits, labels),
  onnx: (emit, [logits, labels]) => emitNll(emit, logits, labels),
  memory: "fresh",
};

/**
 * The cross entropy of a tied decoder, logits = h E^T + b, without ever forming d(logits).
 * Inputs h [K, H], E [V, H], b [V], labels int32 [K]; outputs as `crossEntropy` (probabilities [K, V]).
 *
 * With g = d(nll) and p the probabilities: dh = g (p E - E[labels]);
 * dE = p^T (g h) with g h subtracted from the label rows; db = g p with g subtracted at the labels.
 * The label rows leave as a row gradient, since a dense [K, V] one-hot would cost as much as p.
 */
export const decoderCrossEntropy: Op<Nothing> = {
  infer([h, embeddings, bias, labels]) {
    expectType(h, "float32");
    expectType(labels, "int32");
    expectEqual("decoder hidden size", h.shape[1], embeddings.shape[1]);
    expectEqual("decoder bias", bias.shape[0], embeddings.shape[0]);
    expectEqual("labels of a cross entropy", labels.shape[0], h.shape[0]);
    const perRow = { type: "float32" as const, shape: [h.shape[0]] };
    return [perRow, { type: "float32", shape: [h.shape[0], embeddings.shape[0]] }, perRow];
  },
  vjp({ build, inputs: [h, embeddings, bias, labels], outputs: [, p], gradient: g }) {
    const rows = h.shape[0];
    const column = build.reshape(g, [rows, 1]); // [K, 1]
    const weightedHidden = () => build.multiply(h, column); // [K, H]
    return [
      () => {
        const label = build.scale(build.gatherRows(embeddings, labels), -1); // [K, H]
        return dense(build.multiply(build.gemm(p, embeddings, label), column));
      },
      () => {
        const weighted = weightedHidden();
        return {
          kind: "mixed",
          tensor: build.gemm(p, weighted, undefined, { transA: true }), // [V, H]
          rows: { kind: "rows", indices: labels, rows: build.scale(weighted, -1) },
        };
      },
      () => ({
        kind: "mixed",
        tensor: build.reshape(build.gemm(build.reshape(g, [1, rows]), p), bias.shape),
        rows: { kind: "rows", indices: labels, rows: build.scale(g, -1) },
      }),
      null,
    ];
  },
  evaluate([h, embeddings, bias, labels]) {
    const product = matrixProduct(h, embeddings, { transA: false, transB: true, alpha: 1 });
    return evaluateNll(
      zipElements(product, bias, (a, b) => a + b),
      labels,
    );
  },
  onnx(emit, [h, embeddings, bias, labels]) {
    const [logits] = emit.node("Gemm", [h, embeddings, bias], { transB: { int: 1 } });
    return emitNll(emit, logits, labels);
  },
  memory: "fresh",
};

function evaluateNll(logits: NdArray, labels: NdArray): NdArray[] {
  const [rows, classes] = logits.shape;
  const nll = ndArray([rows]);
  const correct = ndArray([rows]);
  for (let row = 0; row < rows; row++) {
    const values = logits.data.subarray(row * classes, (row + 1) * classes);
    const peak = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const total = values.reduce((sum, value) => sum + Math.exp(value - peak), 0);
    const label = values[labels.data[row]];
    nll.data[row] = peak + Math.log(total) - label;
    correct.data[row] = label === peak ? 1 : 0;
  }
  return [nll, mapRows(logits, softmaxRow), correct];
}

/**
 * log sum exp(z) = max z - log(max p) for p = softmax(z): stable for any logits, because max p is
 * at least 1 / C, and made of kernels that every provider has.
 */
function emitNll(emit: OnnxEmitter, logits: string, labels: string): string[] {
  const last = emit.ints([-1]);
  const [p] = emit.node("Softmax", [logits], { axis: { int: -1 } });
  const [peak] = emit.node("ReduceMax", [logits, last], { keepdims: { int: 1 } });
  const [peakProbability] = emit.node("ReduceMax", [p, last], { keepdims: { int: 1 } });
  const [index] = emit.node("Reshape", [labels, emit.ints([-1, 1])]);
  const [label] = emit.node("GatherElements", [logits, index], { axis: { int: 1 } });
  const [logPeak] = emit.node("Log", [peakProbability]);
  const [logTotal] = emit.node("Sub", [peak, logPeak]);
  const [column] = emit.node("Sub", [logTotal, label]);
  const [nll] = emit.node("Reshape", [column, emit.ints([-1])]);
  const [equal] = emit.node("Equal", [label, peak]);
  const [correct] = emit.node("Reshape", [emit.cast(equal, "float32"), emit.ints([-1])]);
  return [nll, p, correct];
}
