import { describe, expect, it } from "vitest";
import { presentDevices } from "../../../test/fixtures/devices.js";
import { randomStream } from "../../base/random.js";
import { toOnnx } from "../onnx/export.js";
import { compileProgram, type Feeds } from "../program.js";
import type { Runtime } from "../runtime/runtime.js";
import { gradients } from "./grad.js";
import type { GraphOutputs, Tensor } from "./graph.js";
import type { NdArray } from "./op.js";
import { instantiate, type OpCase, opCases } from "./ops.cases.js";
import { ops } from "./ops.js";
import { interpret } from "./reference.js";

const differentiable = opCases.filter(({ op }) => ops[op].vjp !== "not differentiable");

describe("the operation table", () => {
  it("has a check case for every operation", () => {
    const covered = new Set(opCases.map(({ op }) => op));
    expect(Object.keys(ops).filter((op) => !covered.has(op as keyof typeof ops))).toEqual([]);
  });
});

/** The case's loss sum(weights * result), and d(loss)/d(input) for its float inputs. */
function withGradients(opCase: OpCase) {
  const { build, inputs, result, feeds, sizes } = instantiate(opCase, 1);
  const random = randomStream(2, opCase.title);
  const weights = build.input("loss.weights", "float32", result.shape);
  const count = interpret({ result }, feeds, sizes).result.data.length;
  feeds["loss.weights"] = {
    shape: interpret({ result }, feeds, sizes).result.shape,
    data: Float64Array.from({ length: count }, () => Math.fround(random.normal())),
  };
  const weighted = build.multiply(result, weights);
  const loss = build.sum(
    weighted,
    weighted.shape.map((_, axis) => axis),
  );
  const floats = inputs.filter(({ type }) => type === "float32");
  return { build, feeds, sizes, floats, loss, gradients: gradients(build, loss, floats) };
}

/** All parts of the gradients as named outputs. */
function gradientOutputs({ floats, gradients: found, loss }: ReturnType<typeof withGradients>) {
  const outputs: Record<string, Tensor> = { loss };
  floats.forEach((input, k) => {
    const gradient = found.get(input);
    if (gradient?.dense) outputs[`dense.${k}`] = gradient.dense;
    gradient?.rows.forEach(({ indices, rows }, n) => {
      outputs[`rows.${k}.${n}`] = rows;
      outputs[`indices.${k}.${n}`] = indices;
    });
  });
  return outputs satisfies GraphOutputs;
}

describe("gradients against central differences in float64", () => {
  it.each(differentiable.map((c) => [`${c.op}: ${c.title}`, c] as const))("%s", (_, opCase) => {
    const checked = withGradients(opCase);
    const { feeds, sizes, floats, loss } = checked;
    const values = interpret(gradientOutputs(checked), feeds, sizes);
    const lossAt = (moved: Record<string, NdArray>) =>
      interpret({ loss }, { ...feeds, ...moved }, sizes).loss.data[0];

    floats.forEach((input, k) => {
      if (input.source.kind !== "input") return;
      const value = feeds[input.source.name];
      const random = randomStream(3, input.source.name);
      const direction = value.data.map(() => random.normal());
      let expected = 0;
      values[`dense.${k}`]?.data.forEach((g, at) => {
        expected += g * direction[at];
      });
      for (let n = 0; values[`rows.${k}.${n}`]; n++) {
        const rows = values[`rows.${k}.${n}`];
        const indices = values[`indices.${k}.${n}`];
        const width = rows.data.length / indices.data.length;
        rows.data.forEach((g, at) => {
          expected += g * direction[indices.data[Math.floor(at / width)] * width + (at % width)];
        });
      }
      const epsilon = 1e-5;
      const moved = (sign: number): NdArray => ({
        shape: value.shape,
        data: value.data.map((x, at) => x + sign * epsilon * direction[at]),
      });
      const name = input.source.name;
      const numeric =
        (lossAt({ [name]: moved(1) }) - lossAt({ [name]: moved(-1) })) / (2 * epsilon);
      expect(Math.abs(numeric - expected) / Math.max(1, Math.abs(numeric))).toBeLessThan(1e-7);
    });
  });
});

const runtimes = (await presentDevices()).flatMap(([name, { runtime }]): [string, Runtime][] =>
  name === "cpu"
    ? [
        ["cpu", runtime],
        ["cpu, portable", { ...runtime, target: "portable" }],
      ]
    : [[name, runtime]],
);

describe.each(runtimes)("ONNX Runtime against the interpreter, %s", (_, runtime) => {
  it.each(opCases.map((c) => [`${c.op}: ${c.title}`, c] as const))("%s", async (_, opCase) => {
    const hasGradient = ops[opCase.op].vjp !== "not differentiable";
    const instance = hasGradient ? withGradients(opCase) : instantiate(opCase, 1);
    const outputs: Record<string, Tensor> =
      "loss" in instance ? gradientOutputs(instance) : { result: instance.result };
    const { feeds, sizes } = instance;
    const expected = interpret(outputs, feeds, sizes);
    const compiled = compileProgram(runtime, "case", () => outputs);
    if (runtime.lacks.includes(opCase.op)) {
      await expect(compiled).rejects.toMatchObject({ code: "device-kernel" });
      return;
    }
    const program = await compiled;
    const types = toOnnx("case", outputs, runtime.target).inputs;
    const typed: Record<string, Feeds[string]> = {};
    for (const [name, { type }] of types) {
      const { data } = feeds[name];
      typed[name] =
        type === "float32"
          ? Float32Array.from(data)
          : type === "int32"
            ? Int32Array.from(data)
            : type === "int8"
              ? Int8Array.from(data)
              : Uint8Array.from(data);
    }
    const actual = await program.run(typed, sizes);
    for (const [name, { data }] of Object.entries(expected)) {
      const found = actual[name].data;
      expect(found.length).toBe(data.length);
      data.forEach((value, at) => {
        expect(Math.abs(Number(found[at]) - value)).toBeLessThan(
          2e-5 * Math.max(1, Math.abs(value)),
        );
      });
    }
    await program.dispose();
  });
});
