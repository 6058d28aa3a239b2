/**
 * Weights of linear layers in eight bits. They are rounded column by column; what they are multiplied with is rounded
 * as it comes (see `graph/ops/quantized-product.ts`).
 */
import { L3MaskingError } from "../../base/errors.js";

/** In which numbers a forward pass multiplies. */
export type Precision = "float32" | "int8";

/**
 * Whole numbers from -63 to 63. Processors without instructions for such products add two of them in sixteen bits, where
 * 2 * 255 * 127 does not fit and would silently saturate; 2 * 255 * 63 fits, so the result is the same everywhere.
 */
const LARGEST = 63;

export interface QuantizedWeight {
  /** [in, out] */
  readonly weight: Int8Array;
  /** [out] */
  readonly scale: Float32Array;
}

/** weight[out, in] as round(weight / scale[out]), transposed, with scale = max |weight[out, :]| / 63. */
export function quantizedWeight(values: Float32Array, outputs: number): QuantizedWeight {
  const inputs = values.length / outputs;
  if (!Number.isInteger(inputs)) {
    throw new L3MaskingError(
      "input-mismatch",
      `${values.length} weights do not make ${outputs} rows`,
    );
  }
  const weight = new Int8Array(values.length);
  const scale = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const row = values.subarray(output * inputs, (output + 1) * inputs);
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scale[output] = largest / LARGEST;
    if (largest === 0) continue;
    for (let input = 0; input < inputs; input++) {
      weight[input * outputs + output] = Math.round((row[input] / largest) * LARGEST);
    }
  }
  return { weight, scale };
}
