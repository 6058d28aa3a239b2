import { describe, expect, it } from "vitest";
import { quantizedWeight } from "./quantized-weights.js";

describe("quantizedWeight", () => {
  it("rounds every output's row by its largest weight, and transposes", () => {
    // Rows of 2 outputs over 3 inputs; 0.5 / 126 * 63 = 0.25 and 32 / 126 * 63 = 16.
    const { weight, scale } = quantizedWeight(Float32Array.of(126, -32, 0.5, 0, -1, 0.25), 2);
    expect(Array.from(scale)).toEqual([2, Math.fround(1 / 63)]);
    expect(Array.from(weight)).toEqual([63, 0, -16, -63, 0, 16]);
  });

  it("leaves a row of zeros zero", () => {
    const { weight, scale } = quantizedWeight(new Float32Array(2), 1);
    expect([Array.from(weight), Array.from(scale)]).toEqual([[0, 0], [0]]);
  });

  it("stays within half a step of the weights, and within 63", () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i) * (i + 1));
    const { weight, scale } = quantizedWeight(values, 4);
    values.forEach((value, i) => {
      const [output, input] = [Math.floor(i / 15), i % 15];
      const whole = weight[input * 4 + output];
      expect(Math.abs(whole)).toBeLessThanOrEqual(63);
      expect(Math.abs(whole * scale[output] - value)).toBeLessThanOrEqual(scale[output] * 0.5001);
    });
  });

  it("refuses rows that do not come out even", () => {
    const mismatch = expect.objectContaining({ code: "input-mismatch" });
    expect(() => quantizedWeight(new Float32Array(5), 2)).toThrow(mismatch);
  });
});
