/** What the devices of ONNX Runtime's native build for Node have in common. */
import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import { processorCount } from "../../../platform/machine.js";
import { loadOnnxRuntime } from "../../../platform/onnxruntime.js";
import { join } from "../../../platform/paths.js";
import { runtimeError } from "../failures.js";
import { copyOf, createTensors, wrapSession } from "../ort.js";
import type { DeviceOptions, Runtime } from "../runtime.js";

export type NativeSettings = InferenceSession.SessionOptions;

export interface NativeRuntime {
  /** "onnxruntime-node 1.30.0" */
  readonly name: string;
  readonly threads: number;
  readonly profiled: boolean;
  readonly TensorClass: TensorConstructor;
  /** Throws as `runtimeError` has it. */
  create(name: string, bytes: Uint8Array, more?: NativeSettings): Promise<InferenceSession>;
}

/** Loads the package; its sessions have the settings given beside those that all have. */
export async function openNative(
  { threads = processorCount(), profileFolder }: DeviceOptions = {},
  own: NativeSettings,
): Promise<NativeRuntime> {
  const { InferenceSession: Sessions, Tensor, env } = await loadOnnxRuntime();
  const settings: NativeSettings = {
    ...own,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // Batches change shape every step: a memory pattern per shape would multiply activation arenas.
    enableMemPattern: false,
    // Fatal only: other failures are thrown, and so reported once.
    logSeverityLevel: 4,
  };
  // Of what no session logs.
  env.logLevel = "fatal";
  return {
    name: `onnxruntime-node ${env.versions.node ?? env.versions.common}`,
    threads,
    profiled: profileFolder !== undefined,
    TensorClass: Tensor,
    async create(name, bytes, more) {
      const profiling = profileFolder !== undefined && {
        enableProfiling: true,
        profileFilePrefix: join(profileFolder, name),
      };
      try {
        return await Sessions.create(bytes, { ...settings, ...more, ...profiling });
      } catch (cause) {
        throw runtimeError(name, cause);
      }
    },
  };
}

/** A device that holds arrays in the host's memory. */
export function hostMemory(
  { name: program, threads, profiled, TensorClass, create }: NativeRuntime,
  { device, target, lacks }: Pick<Runtime, "device" | "target" | "lacks">,
): Runtime {
  const tensors = createTensors(TensorClass, async (tensor) => copyOf(tensor));
  return {
    name: program,
    device,
    target,
    lacks,
    threads,
    memory: "host",
    hold: async (value) => tensors.hold(tensors.of(value)),
    async load(name, bytes, held = []) {
      return wrapSession(name, await create(name, bytes), tensors, { held, profiled });
    },
  };
}
