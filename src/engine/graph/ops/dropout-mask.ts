/** Dropout masks made where the graph runs, instead of fed. */
import { dropoutKeep } from "../../kernels/dropout.js";
import type { TensorType } from "../graph.js";
import type { OnnxEmitter, Op } from "../op.js";
import { type Shape, sizeOf } from "../shape.js";
import { ndArray } from "./ndarray.js";
import { expectRank, expectType } from "./rules.js";

/**
 * keep [shape], bool: element i, counted row-major, is dropoutKeep(i, seed, threshold), the same bits on every device.
 * Input seed, int32 []: the bits of `dropoutSeed` as a signed number. `threshold` is that of `dropoutThreshold`.
 */
export const dropoutMask: Op<{ readonly shape: Shape; readonly threshold: number }> = {
  infer([seed], { shape }): TensorType[] {
    expectType(seed, "int32");
    expectRank(seed, 0);
    return [{ type: "bool", shape }];
  },
  vjp: () => [null],
  evaluate([seed], { shape, threshold }, bind) {
    const keep = ndArray(bind(shape));
    for (let i = 0; i < keep.data.length; i++) {
      keep.data[i] = dropoutKeep(i, seed.data[0], threshold);
    }
    return [keep];
  },
  // In 32-bit unsigned integers, which wrap around everywhere. A rotation is a quotient and a product, as not every device
  // shifts bits.
  onnx(emit, [seed], { shape, threshold }) {
    const add = (a: string, b: string) => emit.node("Add", [a, b])[0];
    const multiply = (a: string, b: string) => emit.node("Mul", [a, b])[0];
    const fixed = (value: number) => unsigned(emit, emit.integer(value | 0));
    const square = (v: string) => multiply(v, add(multiply(v, fixed(2)), fixed(1)));
    const rotate = (v: string) =>
      add(emit.node("Div", [v, fixed(0x10000)])[0], multiply(v, fixed(0x10000)));
    const unsignedSeed = unsigned(emit, seed);
    const range = [emit.integer(0), emit.count(sizeOf(shape)), emit.integer(1)];
    const index = unsigned(emit, emit.node("Range", range)[0]);
    const first = square(add(multiply(index, fixed(0x9e3779b1)), unsignedSeed));
    const second = square(add(multiply(rotate(first), fixed(0x85ebca6b)), unsignedSeed));
    const [dropped] = emit.node("Less", [second, fixed(threshold)]);
    const [kept] = emit.node("Not", [dropped]);
    return emit.node("Reshape", [kept, emit.shape(shape)]);
  },
  // Two of its 32-bit numbers beside each other.
  memory: (_, outputs) => ({ places: outputs, scratch: { ...outputs[0], type: "float32" } }),
};

/** The same bits as a uint32. */
function unsigned(emit: OnnxEmitter, integer: string): string {
  return emit.node("Cast", [integer], { to: { int: 12 } })[0];
}
