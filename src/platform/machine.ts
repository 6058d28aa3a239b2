/** The machine that we run on, and the version of this package. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { L3MaskingError } from "../base/errors.js";
import { packagePath } from "./package-path.js";

export interface Machine {
  /** "20.19.0" */
  readonly nodeVersion: string;
  readonly platform: string;
  readonly architecture: string;
  /** The model of its processors. */
  readonly processor: string;
  readonly processors: number;
  readonly totalBytes: number;
}

export function thisMachine(): Machine {
  return {
    nodeVersion: process.versions.node,
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

export function packageVersion(): string {
  const text = readFileSync(packagePath("package.json"), "utf8");
  // Read by hand: the schema library takes longer to load than all of --help.
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
    return String(manifest.version);
  }
  throw new L3MaskingError(
    "file-missing",
    "expected a version in the package.json of l3masking, found none",
    { hint: "Reinstall l3masking." },
  );
}
