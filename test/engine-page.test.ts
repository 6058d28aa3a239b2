/** docs/engine.md against the operations it lists. */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { createBuilder } from "../src/engine/graph/builder.js";
import { gradientsOf } from "../src/engine/graph/grad.js";
import type { TensorType } from "../src/engine/graph/graph.js";
import type { OpAttributes, OpName } from "../src/engine/graph/op.js";
import { ops } from "../src/engine/graph/ops.js";
import { createTrainer } from "../src/engine/optimizer/trainer.js";
import { compileProgram } from "../src/engine/program.js";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import { failure } from "./fixtures/failure.js";
import { page } from "./fixtures/pages.js";

interface Row {
  readonly name: string;
  readonly attributes: string;
  readonly shapes: string;
  readonly gradient: string;
}

const table = page("docs/engine.md").split("| operation | attributes |")[1] ?? "";
const rows: readonly Row[] = Array.from(
  table.matchAll(/^\| `(\w+)` \| (?:`([^`]*)` )?\| `([^`]*)` \| .* \| (\w+) \|$/gm),
  ([, name, attributes = "", shapes, gradient]) => ({ name, attributes, shapes, gradient }),
);

const elementTypes = z.enum(["float32", "int32", "int8", "bool"]);

/** "x int32 [N, 2], y []" as types; a size is a number or a name. */
function typesIn(text: string): TensorType[] {
  return Array.from(text.matchAll(/(?:(int32|int8|bool) )?\[([^\]]*)\]/g), ([, type, sizes]) => ({
    type: elementTypes.parse(type ?? "float32"),
    shape:
      sizes === ""
        ? []
        : sizes.split(", ").map((size) => (/^\d+$/.test(size) ? Number(size) : size)),
  }));
}

function isOp(name: string): name is OpName {
  return Object.hasOwn(ops, name);
}

/** The attributes of a row, which the page writes as examples. */
function attributesOf<K extends OpName>(text: string): OpAttributes[K] {
  return parse(`{${text}}`);
}

/** The operation of a row, applied to inputs of the types that the row gives. */
function applied({ name, attributes, shapes }: Row) {
  if (!isOp(name)) return expect.unreachable(`no operation ${name}`);
  const [from, to] = shapes.split("-> ");
  const build = createBuilder();
  const inputs = typesIn(from).map(({ type, shape }, i) => build.input(`i${i}`, type, shape));
  const outputs = build.apply(name, inputs, attributesOf(attributes));
  return { op: name, build, inputs, outputs, expected: typesIn(to) };
}

/** "yes" where some input gets a gradient, "0" where none does, "no" where it is refused. */
function gradientOf<K extends OpName>(op: K, attributes: string, row: ReturnType<typeof applied>) {
  const { vjp } = ops[op];
  if (vjp === "not differentiable") return "no";
  const { build, inputs, outputs } = row;
  const gradient = build.input("g", "float32", outputs[0].shape);
  const rules = vjp({ build, inputs, outputs, gradient, attributes: attributesOf<K>(attributes) });
  return rules.some((rule) => rule !== null) ? "yes" : "0";
}

describe("the table of operations", () => {
  it("has all of them, in the order of the code", () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(ops));
  });

  it.each(rows)("has the types and shapes of $name", (row) => {
    const { outputs, expected } = applied(row);
    expect(outputs.map(({ type, shape }) => ({ type, shape }))).toEqual(expected);
  });

  it.each(rows)("says whether $name has a gradient", (row) => {
    const found = applied(row);
    expect(gradientOf(found.op, row.attributes, found)).toBe(row.gradient);
  });
});

describe("the table of misfits", () => {
  it("quotes what is thrown", async () => {
    const runtime = await cpu.open({ threads: 1 });
    const build = createBuilder();
    const x = build.input("x", "float32", ["N", 3]);
    const loss = build.meanSquaredError(x, build.input("y", "float32", ["N", 1]));
    const program = await compileProgram(runtime, "gradient", () => ({ loss }));
    const [six, five, two] = [6, 5, 2].map((count) => new Float32Array(count));
    const misfits: readonly (() => unknown)[] = [
      () => build.gemm(x, build.input("w", "float32", [1, 4])),
      () => gradientsOf(build, build.input("losses", "float32", ["N"]), [x]),
      () => gradientsOf(build, build.sum(build.apply("geluBackward", [x, x], {})[0]), [x]),
      () => createTrainer(runtime, () => ({ loss }), { bias: two }),
      () => program.run({ x: six }, { N: 2 }),
      () => program.run({ x: six, y: two, z: two }, { N: 2 }),
      () => program.run({ x: five, y: two }, { N: 2 }),
    ];
    const messages: string[] = [];
    for (const misfit of misfits) {
      const error = await failure(Promise.resolve().then(misfit));
      expect(error.code).toBe("graph-invalid");
      expect(error.hint).toMatch(/.{10}/);
      messages.push(error.message);
    }
    const table = page("docs/engine.md").split("| what | `graph-invalid`: |")[1] ?? "";
    const quoted = table
      .split("\n\n")[0]
      .split("\n")
      .slice(2)
      .map((line) => line.split(" | ")[1].replace(/ \|$/, ""));
    expect(quoted).toEqual(messages);
  });
});
