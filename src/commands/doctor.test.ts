import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { L3MaskingError } from "../base/errors.js";
import { cpu } from "../engine/runtime/devices/cpu.js";
import type { Runtime } from "../engine/runtime/runtime.js";
import type { AvailableMemory } from "../platform/available-memory.js";
import type { Machine } from "../platform/machine.js";
import type { Host } from "../run/host/host.js";
import { runDoctor } from "./doctor.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "l3masking-doctor-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const machine: Machine = {
  program: { name: "node", version: "22.3.1" },
  platform: "linux",
  processor: "a processor",
  architecture: "x64",
  processors: 2,
  totalBytes: 16 * 2 ** 30,
};

function hostWith(parts: Partial<Host>): Host {
  return {
    emit: () => undefined,
    cancelled: () => false,
    ending: () => false,
    now: () => 0,
    today: () => "1 January 2026",
    time: () => "2026-01-01T10:30:00.000Z",
    runtime: () => cpu.open({ threads: 1 }),
    availableMemory: () => ({ bytes: 1.5 * 2 ** 30, bound: "machine" }),
    inThread: () => expect.unreachable("doctor trains nothing"),
    atEnd: () => undefined,
    cacheFolder: join(folder, "cache"),
    hub: { cacheFolder: "/hub", endpoint: "https://huggingface.co" },
    mlflow: { experimentName: "Default" },
    queue: {},
    ...parts,
  };
}

async function findings(parts: Partial<Host> = {}, here: Partial<Machine> = {}) {
  const diagnoses = await runDoctor({ timeDevices: false }, hostWith(parts), {
    ...machine,
    ...here,
  });
  return new Map(diagnoses.map((diagnosis) => [diagnosis.subject, diagnosis]));
}

describe("runDoctor", () => {
  it("is content with a machine that has everything, and leaves nothing behind", async () => {
    const found = await findings();
    expect([...found.keys()]).toEqual([
      "node",
      "machine",
      "memory",
      "runtime",
      "graph",
      "device",
      "kernels",
      "cache",
      "models",
    ]);
    for (const { ok } of found.values()) expect(ok).toBe(true);
    expect(found.get("machine")?.finding).toBe("linux x64, 2 processors");
    expect(found.get("memory")).toEqual({
      subject: "memory",
      ok: true,
      finding: "16.0 GiB, 1.5 GiB of it available",
      hint: expect.stringContaining("about 8 GiB"),
    });
    expect(found.get("runtime")?.finding).toMatch(/^onnxruntime-node .*, 1 threads?$/);
    expect(readdirSync(join(folder, "cache"))).toEqual([]);
  });

  it.each([
    ["18.19.0", false],
    ["20.18.3", false],
    ["20.19.0", true],
    ["21.0.0", true],
  ])("Node %s: %s", async (version, ok) => {
    const found = (await findings({}, { program: { name: "node", version } })).get("node");
    expect(found).toMatchObject({ ok, finding: version });
    expect(found?.hint).toBe(ok ? undefined : "Install Node 20.19 or later.");
  });

  it("warns of little memory that is available, which is no fault", async () => {
    const memoryWith = async (available: AvailableMemory) =>
      (await findings({ availableMemory: () => available })).get("memory");
    expect(await memoryWith({ bytes: 12 * 2 ** 30, bound: "machine" })).toEqual({
      subject: "memory",
      ok: true,
      finding: "16.0 GiB, 12.0 GiB of it available",
    });
    expect(await memoryWith({ bytes: 3 * 2 ** 30, bound: "control group" })).toEqual({
      subject: "memory",
      ok: true,
      finding: "16.0 GiB, 3.0 GiB of it available (the limit of its control group)",
      hint: expect.stringContaining("suggests settings that fit"),
    });
  });

  it("tells why the runtime is missing, and goes on", async () => {
    const runtime = () =>
      Promise.reject(new L3MaskingError("runtime-missing", "no binary", { hint: "Install it." }));
    const found = await findings({ runtime });
    expect(found.get("runtime")).toEqual({
      subject: "runtime",
      ok: false,
      finding: "no binary",
      hint: "Install it.",
    });
    expect(found.has("graph")).toBe(false);
    expect(found.get("kernels")?.ok).toBe(true);
  });

  it("does not trust a runtime that adds wrongly", async () => {
    const wrong: Runtime = {
      name: "wrong 1.0",
      device: "cpu",
      target: "cpu",
      lacks: [],
      threads: 1,
      memory: "host",
      hold: () => Promise.reject(new Error("not held")),
      load: async () => ({
        run: async () => ({
          arrays: {
            sum: { type: "float32", shape: [2, 2], data: Float32Array.of(11, 22, 33, 45) },
          },
          held: {},
        }),
        dispose: async () => undefined,
      }),
    };
    const found = (await findings({ runtime: async () => wrong })).get("graph");
    expect(found).toMatchObject({
      ok: false,
      finding: "expected a sum computed by the runtime to be 11 22 33 44, got 11 22 33 45",
    });
  });

  it("tells where models come from, and keeps the token to itself", async () => {
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, "hf_secret");
    const finding = async (hub: Partial<Host["hub"]>) => {
      const place = { cacheFolder: "/hub", endpoint: "https://mirror.example", ...hub };
      return (await findings({ hub: place })).get("models")?.finding;
    };
    expect(await finding({})).toBe(
      "cached in /hub, downloads from https://mirror.example without a token",
    );
    const known = "cached in /hub, downloads from https://mirror.example with your token";
    expect(await finding({ token: "hf_secret" })).toBe(known);
    expect(await finding({ tokenFile })).toBe(known);
    expect(await finding({ offlineBy: "HF_HUB_OFFLINE=1" })).toBe(
      "cached in /hub, no downloads (HF_HUB_OFFLINE=1)",
    );
  });

  it("tells that the cache cannot be written", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    const found = (await findings({ cacheFolder: join(file, "cache") })).get("cache");
    expect(found).toMatchObject({ ok: false, hint: expect.stringContaining("L3MASKING_CACHE") });
  });
});
