import { describe, expect, it } from "vitest";
import { presentDevices } from "../../../../test/fixtures/devices.js";
import { failure } from "../../../../test/fixtures/failure.js";
import { createBuilder } from "../../graph/builder.js";
import { toOnnx } from "../../onnx/export.js";
import type { ArrayValue, Runtime } from "../runtime.js";

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

/** y = 2 x and the sum of x, and ids as they come. */
function doubling(runtime: Runtime) {
  const build = createBuilder();
  const x = build.input("x", "float32", ["N"]);
  const read = build.input("ids", "int32", ["T"]);
  const outputs = { y: build.scale(x, 2), sum: build.sum(build.scale(x, 2), [0]), read };
  return toOnnx("doubling", outputs, runtime.target);
}

const table = floats([2, 2], 1, 2, 3, 4);

describe.each(await presentDevices())("the device %s", (name, { device, runtime }) => {
  it("gives the outputs asked for, floats and integers, in fresh arrays", async () => {
    const session = await lookup(runtime);
    const { arrays: result } = await session.run({ table, ids: integers(1, 0, 1) }, [
      "rows",
      "read",
    ]);
    expect(result).toEqual({
      rows: floats([3, 2], 3, 4, 1, 2, 3, 4),
      read: integers(1, 0, 1),
    });
    const { arrays: again } = await session.run({ table, ids: integers(0) }, ["rows"]);
    expect(again.rows.data.length).toBe(2);
    expect(result.rows.data[0]).toBe(3);
    await session.dispose();
  });

  it("writes an output where it is told, beside others", async () => {
    const session = await lookup(runtime);
    const place = floats([1, 2], 0, 0);
    const inputs = { table, ids: integers(1) };
    const { arrays } = await session.run(inputs, ["rows", "doubled"], { rows: place });
    expect(place.data).toEqual(Float32Array.of(3, 4));
    expect(arrays.doubled.data).toEqual(Float32Array.of(6, 8));
    await session.dispose();
  });

  it("holds arrays for many runs, and gives copies of them", async () => {
    const session = await lookup(runtime);
    const [first, second] = [await runtime.hold(table), await runtime.hold(integers(1, 0))];
    expect(first).toMatchObject({ type: "float32", shape: [2, 2] });
    for (const ids of [second, integers(1, 0)]) {
      const { arrays, held } = await session.run({ table: first, ids }, ["rows", "doubled"]);
      expect(arrays.rows).toEqual(floats([2, 2], 3, 4, 1, 2));
      expect(held).toEqual({});
    }
    const copy = await first.read();
    expect(copy).toEqual(table);
    if (copy.type === "float32") copy.data.fill(0);
    expect(await first.read()).toEqual(table);
    expect(await second.read()).toEqual(integers(1, 0));
    first.dispose();
    second.dispose();
    await session.dispose();
  });

  it("keeps outputs that it is to hold, and takes them back, run after run", async () => {
    const { bytes } = doubling(runtime);
    const session = await runtime.load("doubling", bytes, ["y", "read"]);
    let x = await runtime.hold(floats([2], 1, -3));
    for (let run = 0; run < 3; run++) {
      const { arrays, held } = await session.run({ x, ids: integers(run) }, ["y", "read", "sum"]);
      expect(Object.keys(held).sort()).toEqual(["read", "y"]);
      expect(arrays).toEqual({ sum: floats([], -4 * 2 ** run) });
      expect(await held.read.read()).toEqual(integers(run));
      x.dispose();
      held.read.dispose();
      x = held.y;
    }
    expect(await x.read()).toEqual(floats([2], 8, -24));
    // What is not asked for is not kept either.
    const { arrays, held } = await session.run({ x, ids: integers(0) }, ["sum"]);
    expect(arrays.sum.data[0]).toBe(-32);
    expect(held).toEqual({});
    x.dispose();
    await session.dispose();
  });

  it("refuses an array that was disposed of, and one of another device", async () => {
    const session = await lookup(runtime);
    const gone = await runtime.hold(table);
    gone.dispose();
    gone.dispose();
    const other = await (await device.open({ threads: 1 })).hold(table);
    for (const fed of [gone, other]) {
      const error = await failure(session.run({ table: fed, ids: integers(0) }, ["rows"]));
      expect(error).toMatchObject({ code: "runtime-failed" });
      expect(error.message).toContain("disposed of, or on a device that does not hold it");
    }
    expect(await failure(gone.read())).toMatchObject({ code: "runtime-failed" });
    expect(await other.read()).toEqual(table);
    other.dispose();
    await session.dispose();
  });

  it("holds no other types", async () => {
    const bytes: ArrayValue = { type: "int8", shape: [2], data: Int8Array.of(1, 2) };
    expect((await failure(runtime.hold(bytes))).message).toBe(
      "devices hold float32 and int32, not int8",
    );
  });

  // WebGPU reads a row nearby instead: its kernels are not told.
  it.skipIf(name === "webgpu")(
    "wraps a failure with graph and node: an id out of range",
    async () => {
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
      const { arrays } = await session.run({ table, ids: integers(0) }, ["rows"]);
      expect(arrays.rows.data).toEqual(Float32Array.of(1, 2));
      await session.dispose();
    },
  );

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
    expect(runtime.device).toBe(name);
    expect(runtime.threads).toBe(1);
    expect(runtime.name).toMatch(/^\S+ \d+\.\d+\.\d+$/);
  });

  it("wraps bytes that are no model with the graph's name", async () => {
    const error = await failure(runtime.load("broken", Uint8Array.of(1, 2, 3)));
    expect(error).toMatchObject({ code: "runtime-failed" });
    expect(error.message).toContain("graph broken");
  });
});
