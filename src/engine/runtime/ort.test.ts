import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { createBuilder } from "../graph/builder.js";
import { toOnnx } from "../onnx/export.js";
import { createNodeRuntime } from "./node.js";
import { runtimeError } from "./ort.js";
import type { ArrayValue, Runtime } from "./runtime.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime({ threads: 1 });
});

const floats = (shape: number[], ...values: number[]): ArrayValue => ({
  type: "float32",
  shape,
  data: Float32Array.from(values),
});
const integers = (...values: number[]): ArrayValue => ({
  type: "int32",
  shape: [values.length],
  data: Int32Array.from(values),
});

async function lookup() {
  const build = createBuilder();
  const table = build.input("table", "float32", [2, 2]);
  const ids = build.input("ids", "int32", ["T"]);
  const rows = build.scope("embeddings", () => build.gatherRows(table, ids));
  const outputs = { rows, doubled: build.scale(rows, 2), read: ids };
  return runtime.load("lookup", toOnnx("lookup", outputs, "cpu").bytes);
}

const table = floats([2, 2], 1, 2, 3, 4);

describe("a session", () => {
  it("gives the outputs asked for, floats and integers, in fresh arrays", async () => {
    const session = await lookup();
    const result = await session.run({ table, ids: integers(1, 0, 1) }, ["rows", "read"]);
    expect(result).toEqual({
      rows: floats([3, 2], 3, 4, 1, 2, 3, 4),
      read: integers(1, 0, 1),
    });
    const again = await session.run({ table, ids: integers(0) }, ["rows"]);
    expect(again.rows.data.length).toBe(2);
    expect(result.rows.data[0]).toBe(3);
    await session.dispose();
  });

  it("writes an output where it is told, beside others", async () => {
    const session = await lookup();
    const place = floats([1, 2], 0, 0);
    const inputs = { table, ids: integers(1) };
    const { doubled } = await session.run(inputs, ["rows", "doubled"], { rows: place });
    expect(place.data).toEqual(Float32Array.of(3, 4));
    expect(doubled.data).toEqual(Float32Array.of(6, 8));
    await session.dispose();
  });

  it("wraps a failure with graph and node: an id out of range", async () => {
    const session = await lookup();
    const error = await failure(session.run({ table, ids: integers(0, 2) }, ["rows"]));
    expect(error).toMatchObject({ code: "runtime-failed", exitCode: 1 });
    expect(error.message).toMatch(
      /^ONNX Runtime failed in graph lookup, node embeddings\/gatherRows\/Gather\.\d+: /,
    );
    expect(error.message).toContain("idx=2 must be within the inclusive range [-2,1]");
    expect(error.hint).toContain("l3masking doctor");
    expect(error.cause).toBeInstanceOf(Error);
    // The session is as good as before.
    const { rows } = await session.run({ table, ids: integers(0) }, ["rows"]);
    expect(rows.data).toEqual(Float32Array.of(1, 2));
    await session.dispose();
  });

  it("wraps an input that is missing or of another type", async () => {
    const session = await lookup();
    const missing = await failure(session.run({ table }, ["rows"]));
    expect(missing).toMatchObject({ code: "runtime-failed" });
    expect(missing.message).toContain("graph lookup");
    const wrong = await failure(session.run({ table, ids: floats([1], 0) }, ["rows"]));
    expect(wrong).toMatchObject({ code: "runtime-failed" });
    await session.dispose();
  });
});

describe("a runtime", () => {
  it("tells its name, version and threads", () => {
    expect(runtime).toMatchObject({ threads: 1, target: "cpu" });
    expect(runtime.name).toMatch(/^onnxruntime-node 1\.\d+\.\d+$/);
  });

  it("wraps bytes that are no model with the graph's name", async () => {
    const error = await failure(runtime.load("broken", Uint8Array.of(1, 2, 3)));
    expect(error).toMatchObject({ code: "runtime-failed" });
    expect(error.message).toContain("graph broken");
  });
});

describe("runtimeError", () => {
  it("proposes smaller batches where memory ran out", () => {
    const cause = new Error("Failed to allocate memory for requested buffer of size 99");
    const { hint, message } = runtimeError("training", cause);
    expect(hint).toContain("--batch-size");
    expect(message).toContain("graph training: Failed to allocate");
  });

  it("takes anything that is thrown", () => {
    expect(runtimeError("training", "text").message).toBe(
      "ONNX Runtime failed in graph training: text",
    );
  });
});
