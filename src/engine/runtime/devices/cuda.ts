/**
 * NVIDIA's GPUs, by the CUDA provider of ONNX Runtime's native build for Node on Linux x64. What it does not do itself fails:
 * nothing runs on the processor instead. This build hands no arrays of the GPU to Node, so all feeds, weights too, travel to it
 * in each run, and results back.
 */
import { requireCudaLibraries } from "../../../platform/cuda-libraries.js";
import type { Device } from "../runtime.js";
import { hostMemory, openNative } from "./native.js";

export const cuda: Device = {
  async open(options) {
    requireCudaLibraries();
    const native = await openNative(options, {
      executionProviders: ["cuda"],
      extra: { session: { disable_cpu_ep_fallback: "1", intra_op: { allow_spinning: "0" } } },
    });
    return hostMemory(native, { device: "cuda", target: "portable", lacks: ["quantizedProduct"] });
  },
};
