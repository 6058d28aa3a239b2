/** A program: one graph of one kind, written as ONNX and loaded into a runtime. */

import { L3MaskingError } from "../../base/errors.js";
import { type Builder, createBuilder } from "../../engine/graph/builder.js";
import type { GraphOutputs } from "../../engine/graph/graph.js";
import { bindSize, type SizeBindings } from "../../engine/graph/shape.js";
import { countInputName, shapeInputName, toOnnx } from "../../engine/onnx/export.js";
import type { ArrayValue, HeldArray, NamedArrays, Runtime } from "../../engine/runtime/runtime.js";

/** A flat array of the host; its shape follows from the sizes of the run. */
export type FlatArray = Float32Array | Int32Array | Int8Array | Uint8Array;
/** Flat arrays by the names of inputs or outputs of a program. */
export type Feeds = Readonly<Record<string, FlatArray>>;

export interface Program {
  readonly name: string;
  /** Names of the inputs, named sizes not included. */
  readonly inputs: ReadonlySet<string>;
  /**
   * Runs the program, fed by arrays of the host and such as the device holds. `targets` are arrays to write outputs to; other outputs come back fresh, but for `unread` ones.
   * Throws `graph-invalid` for a missing input or one whose length does not fit its shape.
   */
  run(
    feeds: Readonly<Record<string, FlatArray | HeldArray>>,
    sizes: SizeBindings,
    targets?: Feeds,
    unread?: ReadonlySet<string>,
  ): Promise<NamedArrays>;
  dispose(): Promise<void>;
}

/** Builds, writes and loads a program. */
export async function compileProgram(
  runtime: Runtime,
  name: string,
  define: (build: Builder) => GraphOutputs,
): Promise<Program> {
  const model = toOnnx(name, define(createBuilder()), runtime.target);
  const session = await runtime.load(name, model.bytes);
  const outputNames = [...model.outputs.keys()];

  return {
    name,
    inputs: new Set(model.inputs.keys()),
    async run(feeds, sizes, targets = {}, unread = new Set()) {
      const inputs: Record<string, ArrayValue | HeldArray> = {};
      for (const [key, type] of model.inputs) {
        const fed: FlatArray | HeldArray | undefined = feeds[key];
        const what = `input ${key} of ${name}`;
        const isHeld = fed !== undefined && !ArrayBuffer.isView(fed);
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
        if (type === undefined) throw misfit(`output ${key} of ${name}`, "does not exist");
        places[key] = arrayValue(`output ${key} of ${name}`, type, data, sizes);
      }
      const read = outputNames.filter((key) => !unread.has(key));
      return (await session.run(inputs, read, places)).arrays;
    },
    dispose: () => session.dispose(),
  };
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
  if (found !== expected) throw misfit(what, `needs ${expected}, got ${found}`);
  return held;
}

function arrayValue(
  what: string,
  { type, shape: symbolic }: DeclaredType,
  data: FlatArray | undefined,
  sizes: SizeBindings,
): ArrayValue {
  const shape = symbolic.map((size) => bindSize(size, sizes));
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (data === undefined) throw misfit(what, "was not given");
  if (data.length !== count) throw misfit(what, `needs ${count} elements, got ${data.length}`);
  if (type === "float32" && data instanceof Float32Array) return { type, shape, data };
  if (type === "int32" && data instanceof Int32Array) return { type, shape, data };
  if (type === "int8" && data instanceof Int8Array) return { type, shape, data };
  if (type === "bool" && data instanceof Uint8Array) return { type, shape, data };
  throw misfit(what, `needs ${type}, got ${data.constructor.name}`);
}

function misfit(what: string, problem: string): L3MaskingError {
  return new L3MaskingError("graph-invalid", `${what} ${problem}`);
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
