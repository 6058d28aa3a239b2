import { fromBinary } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { createBuilder } from "../graph/builder.js";
import type { GraphOutputs } from "../graph/graph.js";
import { cpu } from "../runtime/devices/cpu.js";
import type { Runtime } from "../runtime/runtime.js";
import { toOnnx } from "./export.js";
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
} from "./onnx_pb.js";

/** A small layer: R rows of S slots in, named sizes in the reshape. */
function layer() {
  const build = createBuilder();
  const x = build.input("x", "float32", ["R*S", 2]);
  const weight = build.input("weight", "float32", [3, 2]);
  const y = build.scope("layer", () => build.gemm(x, weight, undefined, { transB: true }));
  const shaped = build.reshape(build.tanh(y), ["R", "S", 3]);
  return { shaped, again: shaped, x, total: build.sum(build.scale(shaped, 2), [0, 1, 2]) };
}

function modelOf(outputs: GraphOutputs, target: "cpu" | "portable" = "cpu") {
  const { graph, ...model } = fromBinary(ModelProtoSchema, toOnnx("name", outputs, target).bytes);
  if (graph === undefined) throw new Error("a model has a graph");
  return { graph, model };
}

/** Rank-and-size text of a value: "float32 [R*S, 2]". */
function typeText(value: ReturnType<typeof modelOf>["graph"]["input"][number]): string {
  const type = value.type?.value;
  if (type?.case !== "tensorType") throw new Error("a value is a tensor");
  const sizes = type.value.shape?.dim.map(({ value: size }) => String(size.value)) ?? [];
  return `${value.name}: ${DataType[type.value.elemType]} [${sizes.join(", ")}]`;
}

describe("toOnnx", () => {
  const { x, ...outputs } = layer();

  it("writes opset 20, IR 10, and who made it", () => {
    const { model, graph } = modelOf(outputs);
    expect(model).toMatchObject({ irVersion: 10n, producerName: "l3masking" });
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
      ["", 20n],
      ["com.microsoft", 1n],
    ]);
    expect(graph.name).toBe("name");
  });

  it("has weights and shapes with named sizes as inputs, never as numbers in the file", () => {
    const { graph } = modelOf(outputs);
    expect(graph.input.map(typeText)).toEqual([
      "x: FLOAT [R*S, 2]",
      "weight: FLOAT [3, 2]",
      "shape.R,S,3: INT64 [3]",
    ]);
    expect(toOnnx("name", outputs, "cpu").shapeInputs).toEqual([["R", "S", 3]]);
    const elements = graph.initializer.map(({ rawData }) => rawData.length / 8);
    expect(Math.max(...elements)).toBeLessThan(8);

    // The same graph with a weight of 4 million numbers is as long.
    const build = createBuilder();
    const wide = build.input("x", "float32", ["R*S", 2000]);
    const large = build.input("weight", "float32", [2000, 2000]);
    const y = build.tanh(build.gemm(wide, large, undefined, { transB: true }));
    expect(toOnnx("name", { y }, "cpu").bytes.length).toBeLessThan(1000);
  });

  it("names results by outputs, and passes one with two names on", () => {
    const { graph } = modelOf(outputs);
    expect(graph.output.map(typeText)).toEqual([
      "shaped: FLOAT [R, S, 3]",
      "again: FLOAT [R, S, 3]",
      "total: FLOAT []",
    ]);
    const makers = graph.output.map(({ name }) =>
      graph.node.filter(({ output }) => output.includes(name)).map(({ opType }) => opType),
    );
    expect(makers).toEqual([["Reshape"], ["Identity"], ["ReduceSum"]]);
    const [again] = graph.node.filter(({ opType }) => opType === "Identity");
    expect(again.input).toEqual(["shaped"]);
  });

  it("names nodes by scope and operation", () => {
    const { graph } = modelOf(outputs);
    const names = graph.node.map(({ name }) => name).filter((name) => name !== "");
    expect(new Set(names).size).toBe(names.length);
    expect(names.some((name) => name.startsWith("layer/gemm/Gemm."))).toBe(true);
  });

  it("writes each kind of attribute as its type", () => {
    const build = createBuilder();
    const a = build.input("a", "float32", [2, 3]);
    const rows = build.scatterRows(build.input("ids", "int32", [2]), a, 4);
    const { graph } = modelOf({
      y: build.transpose(build.gemm(a, a, undefined, { transB: true, alpha: 0.5 }), [1, 0]),
      rows,
    });
    const attribute = (opType: string, name: string) =>
      graph.node
        .find((node) => node.opType === opType)
        ?.attribute.find((candidate) => candidate.name === name);
    expect(attribute("Gemm", "alpha")).toMatchObject({ type: AttributeType.FLOAT, f: 0.5 });
    expect(attribute("Gemm", "transB")).toMatchObject({ type: AttributeType.INT, i: 1n });
    expect(attribute("Transpose", "perm")).toMatchObject({
      type: AttributeType.INTS,
      ints: [1n, 0n],
    });
    const reduction = attribute("ScatterND", "reduction");
    expect(reduction?.type).toBe(AttributeType.STRING);
    expect(new TextDecoder().decode(reduction?.s)).toBe("add");
  });

  it("keeps to the standard operators where asked for portable ones", () => {
    const build = createBuilder();
    const a = build.input("a", "float32", [2, 3, 3]);
    const y = build.gelu(build.matmul(a, a, { transB: true, alpha: 2 }));
    const domains = (target: "cpu" | "portable") =>
      new Set(modelOf({ y }, target).graph.node.map(({ domain }) => domain));
    expect(domains("cpu").has("com.microsoft")).toBe(true);
    expect(domains("portable")).toEqual(new Set([""]));
  });

  it("refuses a graph that fails verification", () => {
    const build = createBuilder();
    const shadow = build.tanh(build.input("x", "float32", [2]));
    expect(() => toOnnx("name", { x: shadow }, "cpu")).toThrow(
      expect.objectContaining({ code: "graph-invalid" }),
    );
  });
});

describe("the bytes in ONNX Runtime", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await cpu.open({ threads: 1 });
  });

  it("compute the graph for any values of the named sizes", async () => {
    const { x, ...outputs } = layer();
    const session = await runtime.load("layer", toOnnx("layer", outputs, "cpu").bytes);
    for (const [R, S] of [
      [1, 2],
      [3, 4],
    ]) {
      const rows = Float32Array.from({ length: R * S * 2 }, (_, i) => 0.1 * i);
      const { arrays: result } = await session.run(
        {
          x: { type: "float32", shape: [R * S, 2], data: rows },
          weight: { type: "float32", shape: [3, 2], data: Float32Array.of(1, 0, 0, 1, 1, -1) },
          "shape.R,S,3": {
            type: "int64",
            shape: [3],
            data: BigInt64Array.of(BigInt(R), BigInt(S), 3n),
          },
        },
        ["shaped", "again", "total"],
      );
      expect(result.shaped.shape).toEqual([R, S, 3]);
      const expected = Array.from({ length: R * S }, (_, row) => {
        const [a, b] = [0.2 * row, 0.2 * row + 0.1];
        return [Math.tanh(a), Math.tanh(b), Math.tanh(a - b)];
      }).flat();
      expected.forEach((value, i) => {
        expect(Number(result.shaped.data[i])).toBeCloseTo(value, 5);
      });
      expect(result.again.data).toEqual(result.shaped.data);
      const total = 2 * expected.reduce((sum, value) => sum + value, 0);
      expect(Number(result.total.data[0])).toBeCloseTo(total, 4);
    }
    await session.dispose();
  });

  it("hold constants of each element type", async () => {
    const build = createBuilder();
    const x = build.input("x", "float32", [3]);
    const rows = build.gatherRows(x, build.constant([2, 0], [2], "int32"));
    const outputs = {
      y: build.add(rows, build.constant([10, 20], [2])),
      c: build.constant([7], [1]),
    };
    const session = await runtime.load("constants", toOnnx("constants", outputs, "cpu").bytes);
    const fed = { x: { type: "float32" as const, shape: [3], data: Float32Array.of(1, 2, 3) } };
    const { y, c } = (await session.run(fed, ["y", "c"])).arrays;
    expect(y.data).toEqual(Float32Array.of(13, 21));
    expect(c.data).toEqual(Float32Array.of(7));
    await session.dispose();
  });
});
