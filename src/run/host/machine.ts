/** The machine and the programs that made a result, for the record. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { z } from "zod";
import { type Machine, thisMachine } from "../../commands/doctor.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { MachineRecord } from "../../results/records/comparison.js";

/** This machine, this package and the runtime, whose name ends in its version. */
export function machineRecord(
  runtime: Pick<Runtime, "name">,
  machine: Machine = thisMachine(),
): MachineRecord {
  const [program, version = "unknown"] = runtime.name.split(" ");
  return {
    platform: machine.platform,
    architecture: machine.architecture,
    processor: cpus()[0]?.model ?? "unknown processor",
    processors: machine.processors,
    memory_bytes: machine.totalBytes,
    versions: { l3masking: packageVersion(), node: machine.nodeVersion, [program]: version },
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
