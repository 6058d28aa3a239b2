/** M M^T Q for a fixed matrix M [V, C] and a basis Q [V, r], as a program: the products are large. */

import { compileProgram, floatOutput } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";

export interface GramProgram {
  /** M M^T Q, row-major [V, r]. */
  multiply(basis: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** `matrix` is row-major [rows, columns] and is read in place; a basis has `rank` columns. */
export async function compileGram(
  runtime: Runtime,
  matrix: Float32Array,
  rows: number,
  columns: number,
  rank: number,
): Promise<GramProgram> {
  const program = await compileProgram(runtime, "gram", (build) => {
    const m = build.input("matrix", "float32", [rows, columns]);
    const q = build.input("basis", "float32", [rows, rank]);
    const projected = build.gemm(m, q, undefined, { transA: true }); // [C, r]
    return { product: build.gemm(m, projected) }; // [V, r]
  });
  return {
    multiply: async (basis) => floatOutput(await program.run({ matrix, basis }, {}), "product"),
    dispose: () => program.dispose(),
  };
}
