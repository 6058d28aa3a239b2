/** What all builds of ONNX Runtime share: tensors in and out, and errors in our words. */
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import type { ArrayValue, NamedArrays, Session } from "./runtime.js";

/** Wraps a session of any ONNX Runtime build; one that is `profiled` writes its times when it is disposed of. */
export function wrapSession(
  name: string,
  session: InferenceSession,
  TensorClass: TensorConstructor,
  profiled = false,
): Session {
  const tensorOf = (value: ArrayValue): Tensor => {
    switch (value.type) {
      case "float32":
        return new TensorClass("float32", value.data, value.shape);
      case "int32":
        return new TensorClass("int32", value.data, value.shape);
      case "int64":
        return new TensorClass("int64", value.data, value.shape);
      case "int8":
        return new TensorClass("int8", value.data, value.shape);
      case "bool":
        return new TensorClass("bool", value.data, value.shape);
    }
  };
  return {
    async run(inputs, outputs, targets = {}) {
      const feeds: Record<string, Tensor> = {};
      for (const [key, value] of Object.entries(inputs)) feeds[key] = tensorOf(value);
      const fetches: Record<string, Tensor | null> = {};
      for (const key of outputs) fetches[key] = key in targets ? tensorOf(targets[key]) : null;
      try {
        return arraysOf(await session.run(feeds, fetches));
      } catch (cause) {
        throw runtimeError(name, cause);
      }
    },
    async dispose() {
      if (profiled) session.endProfiling();
      await session.release();
    },
  };
}

/** A failure inside the runtime, with the graph and, where the message names one, the node. */
export function runtimeError(graph: string, cause: unknown): L3MaskingError {
  const text = messageOf(cause);
  const node = /Name:'([^']+)'/.exec(text)?.[1];
  const where = node === undefined ? `graph ${graph}` : `graph ${graph}, node ${node}`;
  const memory = /alloc|memory/i.test(text);
  return new L3MaskingError("runtime-failed", `ONNX Runtime failed in ${where}: ${text}`, {
    cause,
    hint: memory
      ? "Lower --batch-size (raise --gradient-accumulation-steps to keep the same step) or --max-length."
      : "Run `l3masking doctor`; if it finds nothing, report this message with the command that caused it.",
  });
}

function arraysOf(outputs: InferenceSession.OnnxValueMapType): NamedArrays {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, tensor]) => {
      const { data, dims } = tensor;
      if (data instanceof Float32Array) return [key, { type: "float32", shape: dims, data }];
      if (data instanceof Int32Array) return [key, { type: "int32", shape: dims, data }];
      throw new L3MaskingError("runtime-failed", `output ${key} has the type ${tensor.type}`);
    }),
  );
}
