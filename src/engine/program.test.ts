import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { compileProgram, type Feeds, floatOutput, type Program, scalarOutput } from "./program.js";
import { cpu } from "./runtime/devices/cpu.js";
import type { Runtime } from "./runtime/runtime.js";

let runtime: Runtime;
let program: Program;
beforeAll(async () => {
  runtime = await cpu.open({ threads: 1 });
  program = await compileProgram(runtime, "sums", (build) => {
    const x = build.input("x", "float32", ["T", 2]);
    const keep = build.input("keep", "bool", ["T", 2]);
    const kept = build.multiply(x, build.toFloat(keep));
    const ids = build.input("ids", "int32", ["K"]);
    const filled = build.multiply(build.fill(1, ["T", 2]), kept);
    return { rows: build.gatherRows(filled, ids), total: build.sum(kept, [0, 1]), read: ids };
  });
});

const feeds = {
  x: Float32Array.of(1, 2, 3, 4),
  keep: Uint8Array.of(1, 1, 0, 1),
  ids: Int32Array.of(1, 0, 1),
};
const sizes = { T: 2, K: 3 };

describe("a program", () => {
  it("shapes flat arrays by the sizes of the run", async () => {
    expect([...program.inputs.keys()].sort()).toEqual(["ids", "keep", "x"]);
    const outputs = await program.run(feeds, sizes);
    expect(Array.from(floatOutput(outputs, "rows"))).toEqual([0, 4, 1, 2, 0, 4]);
    expect(outputs.rows.shape).toEqual([3, 2]);
    expect(scalarOutput(outputs, "total")).toBe(7);
  });

  it("takes what the device holds, of the type and shape declared", async () => {
    const held = async (...shape: number[]) =>
      runtime.hold({ type: "float32", shape, data: feeds.x });
    const outputs = await program.run({ ...feeds, x: await held(2, 2) }, sizes);
    expect(scalarOutput(outputs, "total")).toBe(7);
    const flat = await held(4);
    expect(await failure(program.run({ ...feeds, x: flat }, sizes))).toMatchObject({
      code: "graph-invalid",
      message: "input x of sums needs float32 [2,2], got float32 [4]",
    });
  });

  it("writes to the arrays it is given", async () => {
    const rows = new Float32Array(6);
    await program.run(feeds, sizes, { rows });
    expect(Array.from(rows)).toEqual([0, 4, 1, 2, 0, 4]);
  });

  it.each<[string, Record<string, Feeds[string] | undefined>, Record<string, number>, string]>([
    ["a missing input", { ids: undefined }, {}, "input ids of sums was not given"],
    [
      "a length that does not fit",
      { x: new Float32Array(3) },
      {},
      "input x of sums needs 4 elements, got 3",
    ],
    [
      "another type",
      { ids: new Float32Array(3) },
      {},
      "input ids of sums needs int32, got Float32Array",
    ],
    ["a size that does not fit", {}, { T: 5 }, "input x of sums needs 10 elements, got 4"],
  ])("refuses %s", async (_, changed, otherSizes, message) => {
    const given = { ...feeds, ...changed };
    const present: Record<string, Feeds[string]> = {};
    for (const [name, value] of Object.entries(given)) if (value) present[name] = value;
    const error = await failure(program.run(present, { ...sizes, ...otherSizes }));
    expect(error).toMatchObject({ code: "graph-invalid", message });
  });

  it("refuses an input that it has not, and plain arrays and numbers, with a hint", async () => {
    const other = { ...feeds, keeps: feeds.keep };
    expect(await failure(program.run(other, sizes))).toMatchObject({
      code: "graph-invalid",
      message: "input keeps of sums does not exist",
      hint: "Did you mean keep?",
    });
    const { hint } = await failure(program.run({ ...feeds, labels: feeds.ids }, sizes));
    expect(hint).toBe("Its inputs are x, keep, ids.");
    for (const [given, name] of [
      [[1, 2, 3, 4], "Array"],
      [1, "number"],
      [null, "object"],
    ]) {
      const error = await failure(
        Reflect.apply(program.run, undefined, [{ ...feeds, x: given }, sizes]),
      );
      expect(error).toMatchObject({
        code: "graph-invalid",
        message: `input x of sums needs a typed array, got ${name}`,
        hint: expect.stringContaining("flat typed arrays"),
      });
    }
  });

  it("takes a value that was asked for, though no output depends on it", async () => {
    const runtime = await cpu.open({ threads: 1 });
    const doubled = await compileProgram(runtime, "doubled", (build) => {
      build.input("unread", "int32", ["T"]);
      return { y: build.scale(build.input("x", "float32", [1]), 2) };
    });
    const outputs = await doubled.run({ x: Float32Array.of(3), unread: Int32Array.of(1) }, {});
    expect(outputs.y.data).toEqual(Float32Array.of(6));
    await doubled.dispose();
  });

  it("keeps outputs on the device that it was compiled to hold", async () => {
    const doubling = await compileProgram(
      runtime,
      "doubling",
      (build) => {
        const x = build.input("x", "float32", ["N"]);
        return { y: build.scale(x, 2), sum: build.sum(x) };
      },
      ["y"],
    );
    const { arrays, held } = await doubling.runHeld({ x: Float32Array.of(1, 2) }, { N: 2 });
    expect([Object.keys(arrays), Object.keys(held)]).toEqual([["sum"], ["y"]]);
    const again = await doubling.runHeld({ x: held.y }, { N: 2 }, new Set(["y"]));
    expect(scalarOutput(again.arrays, "sum")).toBe(6);
    expect(again.held).toEqual({});
    held.y.dispose();
    await doubling.dispose();
  });

  it("refuses a size without a value, and a place for an output that does not exist", async () => {
    const unbound = await failure(program.run(feeds, { T: 2 }));
    expect(unbound.message).toBe("size K has no value in this run");
    const nowhere = await failure(program.run(feeds, sizes, { other: new Float32Array(1) }));
    expect(nowhere.message).toBe("output other of sums does not exist");
  });

  it("gives floats alone as floats", async () => {
    const outputs = await program.run(feeds, sizes);
    for (const name of ["read", "absent"]) {
      expect(() => floatOutput(outputs, name)).toThrow(
        expect.objectContaining({ code: "runtime-failed" }),
      );
    }
  });
});
