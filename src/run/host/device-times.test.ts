import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fastestDevice, readDeviceTimes, writeDeviceTimes } from "./device-times.js";

const here = { runtime: "onnxruntime-node 1.30.0", processor: "a processor" };
const times = (seconds: Record<string, number>) => ({ ...here, measured: "2026-01-01", seconds });

describe("the times of devices", () => {
  it("are read where they were measured, with that version of the runtime", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "times-")), "cache");
    expect(readDeviceTimes(folder, here)).toBeUndefined();
    const written = times({ cpu: 2, webgpu: 1 });
    const file = writeDeviceTimes(folder, written);
    expect(readDeviceTimes(folder, here)).toEqual(written);
    expect(readDeviceTimes(folder, { ...here, processor: "another" })).toBeUndefined();
    expect(readDeviceTimes(folder, { ...here, runtime: "onnxruntime-node 2" })).toBeUndefined();
    for (const damaged of ["{", '{"seconds": {"cpu": -1}}', "[]"]) {
      writeFileSync(file, damaged);
      expect(readDeviceTimes(folder, here)).toBeUndefined();
    }
  });

  it("choose what was faster than the processor", () => {
    expect(fastestDevice(undefined)).toBe("cpu");
    expect(fastestDevice(times({ cpu: 2 }))).toBe("cpu");
    expect(fastestDevice(times({ cpu: 2, webgpu: 2 }))).toBe("cpu");
    expect(fastestDevice(times({ cpu: 2, webgpu: 1.9 }))).toBe("webgpu");
    expect(fastestDevice(times({ cpu: 2, webgpu: 1.9, cuda: 0.5 }))).toBe("cuda");
    expect(fastestDevice(times({ webgpu: 1 }))).toBe("cpu");
  });
});
