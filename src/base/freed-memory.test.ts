import { memoryUsage } from "node:process";
import { describe, expect, it } from "vitest";
import { freeMemory } from "./freed-memory.js";

describe("freeMemory", () => {
  it("gives memory back without waiting for garbage collection", () => {
    const arrays = Array.from({ length: 8 }, () => new Float32Array(1_000_000).fill(1));
    const before = memoryUsage().arrayBuffers;
    for (const array of arrays) freeMemory(array);
    expect(arrays.map(({ length }) => length)).toEqual(Array(8).fill(0));
    expect(before - memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(8 * 4_000_000);
  });

  it("leaves parts of a buffer and shared memory alone", () => {
    const part = new Float32Array(new ArrayBuffer(64), 0, 8);
    const shared = new Float32Array(new SharedArrayBuffer(64));
    freeMemory(part);
    freeMemory(shared);
    expect([part.length, shared.length]).toEqual([8, 16]);
  });
});
