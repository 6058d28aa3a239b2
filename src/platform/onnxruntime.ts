/** Loads ONNX Runtime's native build for Node. The only file that imports it. */
import { L3MaskingError, messageOf } from "../base/errors.js";
import { type Machine, thisMachine } from "./machine.js";

/** Architectures that onnxruntime-node has a binary for, by platform; a test compares them with the package. */
export const binaries: Readonly<Record<string, readonly string[]>> = {
  darwin: ["arm64"],
  linux: ["arm64", "x64"],
  win32: ["arm64", "x64"],
};

/** Where it runs, in words. */
const systems: Readonly<Record<string, string>> = {
  darwin: "macOS",
  linux: "Linux with glibc",
  win32: "Windows",
};

export interface OnnxRuntimeOptions {
  readonly machine: Pick<Machine, "platform" | "architecture">;
  /** Is the C library of this process glibc? Alpine Linux has musl. */
  readonly glibc: () => boolean;
  readonly load: () => Promise<typeof import("onnxruntime-node")>;
}

/**
 * The package onnxruntime-node. Throws `runtime-unsupported` where it has no binary for this machine, and `runtime-missing`
 * where it is absent or damaged.
 */
export async function loadOnnxRuntime({
  machine = thisMachine(),
  glibc = hasGlibc,
  load = () => import("onnxruntime-node"),
}: Partial<OnnxRuntimeOptions> = {}): Promise<typeof import("onnxruntime-node")> {
  try {
    return await load();
  } catch (cause) {
    const { platform, architecture } = machine;
    const isMusl = platform === "linux" && !glibc();
    if (isMusl || !binaries[platform]?.includes(architecture)) {
      throw new L3MaskingError(
        "runtime-unsupported",
        `expected a platform that onnxruntime-node supports, got ${platform} ${architecture}${isMusl ? " with musl instead of glibc" : ""}`,
        {
          cause,
          hint: `Use ${supportedSystems()}, or a container with one of these, such as node:22-slim.`,
        },
      );
    }
    throw new L3MaskingError(
      "runtime-missing",
      `the package onnxruntime-node could not be loaded: ${messageOf(cause)}`,
      {
        cause,
        hint: "Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0",
      },
    );
  }
}

/** "macOS (arm64), Linux with glibc (arm64, x64) or Windows (arm64, x64)" */
function supportedSystems(): string {
  const each = Object.entries(binaries).map(
    ([platform, architectures]) => `${systems[platform]} (${architectures.join(", ")})`,
  );
  return `${each.slice(0, -1).join(", ")} or ${each.at(-1)}`;
}

function hasGlibc(): boolean {
  const report: object = process.report.getReport();
  const header: unknown = "header" in report ? report.header : undefined;
  return typeof header === "object" && header !== null && "glibcVersionRuntime" in header;
}
