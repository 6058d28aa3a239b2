/** Loads ONNX Runtime's builds for browsers. The only file that imports them. */
import { L3MaskingError, messageOf } from "../../base/errors.js";

/**
 * Each build, alone in its file: for processors, and for WebGPU (where `onnxruntime-web` itself, or its build with all devices, would
 * run an older implementation).
 */
const builds = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
} as const;

export type OnnxRuntimeWeb = typeof import("onnxruntime-web");

/** The package onnxruntime-web. Throws `runtime-missing` where the page does not serve it. */
export async function loadOnnxRuntimeWeb(build: keyof typeof builds): Promise<OnnxRuntimeWeb> {
  try {
    return await builds[build]();
  } catch (cause) {
    throw new L3MaskingError(
      "runtime-missing",
      `the module onnxruntime-web/${build} could not be loaded: ${messageOf(cause)}`,
      {
        cause,
        hint: "Install it beside l3masking, npm install onnxruntime-web@1.30.0, and serve it with the page (docs/browser.md).",
      },
    );
  }
}
