/** What all builds of ONNX Runtime share: tensors in and out. */
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import { L3MaskingError } from "../../base/errors.js";
import { freeMemory } from "../../base/freed-memory.js";
import { runtimeError } from "./failures.js";
import type { ArrayValue, HeldArray, NamedFeeds, RunOutputs, Session } from "./runtime.js";

/** Arrays as a runtime takes and keeps them. */
export interface Tensors {
  /** Of the host a view; of the device what it holds. Throws `runtime-failed` for what it does not hold. */
  of(value: ArrayValue | HeldArray): Tensor;
  /** The array in a tensor of the device. */
  hold(tensor: Tensor): HeldArray;
}

/** `read` copies a tensor that is held to the host. */
export function createTensors(
  TensorClass: TensorConstructor,
  read: (tensor: Tensor) => Promise<ArrayValue>,
): Tensors {
  const held = new WeakMap<HeldArray, Tensor>();
  const view = (value: ArrayValue): Tensor => {
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
  const of = (value: ArrayValue | HeldArray): Tensor => {
    if ("data" in value) return view(value);
    const tensor = held.get(value);
    if (tensor !== undefined) return tensor;
    throw new L3MaskingError(
      "runtime-failed",
      "an array was used after it was disposed of, or on a device that does not hold it",
    );
  };
  return {
    of,
    hold(tensor) {
      const { type, dims } = tensor;
      if (type !== "float32" && type !== "int32") {
        throw new L3MaskingError("runtime-failed", `devices hold float32 and int32, not ${type}`);
      }
      const array: HeldArray = {
        type,
        shape: dims,
        read: async () => read(of(array)),
        dispose() {
          if (held.delete(array)) tensor.dispose();
        },
      };
      held.set(array, tensor);
      return array;
    },
  };
}

export interface SessionOptions {
  /** Outputs that stay on the device. */
  readonly held?: readonly string[];
  /** Can it run for some of its outputs? Else all are computed, and some dropped. */
  readonly choosesOutputs?: boolean;
  /** Does it write outputs where it is told? Else they are copied to their places. */
  readonly writesInPlace?: boolean;
  /** Leaves its times when it is disposed of. */
  readonly profiled?: boolean;
}

/** Wraps a session of any ONNX Runtime build. */
export function wrapSession(
  name: string,
  session: InferenceSession,
  tensors: Tensors,
  { held = [], choosesOutputs = true, writesInPlace = true, profiled = false }: SessionOptions = {},
): Session {
  return {
    async run(inputs, outputs, targets = {}) {
      const feeds = feedsOf(inputs, tensors);
      const names = choosesOutputs ? outputs : session.outputNames;
      const fetches: Record<string, Tensor | null> = {};
      for (const key of names) {
        fetches[key] = writesInPlace && key in targets ? tensors.of(targets[key]) : null;
      }
      let results: InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(feeds, fetches);
      } catch (cause) {
        throw runtimeError(name, cause);
      }
      const found: { arrays: Record<string, ArrayValue>; held: Record<string, HeldArray> } = {
        arrays: {},
        held: {},
      };
      for (const key of names) {
        const tensor = results[key];
        if (!outputs.includes(key)) tensor.dispose();
        else if (held.includes(key)) found.held[key] = tensors.hold(tensor);
        else found.arrays[key] = placed(arrayOf(key, tensor), targets[key]);
      }
      return found satisfies RunOutputs;
    },
    async dispose() {
      if (profiled) session.endProfiling();
      await session.release();
    },
  };
}

function feedsOf(inputs: NamedFeeds, tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, tensors.of(value)]));
}

/** The array itself, or its place with its elements, which the array then gives up. */
function placed(array: ArrayValue, place: ArrayValue | undefined): ArrayValue {
  if (place === undefined || place.data === array.data) return array;
  if (place.type === "float32" && array.type === "float32") place.data.set(array.data);
  if (place.type === "int32" && array.type === "int32") place.data.set(array.data);
  freeMemory(array.data);
  return place;
}

/** What is in a tensor of the host, float32 or int32, in a fresh array. */
export function copyOf(tensor: Tensor): ArrayValue {
  const array = arrayOf("that is held", tensor);
  if (array.type === "float32") return { ...array, data: array.data.slice() };
  return array.type === "int32" ? { ...array, data: array.data.slice() } : array;
}

/** The array in a tensor of the host, without a copy. */
function arrayOf(output: string, { data, dims, type }: Tensor): ArrayValue {
  if (data instanceof Float32Array) return { type: "float32", shape: dims, data };
  if (data instanceof Int32Array) return { type: "int32", shape: dims, data };
  throw new L3MaskingError("runtime-failed", `output ${output} has the type ${type}`);
}
