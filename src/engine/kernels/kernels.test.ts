import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKernelMemory, maximumMemoryBytes } from "./kernels.js";

// Vectors of 4, 8 and 16 elements leave tails of every length below this.
const counts = Array.from({ length: 36 }, (_, count) => count);
const guard = 8;

const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 });
/** Runs of zeros among others. */
const orZero = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, finite);

/** Arrays one after the other in a fresh memory, with guard elements of 77 behind each; then bytes of 1 for `moments`. */
function layOut(...arrays: readonly (readonly number[])[]) {
  const elements = arrays.reduce((sum, { length }) => sum + length + guard, 0);
  const { buffer, kernels } = createKernelMemory(elements * 4 + guard);
  const moments = new Uint8Array(buffer, elements * 4, guard).fill(1);
  let start = 0;
  const placed = arrays.map((values) => {
    const view = new Float32Array(buffer, start * 4, values.length + guard);
    view.set(values);
    view.fill(77, values.length);
    const offset = start * 4;
    start += view.length;
    return {
      offset,
      values: view.subarray(0, values.length),
      guards: view.subarray(values.length),
    };
  });
  const untouched = () => placed.every(({ guards }) => guards.every((value) => value === 77));
  return { buffer, kernels, placed, moments, untouched };
}

/** `count` different values of mixed sign. */
function ramp(count: number, salt: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i * 1.7 + salt) * 3));
}

describe("sumOfSquares and dotProduct", () => {
  it("equal float64 sums for any count", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(orZero, finite), { maxLength: 70 }), (pairs) => {
        const a = pairs.map(([left]) => left);
        const b = pairs.map(([, right]) => right);
        const { kernels, placed } = layOut(a, b);
        const dot = pairs.reduce((sum, [left, right]) => sum + left * right, 0);
        const squares = a.reduce((sum, value) => sum + value * value, 0);
        expect(kernels.dotProduct(placed[0].offset, placed[1].offset, a.length)).toBeCloseTo(
          dot,
          10,
        );
        const found = kernels.sumOfSquares(placed[0].offset, a.length);
        expect(found).toBeCloseTo(squares, 10);
        expect(found).toBe(kernels.dotProduct(placed[0].offset, placed[0].offset, a.length));
      }),
    );
  });

  it("read no element twice and none beyond the end", () => {
    // Sums of whole numbers are exact: n (n + 1) (2n + 1) / 6.
    for (const count of counts) {
      const { kernels, placed } = layOut(Array.from({ length: count }, (_, i) => i + 1));
      const expected = (count * (count + 1) * (2 * count + 1)) / 6;
      expect(kernels.sumOfSquares(placed[0].offset, count)).toBe(expected);
    }
  });

  it("hold a square that float32 cannot", () => {
    const { kernels, placed } = layOut([1e30, 1e30, 0, 0, 0, 0, 0, 0, 1e30]);
    const value = Math.fround(1e30);
    expect(kernels.sumOfSquares(placed[0].offset, 9)).toBe(3 * value * value);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("let %d reach the result anywhere", (poison) => {
    for (let position = 0; position < 19; position++) {
      const values = ramp(19, 0);
      values[position] = poison;
      const { kernels, placed } = layOut(values);
      expect(kernels.sumOfSquares(placed[0].offset, 19)).toBe(poison);
    }
  });
});

describe("addScaled", () => {
  it("adds a multiple for any count and touches nothing else", () => {
    for (const count of counts) {
      const target = ramp(count, 1);
      const source = ramp(count, 2);
      const { kernels, placed, untouched } = layOut(target, source);
      kernels.addScaled(placed[0].offset, placed[1].offset, count, -0.75);
      const expected = target.map((value, i) =>
        Math.fround(value + Math.fround(-0.75 * source[i])),
      );
      expect([...placed[0].values]).toEqual(expected);
      expect([...placed[1].values]).toEqual(source);
      expect(untouched()).toBe(true);
    }
  });
});

describe("adamw", () => {
  const settings = [1e-2, 0.9, 0.98, 1e-6, 0.1, 1 - 0.9 ** 3, 1 - 0.98 ** 3, 0.25] as const;

  it("follows the equations in float64 for any count, and clears the gradient", () => {
    const [rate, beta1, beta2, epsilon, decay, correction1, correction2, scale] = settings;
    for (const count of counts) {
      const weight = ramp(count, 1);
      const gradient = ramp(count, 2);
      const first = ramp(count, 3);
      const second = ramp(count, 4).map(Math.abs);
      const { kernels, placed, moments, untouched } = layOut(weight, gradient, first, second);
      const [w, g, m, v] = placed;
      kernels.adamw(w.offset, g.offset, m.offset, v.offset, moments.byteOffset, count, ...settings);
      for (let i = 0; i < count; i++) {
        const scaled = scale * gradient[i];
        const mean = beta1 * first[i] + (1 - beta1) * scaled;
        const square = beta2 * second[i] + (1 - beta2) * scaled ** 2;
        const update = (rate / correction1) * (mean / (Math.sqrt(square / correction2) + epsilon));
        expect(m.values[i]).toBeCloseTo(mean, 6);
        expect(v.values[i]).toBeCloseTo(square, 6);
        expect(w.values[i]).toBeCloseTo(weight[i] * (1 - rate * decay) - update, 6);
      }
      expect(g.values.every((value) => value === 0)).toBe(true);
      expect(untouched()).toBe(true);
    }
  });

  it("gives a value the same bits wherever it lies in the array", () => {
    // Seven equal elements: four in a vector, three in the tail.
    const { kernels, placed, moments } = layOut(
      ...[0.3, -0.7, 0.11, 0.013].map((x) => Array(7).fill(x)),
    );
    const [w, g, m, v] = placed;
    kernels.adamw(w.offset, g.offset, m.offset, v.offset, moments.byteOffset, 7, ...settings);
    for (const { values } of [w, m, v]) expect(new Set(values).size).toBe(1);
  });

  it("never stores a subnormal moment, however long there is no gradient", () => {
    // Seven elements: a vector and a tail. Unflushed, 0.9^k passes 2^-126 at step 829 and 0.98^k at step 4323.
    const [rate, beta1, beta2, epsilon] = settings;
    const values = [1, -1, 1e-3, -1e-9, 1e-15, 5, 1e-3];
    const { kernels, placed, moments } = layOut(
      ...[values, Array(7).fill(0), values, values.map(Math.abs)],
    );
    const [w, g, m, v] = placed;
    let subnormal = 0;
    for (let step = 1; step <= 5000; step++) {
      const { offset } = w;
      kernels.adamw(
        offset,
        g.offset,
        m.offset,
        v.offset,
        moments.byteOffset,
        7,
        rate,
        beta1,
        beta2,
        epsilon,
        0,
        1,
        1,
        1,
      );
      for (const moment of [...m.values, ...v.values]) {
        if (moment !== 0 && Math.abs(moment) < 2 ** -126) subnormal++;
      }
    }
    expect(subnormal).toBe(0);
    expect([...m.values, ...v.values].every((moment) => moment === 0)).toBe(true);
  });

  it("drops moments below 2^-112 and keeps those at the bound", () => {
    const zeros = Array(7).fill(0);
    const bound = 2 ** -112;
    // Betas of 1/2 halve them first.
    const first = [2, -2, 1.5, -1.5, 2, -2, 1.5].map((value) => value * bound);
    const second = [1.5, 2, 1.5, 2, 1.5, 1.5, 2].map((value) => value * bound);
    const { kernels, placed, moments } = layOut(zeros, zeros, first, second);
    const [w, g, m, v] = placed;
    const halves = [1, 0.5, 0.5, 1e-6, 0, 0.5, 0.5, 1] as const;
    kernels.adamw(w.offset, g.offset, m.offset, v.offset, moments.byteOffset, 7, ...halves);
    expect([...m.values]).toEqual([1, -1, 0, 0, 1, -1, 0].map((value) => value * bound));
    expect([...v.values]).toEqual([0, 1, 0, 1, 0, 0, 1].map((value) => value * bound));
  });

  it("lets NaN through, so that nothing hides it", () => {
    const zeros = Array(7).fill(0);
    const { kernels, placed, moments } = layOut(zeros, Array(7).fill(Number.NaN), zeros, zeros);
    const [w, g, m, v] = placed;
    kernels.adamw(w.offset, g.offset, m.offset, v.offset, moments.byteOffset, 7, ...settings);
    for (const { values } of [w, m, v]) expect([...values].every(Number.isNaN)).toBe(true);
  });

  it("gives the same bits where it may skip moments of 0, whatever has had a gradient when", () => {
    const count = 70;
    const lineOf = (gradients: number[]) =>
      fc.constantFrom(
        gradients.map(() => 0),
        gradients,
      );
    const lines = fc.tuple(
      ...[1, 2, 3, 4].map((salt) => lineOf(ramp(16, salt))),
      lineOf(ramp(6, 5)),
    );
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 6 }), fc.boolean(), (steps, decays) => {
        const zeros: number[] = Array(count).fill(0);
        const [rate, beta1, beta2, epsilon, decay, ...rest] = settings;
        const given = [rate, beta1, beta2, epsilon, decays ? decay : 0, ...rest] as const;
        const run = (mayKnow: boolean) => {
          const { kernels, placed, moments } = layOut(ramp(count, 6), zeros, zeros, zeros);
          const [w, g, m, v] = placed;
          moments.fill(mayKnow ? 0 : 1);
          for (const gradients of steps) {
            g.values.set(gradients.flat());
            const at = [w.offset, g.offset, m.offset, v.offset, moments.byteOffset] as const;
            kernels.adamw(...at, count, ...given);
            if (!mayKnow) moments.fill(1);
          }
          return { state: placed.map(({ values }) => [...values]), moments: [...moments] };
        };
        const { state, moments } = run(true);
        expect(state).toEqual(run(false).state);
        // Four whole lines, and what is behind them.
        expect(moments[4]).toBe(steps.length > 0 ? 1 : 0);
        for (let line = 0; line < 4; line++) {
          const ever = steps.some((gradients) => gradients[line].some((value) => value !== 0));
          expect(moments[line]).toBe(ever ? 1 : 0);
        }
        expect(moments.slice(5)).toEqual([0, 0, 0]);
      }),
    );
  });

  it("knows again that moments are 0 once they have faded", () => {
    const zeros: number[] = Array(16).fill(0);
    const { kernels, placed, moments } = layOut(zeros, zeros, Array(16).fill(2 ** -111), zeros);
    const [w, g, m, v] = placed;
    const at = [w.offset, g.offset, m.offset, v.offset, moments.byteOffset] as const;
    const halves = [1, 0.5, 0.5, 1e-6, 0, 0.5, 0.5, 1] as const;
    kernels.adamw(...at, 16, ...halves);
    expect([m.values[0], moments[0]]).toEqual([2 ** -112, 1]);
    kernels.adamw(...at, 16, ...halves);
    expect([m.values[0], moments[0]]).toEqual([0, 0]);
  });

  it("leaves zeros at zero: padding between parameters is safe", () => {
    const zeros = Array(9).fill(0);
    const { kernels, placed, moments } = layOut(zeros, zeros, zeros, zeros);
    const [w, g, m, v] = placed;
    kernels.adamw(w.offset, g.offset, m.offset, v.offset, moments.byteOffset, 9, ...settings);
    for (const { values } of placed) expect([...values]).toEqual(zeros);
  });
});

describe("dropoutMask", () => {
  it("writes every count of bytes and no more", () => {
    const { buffer, kernels } = createKernelMemory(256);
    const bytes = new Uint8Array(buffer, 0, 256);
    for (const count of counts) {
      bytes.fill(9);
      kernels.dropoutMask(3, count, 11, 0, 2 ** 31);
      expect(bytes.subarray(3, 3 + count).every((byte) => byte === 0 || byte === 1)).toBe(true);
      expect(bytes.subarray(0, 3).every((byte) => byte === 9)).toBe(true);
      expect(bytes.subarray(3 + count).every((byte) => byte === 9)).toBe(true);
    }
  });

  it("can be made piece by piece", () => {
    const { buffer, kernels } = createKernelMemory(400);
    kernels.dropoutMask(0, 200, 5, 1000, 2 ** 30);
    kernels.dropoutMask(200, 77, 5, 1000, 2 ** 30);
    kernels.dropoutMask(277, 123, 5, 1077, 2 ** 30);
    const bytes = new Uint8Array(buffer);
    expect([...bytes.subarray(200, 400)]).toEqual([...bytes.subarray(0, 200)]);
  });
});

describe("createKernelMemory", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("is zero and holds at least the bytes asked for", () => {
    for (const bytes of [0, 1, 65536, 65537]) {
      const { buffer } = createKernelMemory(bytes);
      expect(buffer.byteLength).toBeGreaterThanOrEqual(bytes);
      expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true);
    }
  });

  it("reaches the end of the largest memory", () => {
    const { buffer, kernels } = createKernelMemory(maximumMemoryBytes);
    const offset = maximumMemoryBytes - 36;
    new Float32Array(buffer, offset, 9).fill(2);
    expect(kernels.sumOfSquares(offset, 9)).toBe(36);
    kernels.dropoutMask(offset, 36, 1, 0, 0);
    expect(new Uint8Array(buffer, offset, 36).every((byte) => byte === 1)).toBe(true);
  });

  it.each([-1, 1.5, maximumMemoryBytes + 1, Number.NaN])("refuses a size of %d", (bytes) => {
    expect(() => createKernelMemory(bytes)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining(`${bytes}`),
      }),
    );
  });

  it("says how many bytes the machine refused", () => {
    vi.stubGlobal("WebAssembly", {
      ...WebAssembly,
      Memory: class {
        constructor() {
          throw new RangeError("could not allocate memory");
        }
      },
    });
    expect(() => createKernelMemory(123456)).toThrow(
      expect.objectContaining({
        code: "runtime-failed",
        message: expect.stringContaining("123456 bytes"),
        cause: expect.any(RangeError),
      }),
    );
  });

  it("says that the engine lacks SIMD", () => {
    vi.stubGlobal("WebAssembly", {
      Memory: WebAssembly.Memory,
      Module: class {
        constructor() {
          throw new SyntaxError("invalid opcode 0xfd");
        }
      },
    });
    expect(() => createKernelMemory(8)).toThrow(
      expect.objectContaining({
        code: "runtime-missing",
        message: expect.stringContaining("SIMD"),
      }),
    );
  });
});

describe("binary.ts", () => {
  it("exports the functions that `Kernels` declares, with as many parameters", () => {
    const { kernels } = createKernelMemory(8);
    const arities = Object.entries(kernels)
      .filter(([, value]) => typeof value === "function")
      .map(([name, value]) => [name, value.length]);
    expect(Object.fromEntries(arities)).toEqual({
      sumOfSquares: 2,
      dotProduct: 3,
      adamw: 14,
      addScaled: 4,
      dropoutMask: 5,
    });
  });

  it("is what the source compiles to, byte for byte", () => {
    const script = fileURLToPath(new URL("../../../scripts/build-kernels.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
