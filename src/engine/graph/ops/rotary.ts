/**
 * Rotary positions (Su et al. 2021, "RoFormer").
 *
 * Legend: R rows, A heads, S slots of a row, D head size.
 */
import type { OnnxEmitter, Op } from "../op.js";
import type { Size } from "../shape.js";
import { ndArray } from "./ndarray.js";
import { dense, expectRank, expectType } from "./rules.js";

/** The angle of slot 1 for each pair of elements: base^(-2i/D), i = 0 .. D/2-1. */
const frequencies = (base: number, size: number) =>
  Array.from({ length: size / 2 }, (_, i) => base ** ((-2 * i) / size));

/** Slots are FINE * coarse + fine, with a table of angles for each part: graphics processors have sines of few digits only. */
const FINE = 64;
const COARSE = 256;
/** Slots of the longest row that can be turned. */
export const MOST_ROTARY_SLOTS = FINE * COARSE;

/** Cosines and sines of each slot's angles [S, D/2], by the sum of two angles. */
function emitAngles(emit: OnnxEmitter, base: number, size: number, slots: Size) {
  const turns = frequencies(base, size);
  const table = (of: (angle: number) => number, step: number, count: number) => {
    const values = Array.from({ length: count }, (_, i) =>
      turns.map((turn) => of(i * step * turn)),
    );
    return emit.node("Reshape", [emit.floats(values.flat()), emit.ints([count, size / 2])])[0];
  };
  const limits = [emit.integer(0), emit.count(slots), emit.integer(1)];
  const [slot] = emit.node("Range", limits);
  const [coarse] = emit.node("Div", [slot, emit.integer(FINE)]);
  const [before] = emit.node("Mul", [coarse, emit.integer(FINE)]);
  const [fine] = emit.node("Sub", [slot, before]);
  const rows = (of: (angle: number) => number) => [
    emit.node("Gather", [table(of, 1, FINE), fine], { axis: { int: 0 } })[0],
    emit.node("Gather", [table(of, FINE, COARSE), coarse], { axis: { int: 0 } })[0],
  ];
  const [cosFine, cosCoarse] = rows(Math.cos);
  const [sinFine, sinCoarse] = rows(Math.sin);
  const times = (a: string, b: string) => emit.node("Mul", [a, b])[0];
  return {
    cosine: emit.node("Sub", [times(cosFine, cosCoarse), times(sinFine, sinCoarse)])[0],
    sine: emit.node("Add", [times(sinFine, cosCoarse), times(cosFine, sinCoarse)])[0],
  };
}

/**
 * Turns elements i and i + D/2 of x [R, A, S, D] at slot s by the angle s base^(-2i/D), or back with `inverse`. A product of a query and a
 * key depends on the distance of their slots alone, so it does not matter where in a row a text begins.
 * The gradient is turned back.
 */
export const rotary: Op<{ readonly base: number; readonly inverse: boolean }> = {
  infer([x]) {
    expectType(x, "float32");
    expectRank(x, 4);
    return [x];
  },
  vjp: ({ build, gradient, attributes: { base, inverse } }) => [
    () => dense(build.apply("rotary", [gradient], { base, inverse: !inverse })[0]),
  ],
  evaluate([x], { base, inverse }) {
    const [, , slots, size] = x.shape;
    const result = ndArray(x.shape);
    const turns = frequencies(base, size);
    for (let at = 0; at < x.data.length; at += size) {
      const slot = (at / size) % slots;
      turns.forEach((turn, i) => {
        const angle = (inverse ? -1 : 1) * slot * turn;
        const [a, b] = [x.data[at + i], x.data[at + i + size / 2]];
        result.data[at + i] = a * Math.cos(angle) - b * Math.sin(angle);
        result.data[at + i + size / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      });
    }
    return [result];
  },
  onnx(emit, [x], { base, inverse }, [{ shape }]) {
    const half = Number(shape[3]) / 2;
    const { cosine, sine } = emitAngles(emit, base, 2 * half, shape[2]);
    const axes = emit.ints([3]);
    const [a] = emit.node("Slice", [x, emit.ints([0]), emit.ints([half]), axes]);
    const [b] = emit.node("Slice", [x, emit.ints([half]), emit.ints([2 * half]), axes]);
    const [a1, b1] = [a, b].map((part) => emit.node("Mul", [part, cosine])[0]);
    const [a2, b2] = [a, b].map((part) => emit.node("Mul", [part, sine])[0]);
    const first = emit.node(inverse ? "Add" : "Sub", [a1, b2])[0];
    const second = emit.node(inverse ? "Sub" : "Add", [b1, a2])[0];
    return emit.node("Concat", [first, second], { axis: { int: 3 } });
  },
  // Both halves and their products lie beside the result.
  memory: ([x], outputs) => ({ places: outputs, scratch: x }),
};
