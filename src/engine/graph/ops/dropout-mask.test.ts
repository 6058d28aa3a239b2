import { describe, expect, it } from "vitest";
import { dropoutKeep, dropoutSeed, dropoutThreshold } from "../../kernels/dropout.js";
import { createKernelMemory } from "../../kernels/kernels.js";
import { compileProgram, floatOutput } from "../../program.js";
import { cpu } from "../../runtime/devices/cpu.js";
import { createBuilder } from "../builder.js";
import { interpret } from "../reference.js";

const count = 40_000;
// The second is negative as an int32.
const seeds = [dropoutSeed(7, 3, 12), 0xf0e1d2c3, 0];

describe("dropoutMask", () => {
  it.each([0, 0.1, 0.9999])("drops what the kernel drops, bit by bit, at %f", async (rate) => {
    const threshold = dropoutThreshold(rate);
    const runtime = await cpu.open({ threads: 2 });
    const program = await compileProgram(runtime, "mask", (build) => {
      const keep = build.dropoutMask(build.input("seed", "int32", []), ["N", 4], threshold);
      return {
        kept: build.multiply(build.input("ones", "float32", ["N", 4]), build.toFloat(keep)),
      };
    });
    const { buffer, kernels } = createKernelMemory(count);
    const ones = new Float32Array(count).fill(1);
    for (const seed of seeds) {
      kernels.dropoutMask(0, count, seed, 0, threshold);
      const outputs = await program.run({ seed: Int32Array.of(seed), ones }, { N: count / 4 });
      const mask = new Uint8Array(buffer, 0, count);
      // Element by element `toEqual` takes seconds.
      const different = floatOutput(outputs, "kept").findIndex((kept, i) => kept !== mask[i]);
      expect(different).toBe(-1);
    }
    await program.dispose();
  });

  it("is the same in the interpreter", () => {
    const threshold = dropoutThreshold(0.3);
    const build = createBuilder();
    const keep = build.dropoutMask(build.input("seed", "int32", []), [500, 2], threshold);
    for (const seed of seeds) {
      const feeds = { seed: { shape: [], data: Float64Array.of(seed | 0) } };
      expect([...interpret({ keep }, feeds).keep.data]).toEqual(
        Array.from({ length: 1000 }, (_, i) => dropoutKeep(i, seed, threshold)),
      );
    }
  });
});
