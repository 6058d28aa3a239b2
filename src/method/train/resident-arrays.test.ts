import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import type { HeldArray, Runtime } from "../../engine/runtime/runtime.js";
import type { Parameter } from "../../model/parameters.js";
import { createResidentArrays } from "./resident-arrays.js";

const parameter = (name: string, ...shape: number[]): Parameter => {
  return { name, shape, part: "body", decay: true, initial: "zeros" };
};
const [a, b, c] = [parameter("a", 2, 3), parameter("b", 2, 3), parameter("c", 4)];

/** The processor, and how many arrays it holds. */
async function counting() {
  const runtime = await cpu.open({ threads: 1 });
  const held = new Set<HeldArray>();
  const counted: Runtime = {
    ...runtime,
    async hold(value) {
      const array = await runtime.hold(value);
      held.add(array);
      const { dispose } = array;
      return Object.assign(array, {
        dispose() {
          held.delete(array);
          dispose();
        },
      });
    },
  };
  return { runtime: counted, held };
}

describe("resident arrays", () => {
  it("are 0 at first and after they are cleared, in one array for each shape", async () => {
    const { runtime, held } = await counting();
    const arrays = await createResidentArrays(runtime, [a, b, c]);
    expect(held.size).toBe(2);
    expect(arrays.get("gradient", "a")).toBe(arrays.get("first", "b"));
    expect(await arrays.get("gradient", "c").read()).toMatchObject({ data: new Float32Array(4) });
    await arrays.send("gradient", a, Float32Array.of(1, 2, 3, 4, 5, 6));
    await arrays.send("gradient", c, Float32Array.of(7, 8, 9, 10));
    expect(held.size).toBe(4);
    arrays.clear("gradient", "a");
    expect(arrays.get("gradient", "a")).toBe(arrays.get("first", "b"));
    expect(held.size).toBe(3);
    arrays.clear("gradient");
    expect(arrays.get("gradient", "c")).toBe(arrays.get("first", "c"));
    expect(held.size).toBe(2);
  });

  it("dispose of what is replaced, and of all at the end", async () => {
    const { runtime, held } = await counting();
    const arrays = await createResidentArrays(runtime, [c]);
    const values = Float32Array.of(1, 2, 3, 4);
    await arrays.send("weight", c, values);
    // A copy: the store's values go on to change.
    values.fill(0);
    const first = arrays.get("weight", "c");
    expect(await first.read()).toMatchObject({ data: Float32Array.of(1, 2, 3, 4) });
    await arrays.send("weight", c, Float32Array.of(5, 6, 7, 8));
    expect(held.size).toBe(2);
    expect(await failure(first.read())).toMatchObject({ code: "runtime-failed" });
    arrays.dispose();
    expect(held.size).toBe(0);
  });

  it("know their parameters", async () => {
    const arrays = await createResidentArrays((await counting()).runtime, [a]);
    expect(() => arrays.get("weight", "z")).toThrow('the device holds no parameter "z"');
  });
});
