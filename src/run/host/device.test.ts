import { describe, expect, it } from "vitest";
import { chosenDevice, deviceOfJobs } from "./device.js";

describe("chosenDevice", () => {
  const fastest = () => "webgpu" as const;

  it("is the one asked for, of auto the fastest, and the processor where none is named", () => {
    expect(chosenDevice({ device: "cuda" }, () => expect.unreachable("not asked"))).toBe("cuda");
    expect(chosenDevice({ device: "auto" }, fastest)).toBe("webgpu");
    expect(chosenDevice({}, fastest)).toBe("cpu");
  });

  it("is the processor in int8, which no other has", () => {
    expect(chosenDevice({ device: "auto", precision: "int8" }, fastest)).toBe("cpu");
    expect(chosenDevice({ device: "cpu", scoringPrecision: "int8" }, fastest)).toBe("cpu");
    expect(() => chosenDevice({ device: "webgpu", precision: "int8" }, fastest)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message:
          "expected --device cpu with --precision int8, which runs on the processor only, got webgpu",
      }),
    );
    expect(() => chosenDevice({ device: "cuda", scoringPrecision: "int8" }, fastest)).toThrow(
      "--scoring-precision int8",
    );
  });
});

describe("deviceOfJobs", () => {
  it("keeps webgpu to one run at a time", () => {
    expect(deviceOfJobs("webgpu", 1)).toBe("webgpu");
    expect(deviceOfJobs("auto", 1)).toBe("auto");
    expect(deviceOfJobs("auto", 2)).toBe("cpu");
    expect(deviceOfJobs("cuda", 2)).toBe("cuda");
    expect(() => deviceOfJobs("webgpu", 2)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining("expected --jobs 1 with --device webgpu"),
      }),
    );
  });
});
