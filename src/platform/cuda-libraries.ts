/** Is what onnxruntime-node needs for CUDA here? Its package leaves these files out; its install script fetches them. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { L3MaskingError } from "../base/errors.js";
import { type Machine, thisMachine } from "./machine.js";

/** Beside the binding. That of TensorRT comes with them and is not used. */
const files = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"] as const;

/** Throws `device-missing` on a machine without CUDA, and with the names of the files that are absent. */
export function requireCudaLibraries(
  { platform, architecture }: Pick<Machine, "platform" | "architecture"> = thisMachine(),
  folder: string = bindingFolder(platform, architecture),
): void {
  if (platform !== "linux" || architecture !== "x64") {
    throw new L3MaskingError(
      "device-missing",
      `expected linux x64, where onnxruntime-node has CUDA, got ${platform} ${architecture}`,
      { hint: "Use --device webgpu or --device cpu." },
    );
  }
  const missing = files.filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return;
  throw new L3MaskingError(
    "device-missing",
    `expected ${missing.join(" and ")} in ${folder}, found nothing: CUDA's part of onnxruntime-node is not installed`,
    {
      hint: "Fetch it with onnxruntime-node's own install script (docs/devices.md): ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js. It also needs CUDA 12 and cuDNN 9.",
    },
  );
}

function bindingFolder(platform: string, architecture: string): string {
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node"); // dist/index.js
  return join(dirname(entry), "..", "bin", "napi-v6", platform, architecture);
}
