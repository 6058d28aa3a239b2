import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../../test/fixtures/failure.js";
import { createBuilder } from "../../graph/builder.js";
import { toOnnx } from "../../onnx/export.js";
import type { ArrayValue, Runtime } from "../runtime.js";
import { devices } from "./devices.js";

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

async function lookup(runtime: Runtime) {
  const build = createBuilder();
  const table = build.input("table", "float32", [2, 2]);
  const ids = build.input("ids", "int32", ["T"]);
  const rows = build.scope("embeddings", () => build.gatherRows(table, ids));
  const outputs = { rows, doubled: build.scale(rows, 2), read: ids };
  return runtime.load("lookup", toOnnx("lookup", outputs, runtime.target).bytes);
}

const table = floats([2, 2], 1, 2, 3, 4);

describe.each(Object.entries(devices))("the device %s", (_, device) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await device.open({ threads: 1 });
  });

  it("gives the outputs asked for, floats and integers, in fresh arrays", async () => {
    const session = await lookup(runtime);
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
    const session = await lookup(runtime);
    const place = floats([1, 2], 0, 0);
    const inputs = { table, ids: integers(1) };
    const { doubled } = await session.run(inputs, ["rows", "doubled"], { rows: place });
    expect(place.data).toEqual(Float32Array.of(3, 4));
    expect(doubled.data).toEqual(Float32Array.of(6, 8));
    await session.dispose();
  });

  it("wraps a failure with graph and node: an id out of range", async () => {
    const session = await lookup(runtime);
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
    const session = await lookup(runtime);
    const missing = await failure(session.run({ table }, ["rows"]));
    expect(missing).toMatchObject({ code: "runtime-failed" });
    expect(missing.message).toContain("graph lookup");
    const wrong = await failure(session.run({ table, ids: floats([1], 0) }, ["rows"]));
    expect(wrong).toMatchObject({ code: "runtime-failed" });
    await session.dispose();
  });

  it("tells its name, version and threads", () => {
    expect(runtime.threads).toBe(1);
    expect(runtime.name).toMatch(/^\S+ \d+\.\d+\.\d+$/);
  });

  it("wraps bytes that are no model with the graph's name", async () => {
    const error = await failure(runtime.load("broken", Uint8Array.of(1, 2, 3)));
    expect(error).toMatchObject({ code: "runtime-failed" });
    expect(error.message).toContain("graph broken");
  });
});
