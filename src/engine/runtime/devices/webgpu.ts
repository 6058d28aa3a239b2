/**
 * The GPU, by the WebGPU provider of ONNX Runtime's native build for Node. What it does not do itself fails: nothing runs on
 * the processor instead.
 *
 * Traps of this build: `getData` of a tensor on the device ends the process, so arrays come back through a session that
 * copies. A tensor that is disposed of after the last session was released does too, so those sessions are never released.
 * Two threads of a process give wrong numbers. Only some of the outputs cannot be asked for, nor a place for them.
 */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { L3MaskingError } from "../../../base/errors.js";
import { claimForThread } from "../../../platform/thread-claim.js";
import { COPY_INPUT, COPY_OUTPUT, copyModel } from "../../onnx/copy.js";
import { runtimeError } from "../failures.js";
import { copyOf, createTensors, wrapSession } from "../ort.js";
import type { Device } from "../runtime.js";
import { type NativeSettings, openNative } from "./native.js";

/** Settings of a session some of whose outputs stay on the device. */
function keeping(held: readonly string[]): NativeSettings {
  if (held.length === 0) return {};
  const places = held.map((output) => [output, "gpu-buffer"] as const);
  return { preferredOutputLocation: Object.fromEntries(places) };
}

export const webgpu: Device = {
  async open(options) {
    if (!claimForThread("webgpu")) {
      throw new L3MaskingError(
        "device-in-use",
        "expected webgpu to be free, but another thread of this process computes on it, and only one can",
        { hint: "Wait for it, dispose of its classifier, or use --device cpu for one of the two." },
      );
    }
    const { create, ...native } = await openNative(options, {
      executionProviders: ["webgpu"],
      extra: { session: { disable_cpu_ep_fallback: "1", intra_op: { allow_spinning: "0" } } },
    });
    const copiers = {
      float32: await copierOf("float32"),
      int32: await copierOf("int32"),
    };
    async function copierOf(type: "float32" | "int32") {
      const bytes = copyModel(type);
      return {
        up: await create(`upload of ${type}`, bytes, keeping([COPY_OUTPUT])),
        down: await create(`download of ${type}`, bytes),
      };
    }
    const tensors = createTensors(native.TensorClass, async (tensor) => {
      const { down } = tensor.type === "int32" ? copiers.int32 : copiers.float32;
      return copyOf(await copied("download", down, tensor));
    });
    return {
      name: native.name,
      device: "webgpu",
      target: "portable",
      lacks: ["quantizedProduct"],
      threads: native.threads,
      memory: "device",
      async hold(value) {
        const { type } = value;
        const tensor = tensors.of(value);
        if (type !== "float32" && type !== "int32") return tensors.hold(tensor);
        return tensors.hold(await copied("upload", copiers[type].up, tensor));
      },
      async load(name, bytes, held = []) {
        const session = await create(name, bytes, keeping(held));
        const { profiled } = native;
        return wrapSession(name, session, tensors, {
          held,
          profiled,
          choosesOutputs: false,
          writesInPlace: false,
        });
      },
    };
  },
};

async function copied(way: string, session: InferenceSession, tensor: Tensor): Promise<Tensor> {
  try {
    return (await session.run({ [COPY_INPUT]: tensor }))[COPY_OUTPUT];
  } catch (cause) {
    throw runtimeError(way, cause);
  }
}
