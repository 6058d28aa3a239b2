/**
 * The GPU, by WebGPU in a browser. What it does not do itself fails: nothing runs on the processor instead.
 *
 * Other than in Node, arrays on the device are read by their tensors' own `getData`.
 */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { L3MaskingError } from "../../../../base/errors.js";
import { loadOnnxRuntimeWeb } from "../../../../platform/browser/onnxruntime-web.js";
import { webgpuState } from "../../../../platform/browser/page.js";
import { COPY_INPUT, COPY_OUTPUT, copyModel } from "../../../onnx/copy.js";
import { runtimeError } from "../../failures.js";
import { createTensors, wrapSession } from "../../ort.js";
import type { ArrayValue, Device } from "../../runtime.js";
import { inPage, pageSession } from "./session.js";

/** The outputs named in `held` stay on the device. */
function settings(held: readonly string[]): InferenceSession.SessionOptions {
  const places = held.map((output) => [output, "gpu-buffer"] as const);
  return {
    executionProviders: ["webgpu"],
    executionMode: "sequential",
    enableMemPattern: false,
    extra: { session: { disable_cpu_ep_fallback: "1" } },
    logSeverityLevel: 4,
    ...(held.length > 0 && { preferredOutputLocation: Object.fromEntries(places) }),
  };
}

export const webgpu: Device = {
  async open() {
    const state = await webgpuState();
    if (state !== "ready") throw noDevice(state);
    const { InferenceSession: Sessions, Tensor, env } = await loadOnnxRuntimeWeb("webgpu");
    // Its WebAssembly only prepares what the GPU does.
    env.wasm.numThreads = 1;
    let isLost = false;
    const lost = () => isLost;
    const create = async (name: string, bytes: Uint8Array, held: readonly string[]) => {
      try {
        return await Sessions.create(bytes, settings(held));
      } catch (cause) {
        throw inPage(runtimeError(name, cause), lost);
      }
    };
    const tensors = createTensors(Tensor, arrayIn);
    const copiers = {
      float32: await create("upload of float32", copyModel("float32"), [COPY_OUTPUT]),
      int32: await create("upload of int32", copyModel("int32"), [COPY_OUTPUT]),
    };
    // The first session made it.
    void lossOf(await env.webgpu.device)?.then(() => {
      isLost = true;
    });
    return {
      name: `onnxruntime-web ${env.versions.web ?? env.versions.common}`,
      device: "webgpu",
      target: "portable",
      lacks: ["quantizedProduct"],
      threads: 1,
      memory: "device",
      async hold(value) {
        const { type } = value;
        const tensor = tensors.of(value);
        if (type !== "float32" && type !== "int32") return tensors.hold(tensor);
        try {
          return tensors.hold((await copiers[type].run({ [COPY_INPUT]: tensor }))[COPY_OUTPUT]);
        } catch (cause) {
          throw inPage(runtimeError("upload", cause), lost);
        }
      },
      async load(name, bytes, held = []) {
        const session = await create(name, bytes, held);
        const options = { held, writesInPlace: false };
        return pageSession(wrapSession(name, session, tensors, options), lost);
      },
    };
  },
};

async function arrayIn(tensor: Tensor): Promise<ArrayValue> {
  const data = await tensor.getData();
  if (data instanceof Float32Array) return { type: "float32", shape: tensor.dims, data };
  if (data instanceof Int32Array) return { type: "int32", shape: tensor.dims, data };
  throw new L3MaskingError("runtime-failed", `a held array has the type ${tensor.type}`);
}

/** The promise that a WebGPU device keeps when it is lost. */
function lossOf(device: unknown): Promise<unknown> | undefined {
  const hasLoss = typeof device === "object" && device !== null && "lost" in device;
  return hasLoss && device.lost instanceof Promise ? device.lost : undefined;
}

function noDevice(state: "no WebGPU" | "no adapter"): L3MaskingError {
  const got =
    state === "no WebGPU"
      ? "this browser has none for this page"
      : "this browser finds no GPU that it would use";
  return new L3MaskingError("device-missing", `expected WebGPU, but ${got}`, {
    hint: 'Use a browser that has WebGPU, in a page from https or localhost, or the device "wasm".',
  });
}
