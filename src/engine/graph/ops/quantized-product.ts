/** The product with weights of eight bits, for inference. */
import type { NdArray, Nothing, Op } from "../op.js";
import { expectEqual, expectRank, expectType } from "./rules.js";

/**
 * y = (s (q - z)) (w * diag(scale)) + bias  for x [T, N], w int8 [N, M], scale and bias [M].
 *
 * x is quantised as it comes: with lo = min(0, min x) and hi = max(0, max x) over all of it, s = (hi - lo) / 255,
 * z = round(-lo / s) and q = clamp(round(x / s) + z, 0, 255), halves to even. So a row's result depends on the other rows.
 */
export const quantizedProduct: Op<Nothing> = {
  infer([x, w, scale, bias]) {
    expectType(x, "float32");
    expectType(w, "int8");
    expectRank(x, 2);
    expectRank(w, 2);
    expectEqual("inner sizes of a product", x.shape[1], w.shape[0]);
    for (const row of [scale, bias]) {
      expectType(row, "float32");
      expectRank(row, 1);
      expectEqual("columns of a product", row.shape[0], w.shape[1]);
    }
    return [{ type: "float32", shape: [x.shape[0], w.shape[1]] }];
  },
  vjp: "not differentiable",
  evaluate([x, w, scale, bias]) {
    const rounded = quantized(x);
    const [rows, inner] = x.shape;
    const columns = w.shape[1];
    const data = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let n = 0; n < inner; n++) {
          sum += rounded[row * inner + n] * w.data[n * columns + column];
        }
        data[row * columns + column] = sum * scale.data[column] + bias.data[column];
      }
    }
    return [{ shape: [rows, columns], data }];
  },
  onnx(emit, [x, w, scale, bias]) {
    if (emit.target === "cpu") {
      const operands = [x, w, scale, "", bias];
      return emit.node("DynamicQuantizeMatMul", operands, {}, { domain: "com.microsoft" });
    }
    const [q, step, zero] = emit.node("DynamicQuantizeLinear", [x], {}, { outputs: 3 });
    const product = emit.cast(emit.node("MatMulInteger", [q, w, zero])[0], "float32");
    const [scales] = emit.node("Mul", [step, scale]);
    const [scaled] = emit.node("Mul", [product, scales]);
    return emit.node("Add", [scaled, bias]);
  },
  memory: "fresh",
};

/** s (q - z) for every element, with s in float32 as the runtime has it. */
function quantized({ data }: NdArray): Float64Array {
  const lowest = data.reduce((a, b) => Math.min(a, b), 0);
  const highest = data.reduce((a, b) => Math.max(a, b), 0);
  const step = highest === lowest ? 1 : Math.fround(Math.fround(highest - lowest) / 255);
  const zero = Math.min(255, Math.max(0, roundHalfToEven(Math.fround(-lowest / step))));
  return data.map((value) => {
    const q = roundHalfToEven(Math.fround(value / step)) + zero;
    return step * (Math.min(255, Math.max(0, q)) - zero);
  });
}

function roundHalfToEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}
