/** ONNX Runtime's native build in Node. The only file that imports it. */
import type { InferenceSession as SessionType, TensorConstructor } from "onnxruntime-common";
import { L3MaskingError } from "../../base/errors.js";
import { processorCount } from "../../platform/machine.js";
import { runtimeError, wrapSession } from "./ort.js";
import type { Runtime } from "./runtime.js";

export interface NodeRuntimeOptions {
  /** Threads of a matrix product; all processors where absent. */
  readonly threads?: number;
}

/**
 * The native CPU runtime. Throws `runtime-missing` where the package or its binary is absent.
 */
export async function createNodeRuntime(options: NodeRuntimeOptions = {}): Promise<Runtime> {
  const ort = await loadOnnxRuntime();
  const threads = options.threads ?? processorCount();
  const settings: SessionType.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // Batches change shape every step: a memory pattern per shape would multiply activation arenas.
    enableMemPattern: false,
    extra: {
      // It would keep the float32 form of every dropout mask from the forward to the backward pass.
      optimization: { disable_specified_optimizers: "CommonSubexpressionElimination" },
      // Waiting threads sleep: as fast on a quiet machine, and up to twice as fast on a busy one.
      session: { intra_op: { allow_spinning: "0" } },
    },
    // Fatal only: what else fails is thrown, and told once.
    logSeverityLevel: 4,
  };
  return {
    name: `onnxruntime-node ${ort.version}`,
    target: "cpu",
    threads,
    async load(name, bytes) {
      try {
        const session = await ort.InferenceSession.create(bytes, settings);
        return wrapSession(name, session, ort.Tensor);
      } catch (cause) {
        throw runtimeError(name, cause);
      }
    },
  };
}

interface OnnxRuntime {
  readonly InferenceSession: typeof import("onnxruntime-common").InferenceSession;
  readonly Tensor: TensorConstructor;
  readonly version: string;
}

async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    const { InferenceSession, Tensor, env } = await import("onnxruntime-node");
    return { InferenceSession, Tensor, version: env.versions.node ?? env.versions.common };
  } catch (cause) {
    throw new L3MaskingError(
      "runtime-missing",
      `the package onnxruntime-node could not be loaded: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        hint: "Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0",
      },
    );
  }
}
