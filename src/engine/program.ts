/** A program: one graph of one kind, written as ONNX and loaded into a runtime. */

import { L3MaskingError } from "../base/errors.js";
import { nearestHint } from "../base/nearest.js";
import { type Builder, createBuilder } from "./graph/builder.js";
import { type GraphOutputs, orderedNodes, type TensorType } from "./graph/graph.js";
import { bindSize, formatShape, type SizeBindings } from "./graph/shape.js";
import { countInputName, shapeInputName, toOnnx } from "./onnx/export.js";
import type { ArrayValue, HeldArray, NamedArrays, RunOutputs, Runtime } from "./runtime/runtime.js";

/** A flat array of the host; its shape follows from the sizes of the run. */
export type FlatArray = Float32Array | Int32Array | Int8Array | Uint8Array;
/** Flat arrays by the names of inputs or outputs of a program. */
export type Feeds = Readonly<Record<string, FlatArray>>;
/** What a program is fed: arrays of the host, and such as the device holds. */
export type MixedFeeds = Readonly<Record<string, FlatArray | HeldArray>>;

/** A graph that is loaded into a device. */
export interface Program {
  readonly name: string;
  /** The inputs by name, named sizes not included. */
  readonly inputs: ReadonlyMap<string, TensorType>;
  /**
   * Runs the program. `targets` are arrays to write outputs to; other outputs come back fresh, but for `unread` ones.
   * Throws `graph-invalid` for an input that is missing, that the graph has not, or whose length or type does not fit.
   */
  run(
    feeds: MixedFeeds,
    sizes: SizeBindings,
    targets?: Feeds,
    unread?: ReadonlySet<string>,
  ): Promise<NamedArrays>;
  /** Runs the program, with the outputs that stay on the device too; those are the caller's to dispose of. */
  runHeld(
    feeds: MixedFeeds,
    sizes: SizeBindings,
    unread?: ReadonlySet<string>,
  ): Promise<RunOutputs>;
  /** Holds a float32 array for an input without named sizes. Throws `graph-invalid` as `run` does. */
  hold(input: string, data: Float32Array): Promise<HeldArray>;
  dispose(): Promise<void>;
}

/**
 * Builds, writes and loads a program; its outputs named in `held` stay on the device. Throws `device-kernel` for an
 * operation that the device has no kernel for.
 *
 * Inputs that were requested of `build`, but that no output depends on, may be fed too.
 */
export async function compileProgram(
  runtime: Runtime,
  name: string,
  define: (build: Builder) => GraphOutputs,
  held: readonly string[] = [],
  build = createBuilder(),
): Promise<Program> {
  const outputs = define(build);
  requireKernels(runtime, name, outputs);
  const model = toOnnx(name, outputs, runtime.target);
  const session = await runtime.load(name, model.bytes, held);
  const outputNames = [...model.outputs.keys()];
  const inputNames = [...model.inputs.keys()];

  const run = async (
    feeds: MixedFeeds,
    sizes: SizeBindings,
    targets: Feeds,
    unread: ReadonlySet<string>,
  ) => {
    const unknown = Object.keys(feeds).find(
      (key) => !model.inputs.has(key) && !build.hasInput(key),
    );
    if (unknown !== undefined) {
      const known = `Its inputs are ${inputNames.join(", ")}.`;
      const hint = nearestHint(unknown, inputNames, known);
      throw misfit(`input ${unknown} of ${name}`, "does not exist", hint);
    }
    const inputs: Record<string, ArrayValue | HeldArray> = {};
    for (const [key, type] of model.inputs) {
      const fed: FlatArray | HeldArray | undefined = feeds[key];
      const what = `input ${key} of ${name}`;
      const isHeld = typeof fed === "object" && fed !== null && "dispose" in fed;
      inputs[key] = isHeld ? fitting(what, type, fed, sizes) : arrayValue(what, type, fed, sizes);
    }
    for (const shape of model.shapeInputs) {
      const data = BigInt64Array.from(shape, (size) => BigInt(bindSize(size, sizes)));
      inputs[shapeInputName(shape)] = { type: "int64", shape: [shape.length], data };
    }
    for (const size of model.countInputs) {
      const data = Int32Array.of(bindSize(size, sizes));
      inputs[countInputName(size)] = { type: "int32", shape: [], data };
    }
    const places: Record<string, ArrayValue> = {};
    for (const [key, data] of Object.entries(targets)) {
      if (unread.has(key)) continue;
      const type = model.outputs.get(key);
      if (type === undefined) {
        const hint = `Its outputs are ${outputNames.join(", ")}.`;
        throw misfit(`output ${key} of ${name}`, "does not exist", hint);
      }
      places[key] = arrayValue(`output ${key} of ${name}`, type, data, sizes);
    }
    const read = outputNames.filter((key) => !unread.has(key));
    return session.run(inputs, read, places);
  };
  return {
    name,
    inputs: model.inputs,
    run: async (feeds, sizes, targets = {}, unread = new Set()) =>
      (await run(feeds, sizes, targets, unread)).arrays,
    runHeld: (feeds, sizes, unread = new Set()) => run(feeds, sizes, {}, unread),
    async hold(input, data) {
      const type = model.inputs.get(input);
      const what = `input ${input} of ${name}`;
      if (type !== undefined) return runtime.hold(arrayValue(what, type, data, {}));
      throw misfit(what, "does not exist", `Its inputs are ${inputNames.join(", ")}.`);
    },
    dispose: () => session.dispose(),
  };
}

function requireKernels({ device, lacks }: Runtime, name: string, outputs: GraphOutputs): void {
  const missing = orderedNodes(Object.values(outputs)).find(({ op }) => lacks.includes(op));
  if (missing === undefined) return;
  throw new L3MaskingError(
    "device-kernel",
    `the device ${device} has no kernel for ${missing.op}, which graph ${name} needs, and nothing runs on the processor instead`,
    { hint: "Use --device cpu." },
  );
}

interface DeclaredType {
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** An array that the device holds, where its type and shape are those declared. */
function fitting(
  what: string,
  { type, shape }: DeclaredType,
  held: HeldArray,
  sizes: SizeBindings,
): HeldArray {
  const expected = `${type} [${shape.map((size) => bindSize(size, sizes))}]`;
  const found = `${held.type} [${held.shape}]`;
  if (found === expected) return held;
  throw misfit(what, `needs ${expected}, got ${found}`, `It is declared as ${formatShape(shape)}.`);
}

function arrayValue(
  what: string,
  { type, shape: symbolic }: DeclaredType,
  data: FlatArray | undefined,
  sizes: SizeBindings,
): ArrayValue {
  const shape = symbolic.map((size) => bindSize(size, sizes));
  const declared = `It is declared as ${type} ${formatShape(symbolic)}, in this run [${shape}].`;
  if (data === undefined) throw misfit(what, "was not given", declared);
  if (!ArrayBuffer.isView(data)) {
    const hint = "Feed flat typed arrays, row by row; a number is an array of one element.";
    throw misfit(
      what,
      `needs a typed array, got ${Array.isArray(data) ? "Array" : typeof data}`,
      hint,
    );
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (data.length !== count) {
    throw misfit(what, `needs ${count} elements, got ${data.length}`, declared);
  }
  if (type === "float32" && data instanceof Float32Array) return { type, shape, data };
  if (type === "int32" && data instanceof Int32Array) return { type, shape, data };
  if (type === "int8" && data instanceof Int8Array) return { type, shape, data };
  if (type === "bool" && data instanceof Uint8Array) return { type, shape, data };
  const hint =
    "float32 is fed by a Float32Array, int32 by an Int32Array, int8 by an Int8Array, bool by a Uint8Array of 0 and 1.";
  throw misfit(what, `needs ${type}, got ${data.constructor.name}`, hint);
}

function misfit(what: string, problem: string, hint: string): L3MaskingError {
  return new L3MaskingError("graph-invalid", `${what} ${problem}`, { hint });
}

/** The first element of a float output. Throws `runtime-failed` for another type. */
export function scalarOutput(outputs: NamedArrays, name: string): number {
  return floatOutput(outputs, name)[0];
}

/** A float output. Throws `runtime-failed` if it is absent or of another type. */
export function floatOutput(outputs: NamedArrays, name: string): Float32Array {
  const value = outputs[name];
  if (value?.type !== "float32") {
    throw new L3MaskingError("runtime-failed", `output ${name} is missing or not float32`);
  }
  return value.data;
}
