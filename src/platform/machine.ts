/** The machine that we run on. */
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";

export interface Machine {
  /** What runs this program: "node", "20.19.0". */
  readonly program: { readonly name: string; readonly version: string };
  readonly platform: string;
  readonly architecture: string;
  /** The model of its processors. */
  readonly processor: string;
  readonly processors: number;
  readonly totalBytes: number;
}

export function thisMachine(): Machine {
  return {
    program: { name: "node", version: process.versions.node },
    platform: platform(),
    architecture: arch(),
    processor: cpus()[0]?.model ?? "unknown processor",
    processors: processorCount(),
    totalBytes: totalmem(),
  };
}

/** Processors that this process may use. */
export function processorCount(): number {
  return availableParallelism();
}
