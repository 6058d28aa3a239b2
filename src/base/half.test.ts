import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, golden } from "../model/checkpoint/golden.cases.js";
import { bfloat16ToFloat32, fitFloat16, float16ToFloat32, float32ToFloat16 } from "./half.js";

const floats = new Float32Array(Uint32Array.from(golden.half.float32).buffer);

/** All bit patterns, NaN left out: its payload is not fixed by the standard. */
const numbers16 = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter(
  (bits) => (bits & 0x7fff) <= 0x7c00,
);

/** The bits, with every NaN turned into one. */
function canonicalNan(bits: Iterable<number>, infinity: number): number[] {
  return Array.from(bits, (b) => ((b & 0x7fff) > infinity ? 0x7fff : b));
}

describe("float16", () => {
  it("rounds as PyTorch does", () => {
    const bits = new Uint16Array(floats.length);
    float32ToFloat16(floats, bits);
    expect(canonicalNan(bits, 0x7c00)).toEqual(canonicalNan(golden.half.float16, 0x7c00));
  });

  it("widens all 65536 patterns as NumPy does", () => {
    const values = new Float32Array(numbers16.length);
    float16ToFloat32(numbers16, values);
    expect(digestOf(values)).toBe(golden.half.allFloat16Sha256);
  });

  it("keeps NaN a NaN, both ways", () => {
    const nans = Uint16Array.of(0x7e00, 0x7c01, 0xffff);
    const values = new Float32Array(3);
    float16ToFloat32(nans, values);
    expect([...values]).toEqual([NaN, NaN, NaN]);
    const bits = new Uint16Array(1);
    float32ToFloat16(new Float32Array(Uint32Array.of(0x7f800001).buffer), bits);
    expect(bits[0] & 0x7fff).toBeGreaterThan(0x7c00);
  });

  it("gives every number back", () => {
    const values = new Float32Array(numbers16.length);
    const bits = new Uint16Array(numbers16.length);
    float16ToFloat32(numbers16, values);
    float32ToFloat16(values, bits);
    expect(bits).toEqual(numbers16);
  });

  it("rounds to the nearest neighbour", () => {
    fc.assert(
      fc.property(fc.double({ min: -65519, max: 65519, noNaN: true }), (x) => {
        const value = Float32Array.of(x);
        const bits = new Uint16Array(1);
        float32ToFloat16(value, bits);
        const sign = bits[0] & 0x8000;
        const magnitude = bits[0] & 0x7fff;
        const around = Uint16Array.from(
          [magnitude, Math.max(0, magnitude - 1), Math.min(0x7bff, magnitude + 1)],
          (b) => b | sign,
        );
        const [near, below, above] = (() => {
          const wide = new Float32Array(3);
          float16ToFloat32(around, wide);
          return wide;
        })();
        const distance = Math.abs(near - value[0]);
        return distance <= Math.abs(below - value[0]) && distance <= Math.abs(above - value[0]);
      }),
      { seed: 1 },
    );
  });
});

describe("bfloat16", () => {
  it("widens to the same upper half", () => {
    const values = new Float32Array(4);
    bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc040, 0x0001, 0xff80), values);
    // 0x0001 is the smallest subnormal: 2^-133
    expect([...values]).toEqual([1, -3, 2 ** -133, -Infinity]);
  });
});

describe("fitFloat16", () => {
  it.each([
    [[0, -0, 0.5, 65504, 2 ** -24, Number.POSITIVE_INFINITY], true],
    [[0.5, 0.1], false],
    [[65536], false],
    [[2 ** -25], false],
  ])("%j: %s", (values, fit) => {
    expect(fitFloat16(Float32Array.from(values))).toBe(fit);
  });
});
