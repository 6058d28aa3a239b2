/** The machine and the programs that made a result, for the record. */

import { packageVersion } from "../../base/version.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { type Machine, thisMachine } from "../../platform/machine.js";
import type { MachineRecord } from "../../results/records/machine-record.js";

/** This machine, this package and the runtime, if one computed; its name ends in its version. */
export function machineRecord(
  runtime: Pick<Runtime, "name" | "device"> | undefined,
  machine: Machine = thisMachine(),
): MachineRecord {
  const [runtimeName, runtimeVersion = "unknown"] = runtime?.name.split(" ") ?? [];
  return {
    platform: machine.platform,
    architecture: machine.architecture,
    processor: machine.processor,
    processors: machine.processors,
    memory_bytes: machine.totalBytes,
    ...(runtime && { device: runtime.device }),
    versions: {
      l3masking: packageVersion,
      [machine.program.name]: machine.program.version,
      ...(runtimeName !== undefined && { [runtimeName]: runtimeVersion }),
    },
  };
}
