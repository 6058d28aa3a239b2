/** How long bare matrix products take in the runtime, one graph for each shape. */

import { randomStream } from "../../src/base/random.js";
import type { Builder } from "../../src/engine/graph/builder.js";
import type { GraphOutputs } from "../../src/engine/graph/graph.js";
import { compileProgram, type Feeds, type Program } from "../../src/engine/program.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { operations, type Product } from "./products.js";

export interface BareProducts {
  /** Seconds of all products, by count. */
  readonly seconds: number;
  /** Multiplications and additions a second. */
  readonly rate: number;
}

/** Of a product; the least time counts. */
const RUNS = 5;

/**
 * The time that the products would take with nothing between them. Each is run as the step writes it and with operands
 * that lie as they are needed; the faster counts, so that the limit is not ours alone. Its first row leaves the graph, so
 * that the result is computed but not copied. What the call takes without the product is taken away: some builds of the runtime copy
 * what they are fed.
 */
export async function measureProducts(
  runtime: Runtime,
  products: readonly Product[],
  now: () => number,
): Promise<BareProducts> {
  let seconds = 0;
  for (const product of products) {
    const plain = { ...product, transA: false, transB: false };
    const forms = product.transA || product.transB ? [product, plain] : [plain];
    const times: number[] = [];
    for (const form of forms) times.push(await timeOf(runtime, form, now));
    seconds += product.count * Math.min(...times);
  }
  return { seconds, rate: operations(products) / seconds };
}

async function timeOf(runtime: Runtime, product: Product, now: () => number): Promise<number> {
  const { batch, m, n, k, transA, transB } = product;
  const shapeA = [...(batch > 1 ? [batch] : []), ...(transA ? [k, m] : [m, k])];
  const shapeB = [...(batch > 1 ? [batch] : []), ...(transB ? [n, k] : [k, n])];
  const inputs = (build: Builder) => ({
    a: build.input("a", "float32", shapeA),
    b: build.input("b", "float32", shapeB),
    first: build.constant([0], [1], "int32"),
  });
  const multiplied = (build: Builder) => {
    const { a, b, first } = inputs(build);
    const all =
      batch > 1
        ? build.matmul(a, b, { transA, transB })
        : build.gemm(a, b, undefined, { transA, transB });
    return { row: build.gatherRows(all, first) };
  };
  const fed = (build: Builder) => {
    const { a, b, first } = inputs(build);
    return { rowA: build.gatherRows(a, first), rowB: build.gatherRows(b, first) };
  };
  const feeds = { a: filled(batch * m * k), b: filled(batch * k * n) };
  const whole = await timeOfProgram(runtime, multiplied, feeds, now);
  return Math.max(0, whole - (await timeOfProgram(runtime, fed, feeds, now)));
}

async function timeOfProgram(
  runtime: Runtime,
  define: (build: Builder) => GraphOutputs,
  feeds: Feeds,
  now: () => number,
): Promise<number> {
  const program: Program = await compileProgram(runtime, "product", define);
  try {
    await program.run(feeds, {});
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const start = now();
      await program.run(feeds, {});
      least = Math.min(least, (now() - start) / 1000);
    }
    return least;
  } finally {
    await program.dispose();
  }
}

function filled(count: number): Float32Array {
  const random = randomStream(0, "operand");
  const pattern = Float32Array.from({ length: 4099 }, () => random.normal());
  return Float32Array.from({ length: count }, (_, i) => pattern[i % pattern.length]);
}
