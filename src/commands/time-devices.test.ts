import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../test/fixtures/host.js";
import { L3MaskingError } from "../base/errors.js";
import { readDeviceTimes } from "../run/host/device-times.js";
import type { Host } from "../run/host/host.js";
import { timeDevices } from "./time-devices.js";

const at = temporaryFolder();
const model = tinyModel("bert");

/** A machine with the processor alone. */
function hostIn(cacheFolder: string, stopAt?: () => boolean): Host {
  const host = createTestHost({ cacheFolder, ...(stopAt && { stopAt }) });
  return {
    ...host,
    async runtime(asked) {
      if (asked.device === "cpu") return host.runtime(asked);
      throw new L3MaskingError("device-missing", `no ${asked.device}`);
    },
  };
}

describe("timeDevices", () => {
  it("remembers the seconds of a step on each device that is there", async () => {
    const { devices, file } = await timeDevices(hostIn(at("cache")), "a processor", model);
    const [cpu, ...others] = devices;
    // The test's clock counts 10 ms each time that it is read, and it is read once a step.
    expect(cpu).toEqual({ device: "cpu", seconds: expect.closeTo(0.01, 9) });
    expect(others.map(({ device, failure: fault }) => [device, fault?.message])).toEqual([
      ["webgpu", "no webgpu"],
      ["cuda", "no cuda"],
    ]);
    const { runtime } = JSON.parse(readFileSync(file, "utf8"));
    expect(runtime).toMatch(/^onnxruntime-node \d/);
    const now = { runtime, processor: "a processor" };
    expect(readDeviceTimes(at("cache"), now)?.seconds).toEqual({ cpu: cpu.seconds });
  });

  it("remembers nothing after a stop", async () => {
    const stopped = await failure(
      timeDevices(
        hostIn(at("none"), () => true),
        "p",
        model,
      ),
    );
    expect(stopped).toMatchObject({ code: "interrupted", hint: "Repeat the command." });
    expect(stopped.message).toContain("timed on cpu; nothing was remembered");
  });
});
