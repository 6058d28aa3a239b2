import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { chosenDevice, deviceOfJobs, openedOr } from "./device.js";
import type { NoticeEvent } from "./host.js";

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

describe("openedOr", () => {
  const gone = async () => {
    throw new L3MaskingError("device-missing", "expected a GPU, found none");
  };

  it("computes on the processor where the device of auto is gone, and says why", async () => {
    const told: NoticeEvent[] = [];
    const tell = (notice: NoticeEvent) => void told.push(notice);
    const auto = { device: "auto" } as const;
    expect(await openedOr("processor", auto, "webgpu", gone, tell)).toBe("processor");
    expect(told).toEqual([
      expect.objectContaining({
        level: "warning",
        text: expect.stringMatching(/computing on cpu, as webgpu.*expected a GPU, found none/),
      }),
    ]);
    expect(await openedOr("processor", auto, "webgpu", async () => "GPU", tell)).toBe("GPU");
  });

  it("never replaces a device that was asked for, and hides no fault of ours", async () => {
    const tell = () => expect.unreachable("nothing to tell");
    const asked = { device: "webgpu" } as const;
    const missing = expect.objectContaining({ code: "device-missing" });
    await expect(openedOr("processor", asked, "webgpu", gone, tell)).rejects.toEqual(missing);
    const broken = async () => {
      throw new TypeError("broken");
    };
    const auto = openedOr("processor", { device: "auto" }, "webgpu", broken, tell);
    await expect(auto).rejects.toThrow(TypeError);
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
