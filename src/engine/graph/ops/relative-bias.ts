/**
 * Attention scores that depend on how far a key is from its query.
 *
 * Legend: N buckets, A heads, S slots of a row, L the distance from which on all are in one bucket.
 */
import type { Op } from "../op.js";
import type { Size } from "../shape.js";
import { ndArray } from "./ndarray.js";
import { dense, expectRank, expectType } from "./rules.js";

/**
 * y[0, a, i, j] = table[bucketOf[L + min(max(j - i, -L), L)], a] for queries i and keys j of a row.
 * Inputs: table float32 [N, A], bucketOf int32 [2L+1] below N; output [1, A, S, S].
 *
 * The gradient of the table is a product with a table of zeros and ones, which says what is in each bucket.
 */
export const relativeBias: Op<{ readonly slots: Size }> = {
  infer([table, bucketOf], { slots }) {
    expectType(table, "float32");
    expectType(bucketOf, "int32");
    expectRank(table, 2);
    expectRank(bucketOf, 1);
    return [{ type: "float32", shape: [1, table.shape[1], slots, slots] }];
  },
  vjp: ({ build, inputs: [table, bucketOf], gradient, attributes }) => [
    () => {
      const buckets = Number(table.shape[0]);
      const identity = Array.from({ length: buckets ** 2 }, (_, i) =>
        i % (buckets + 1) === 0 ? 1 : 0,
      );
      const ones = build.constant(identity, [buckets, buckets]);
      const [members] = build.apply("relativeBias", [ones, bucketOf], attributes); // [1, N, S, S]
      const pairs = gradient.shape.slice(2).join("*");
      const flat = build.reshape(members, [buckets, pairs]);
      const heads = build.reshape(gradient, [table.shape[1], pairs]);
      return dense(build.gemm(flat, heads, undefined, { transB: true })); // [N, A]
    },
    null,
  ],
  evaluate([table, bucketOf], { slots }, bind) {
    const [S] = bind([slots]);
    const [, heads] = table.shape;
    const far = (bucketOf.shape[0] - 1) / 2;
    const result = ndArray([1, heads, S, S]);
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < S; i++) {
        for (let j = 0; j < S; j++) {
          const bucket = bucketOf.data[far + Math.min(Math.max(j - i, -far), far)];
          result.data[(head * S + i) * S + j] = table.data[bucket * heads + head];
        }
      }
    }
    return [result];
  },
  onnx(emit, [table, bucketOf], { slots }, _outputs, [, { shape }]) {
    const far = (Number(shape[0]) - 1) / 2;
    const [places] = emit.node("Range", [emit.integer(0), emit.count(slots), emit.integer(1)]);
    const [row] = emit.node("Reshape", [places, emit.ints([1, -1])]);
    const [column] = emit.node("Reshape", [places, emit.ints([-1, 1])]);
    const [distance] = emit.node("Sub", [row, column]); // [S, S]
    const [above] = emit.node("Max", [distance, emit.integer(-far)]);
    const [within] = emit.node("Min", [above, emit.integer(far)]);
    const [index] = emit.node("Add", [within, emit.integer(far)]);
    const [bucket] = emit.node("Gather", [bucketOf, index], { axis: { int: 0 } });
    const [values] = emit.node("Gather", [table, bucket], { axis: { int: 0 } }); // [S, S, A]
    const [heads] = emit.node("Transpose", [values], { perm: { ints: [2, 0, 1] } });
    return emit.node("Unsqueeze", [heads, emit.ints([0])]);
  },
  // What it gathers lies beside what it gives.
  memory: (_inputs, [result]) => ({ places: [result], scratch: result }),
};
