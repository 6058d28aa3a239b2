/** Softmax and layer normalization. */
import type { Tensor } from "../graph.js";
import type { Nothing, Op } from "../op.js";
import { mapRows, ndArray, softmaxRow, zipElements } from "./ndarray.js";
import { dense, expectEqual, expectType } from "./rules.js";

/** p = softmax over the last axis; dx = p * (g - sum(g * p)). */
export const softmax: Op<Nothing> = {
  infer([x]) {
    expectType(x, "float32");
    return [x];
  },
  vjp: ({ build, outputs: [p], gradient }) => [
    () => {
      const product = build.multiply(gradient, p);
      const total = build.sum(product, [p.shape.length - 1], true);
      return dense(build.subtract(product, build.multiply(p, total)));
    },
  ],
  evaluate: ([x]) => [mapRows(x, softmaxRow)],
  onnx: (emit, inputs) => emit.node("Softmax", inputs, { axis: { int: -1 } }),
  memory: "fresh",
};

/**
 * y = xhat * weight + bias with xhat = (x - mean) * invStd over the last axis.
 * Inputs x [..., H], weight [H], bias [H]; outputs y, mean [..., 1], invStd [..., 1].
 * dx = invStd * (gw - mean(gw) - xhat * mean(gw * xhat)) with gw = g * weight.
 */
export const layerNorm: Op<{ readonly epsilon: number }> = {
  infer([x, weight, bias]) {
    expectType(x, "float32");
    const width = x.shape[x.shape.length - 1];
    expectEqual("layer norm weight", weight.shape[0], width);
    expectEqual("layer norm bias", bias.shape[0], width);
    const statistic = { type: "float32" as const, shape: [...x.shape.slice(0, -1), 1] };
    return [{ type: "float32", shape: x.shape }, statistic, statistic];
  },
  vjp({ build, inputs: [x, weight], outputs: [, mean, invStd], gradient }) {
    const normalized = build.multiply(build.subtract(x, mean), invStd);
    return [
      () => {
        const weighted = build.multiply(gradient, weight);
        const meanOf = (values: Tensor) => build.mean(values, [x.shape.length - 1], true);
        const projection = meanOf(build.multiply(weighted, normalized));
        const centered = build.subtract(weighted, meanOf(weighted));
        return dense(
          build.multiply(invStd, build.subtract(centered, build.multiply(normalized, projection))),
        );
      },
      () => dense(build.multiply(gradient, normalized)),
      () => dense(gradient),
    ];
  },
  evaluate([x, weight, bias], { epsilon }) {
    const width = weight.shape[0];
    const rows = x.data.length / width;
    const statistics = [...x.shape.slice(0, -1), 1];
    const mean = ndArray(statistics);
    const invStd = ndArray(statistics);
    for (let row = 0; row < rows; row++) {
      const values = x.data.subarray(row * width, (row + 1) * width);
      mean.data[row] = values.reduce((a, b) => a + b, 0) / width;
      const variance = values.reduce((a, b) => a + (b - mean.data[row]) ** 2, 0) / width;
      invStd.data[row] = 1 / Math.sqrt(variance + epsilon);
    }
    const centered = zipElements(x, mean, (a, b) => a - b);
    const normalized = zipElements(centered, invStd, (a, b) => a * b);
    const weighted = zipElements(normalized, weight, (a, b) => a * b);
    return [zipElements(weighted, bias, (a, b) => a + b), mean, invStd];
  },
  onnx: (emit, inputs, { epsilon }) =>
    emit.node("LayerNormalization", inputs, { axis: { int: -1 }, epsilon }, { outputs: 3 }),
  memory: "fresh",
};
