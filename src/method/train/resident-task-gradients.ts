/** The gradients of single tasks where a device holds them: `bodyGradients`, as graphs. */
import type { Builder } from "../../engine/graph/builder.js";
import type { GraphOutputs, Tensor } from "../../engine/graph/graph.js";
import { compileProgram, type Program, scalarOutput } from "../../engine/program.js";
import type { HeldArray, Runtime } from "../../engine/runtime/runtime.js";
import type { Parameter } from "../../model/parameters.js";
import type { ResidentArrays } from "./resident-arrays.js";
import type { BodyGradients } from "./task-gradients.js";

/** Compiled when they are first needed. */
export function residentBodyGradients(
  runtime: Runtime,
  arrays: ResidentArrays,
  body: readonly Parameter[],
): BodyGradients & { dispose(): Promise<void> } {
  let programs: { readonly norm: Program; readonly task: Program } | undefined;
  const compiled = async () => {
    programs ??= {
      norm: await compileProgram(runtime, "dev-norm", (build) => devNormGraph(build, body)),
      task: await compileProgram(
        runtime,
        "task-gradient",
        (build) => taskGraph(build, body),
        body.map(({ name }) => `sum.${name}`),
      ),
    };
    return programs;
  };
  const feeds = (slot: string): Record<string, HeldArray> =>
    Object.fromEntries(body.map(({ name }) => [`${slot}.${name}`, arrays.get(slot, name)]));
  return {
    clearDev: () => arrays.clear("dev"),
    async devNorm() {
      const { norm } = await compiled();
      return Math.sqrt(scalarOutput(await norm.run(feeds("dev"), {}), "squares"));
    },
    async takeTask(devNorm) {
      const { task } = await compiled();
      const given = { ...feeds("dev"), ...feeds("task"), ...feeds("gradient") };
      const { arrays: found, held } = await task.runHeld(given, {});
      for (const { name } of body) arrays.put("gradient", name, held[`sum.${name}`]);
      arrays.clear("task");
      const norms = devNorm * Math.sqrt(scalarOutput(found, "squares"));
      return norms === 0 ? 0 : scalarOutput(found, "product") / norms;
    },
    async dispose() {
      await programs?.norm.dispose();
      await programs?.task.dispose();
    },
  };
}

/** `squares` []: the sum of dev^2 over the body. */
function devNormGraph(build: Builder, body: readonly Parameter[]): GraphOutputs {
  const squares = body.map(({ name, shape }) =>
    build.sumOfSquares(build.input(`dev.${name}`, "float32", shape)),
  );
  return { squares: squares.reduce(build.add) };
}

/** `squares` []: the sum of task^2; `product` []: that of dev * task; `sum.NAME`: gradient + task. */
function taskGraph(build: Builder, body: readonly Parameter[]): GraphOutputs {
  const outputs: Record<string, Tensor> = {};
  const squares: Tensor[] = [];
  const products: Tensor[] = [];
  for (const { name, shape } of body) {
    const of = (slot: string) => build.input(`${slot}.${name}`, "float32", shape);
    const task = of("task");
    squares.push(build.sumOfSquares(task));
    // Row by row first, as in `sumOfSquares`.
    const rows = build.sum(build.multiply(of("dev"), task), [shape.length - 1]);
    products.push(
      shape.length === 1
        ? rows
        : build.sum(
            rows,
            rows.shape.map((_, axis) => axis),
          ),
    );
    outputs[`sum.${name}`] = build.add(of("gradient"), task);
  }
  return {
    ...outputs,
    squares: squares.reduce(build.add),
    product: products.reduce(build.add),
  };
}
