/** Is everything here that training needs? Answers in words, with what to do where something is amiss. */
import { randomUUID } from "node:crypto";
import { access, constants, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { L3MaskingError, messageOf } from "../base/errors.js";
import { createKernelMemory } from "../engine/kernels/kernels.js";
import { compileProgram, floatOutput } from "../engine/program.js";
import type { Runtime } from "../engine/runtime/runtime.js";
import { hubAccess } from "../model/hub/access.js";
import type { AvailableMemory } from "../platform/available-memory.js";
import type { HubSettings } from "../platform/hub-environment.js";
import { type Machine, thisMachine } from "../platform/machine.js";
import type { Host } from "../run/host/host.js";
import { formatBytes } from "../run/memory/memory-check.js";
import type { DoctorSettings } from "../run/settings/schemas.js";
import { SHIPPED_MODEL } from "../run/settings/shipped-model.js";
import { timeDevices } from "./time-devices.js";

/** One line of `doctor`. */
export interface Diagnosis {
  readonly subject: string;
  readonly ok: boolean;
  readonly finding: string;
  readonly hint?: string;
}

/** The oldest Node that runs the package; package.json says the same. */
export const leastNode = { major: 20, minor: 19 } as const;

/** What fine-tuning a base-sized model takes with the default batch, roughly. */
const BASE_MODEL_BYTES = 8 * 2 ** 30;

/** Checks the machine and everything a run is built on. Throws nothing: a failure is a finding. */
export async function runDoctor(
  { timeDevices: timed }: DoctorSettings,
  host: Host,
  machine: Machine = thisMachine(),
): Promise<Diagnosis[]> {
  return [
    nodeDiagnosis(machine),
    machineDiagnosis(machine),
    memoryDiagnosis(machine, host.availableMemory()),
    ...(await runtimeDiagnoses(host)),
    ...(timed ? await timingDiagnoses(host, machine) : []),
    await diagnose("device", () => deviceFinding(host)),
    await diagnose("kernels", async () => kernelFinding()),
    await cacheDiagnosis(host.cacheFolder),
    await diagnose("models", async () => hubFinding(host.hub)),
  ];
}

function nodeDiagnosis({ program: { version: nodeVersion } }: Machine): Diagnosis {
  const [major, minor] = nodeVersion.split(".").map(Number);
  const ok = major > leastNode.major || (major === leastNode.major && minor >= leastNode.minor);
  const finding = { subject: "node", ok, finding: nodeVersion };
  const least = `${leastNode.major}.${leastNode.minor}`;
  return ok ? finding : { ...finding, hint: `Install Node ${least} or later.` };
}

function machineDiagnosis({ platform: system, architecture, processors }: Machine): Diagnosis {
  return {
    subject: "machine",
    ok: true,
    finding: `${system} ${architecture}, ${processors} ${processors === 1 ? "processor" : "processors"}`,
  };
}

/** A small memory is no fault, as small models need little; the hint says what will not fit. */
function memoryDiagnosis({ totalBytes }: Machine, { bytes, bound }: AvailableMemory): Diagnosis {
  const limit = bound === "machine" ? "" : " (the limit of its control group)";
  const diagnosis = {
    subject: "memory",
    ok: true,
    finding: `${formatBytes(totalBytes)}, ${formatBytes(bytes)} of it available${limit}`,
  };
  return bytes >= BASE_MODEL_BYTES
    ? diagnosis
    : {
        ...diagnosis,
        hint: "Fine-tuning a base-sized model takes about 8 GiB with the default batch. `train` estimates what a run needs and, if it is too much, suggests settings that fit.",
      };
}

async function runtimeDiagnoses(host: Host): Promise<Diagnosis[]> {
  let runtime: Runtime;
  try {
    runtime = await host.runtime({});
  } catch (error) {
    return [failure("runtime", error)];
  }
  const { name, threads } = runtime;
  return [
    {
      subject: "runtime",
      ok: true,
      finding: `${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    },
    await diagnose("graph", () => graphFinding(runtime)),
  ];
}

/** The time of a step on each device; one that is missing is no fault. */
async function timingDiagnoses(host: Host, { processor }: Machine): Promise<Diagnosis[]> {
  try {
    const { devices, file } = await timeDevices(host, processor);
    const found = devices.map(({ device, seconds, failure: fault }): Diagnosis => {
      if (fault === undefined) {
        const finding = `a training step of ${SHIPPED_MODEL} took ${seconds?.toFixed(3)} s`;
        return { subject: device, ok: true, finding };
      }
      const missing = fault.code === "device-missing";
      return missing
        ? { ...failure(device, fault), ok: true, finding: `not here: ${fault.message}` }
        : failure(device, fault);
    });
    return [...found, { subject: "times", ok: true, finding: `written to ${file}` }];
  } catch (error) {
    if (error instanceof L3MaskingError && error.code === "interrupted") throw error;
    return [failure("times", error)];
  }
}

/** What `--device auto` is on this machine. */
async function deviceFinding(host: Host): Promise<string> {
  const { device } = await host.runtime({ device: "auto" });
  return `--device auto computes on ${device}; doctor --time-devices times what is here`;
}

/** [1 2; 3 4] + [10 20; 30 40] through our exporter and the runtime. */
async function graphFinding(runtime: Runtime): Promise<string> {
  const program = await compileProgram(runtime, "doctor", (build) => {
    const left = build.input("left", "float32", [2, 2]);
    const right = build.input("right", "float32", [2, 2]);
    return { sum: build.add(left, right) };
  });
  try {
    const left = Float32Array.of(1, 2, 3, 4);
    const right = Float32Array.of(10, 20, 30, 40);
    const sum = floatOutput(await program.run({ left, right }, {}), "sum");
    return expectNumbers(
      "a sum computed by the runtime",
      sum,
      [11, 22, 33, 44],
      "a tiny graph runs",
    );
  } finally {
    await program.dispose();
  }
}

/** 3^2 + 4^2 = 25 through the WebAssembly kernels. */
function kernelFinding(): string {
  const { buffer, kernels } = createKernelMemory(65536);
  new Float32Array(buffer, 0, 2).set([3, 4]);
  const sum = kernels.sumOfSquares(0, 2);
  return expectNumbers("a sum computed by the kernels", [sum], [25], "WebAssembly with SIMD runs");
}

async function cacheDiagnosis(folder: string): Promise<Diagnosis> {
  const subject = "cache";
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const file = join(folder, `.doctor-${randomUUID()}`);
    await writeFile(file, "");
    await rm(file);
    return { subject, ok: true, finding: `${folder} is writable` };
  } catch (error) {
    const hint = `Make ${dirname(folder)} writable, or choose another folder with L3MASKING_CACHE or --cache-dir.`;
    return { ...failure(subject, error), hint };
  }
}

/** Where models of the hub are kept and whether the settings let us fetch any; nothing is asked of the network. */
function hubFinding(hub: HubSettings): string {
  const { cacheFolder, offlineBy } = hub;
  const { endpoint, token } = hubAccess(hub);
  const network =
    offlineBy === undefined
      ? `downloads from ${endpoint} ${token === undefined ? "without a token" : "with your token"}`
      : `no downloads (${offlineBy})`;
  return `cached in ${cacheFolder}, ${network}`;
}

async function diagnose(subject: string, find: () => Promise<string>): Promise<Diagnosis> {
  try {
    return { subject, ok: true, finding: await find() };
  } catch (error) {
    return failure(subject, error);
  }
}

function failure(subject: string, error: unknown): Diagnosis {
  const hint = error instanceof L3MaskingError ? error.hint : undefined;
  return { subject, ok: false, finding: messageOf(error), ...(hint !== undefined && { hint }) };
}

function expectNumbers(
  what: string,
  got: ArrayLike<number>,
  expected: readonly number[],
  finding: string,
): string {
  if (got.length === expected.length && expected.every((value, i) => got[i] === value)) {
    return finding;
  }
  throw new L3MaskingError(
    "runtime-failed",
    `expected ${what} to be ${expected.join(" ")}, got ${Array.from(got).join(" ")}`,
    {
      hint: "Reinstall the package; if that does not help, report it with the name of your processor.",
    },
  );
}
