import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Parameter } from "../../model/parameters.js";
import { createParameterStore, type ParameterStore } from "./parameter-store.js";
import { bodyGradients, metaSlots, taskSlots } from "./task-gradients.js";

const parameter = (
  name: string,
  size: number,
  part: Parameter["part"],
  decay = true,
): Parameter => ({
  name,
  shape: [size],
  part,
  decay,
  initial: "zeros",
});
const parameters = [
  parameter("a", 21, "body"),
  parameter("b", 3, "body", false),
  parameter("mlm", 9, "mlm-head"),
  parameter("head", 5, "classification-head"),
];

/** One arena, or several, so that the body lies in more than one memory. */
const storeOf = (arenaBytes?: number) =>
  createParameterStore(parameters, {
    extraSlots: metaSlots,
    ...(arenaBytes !== undefined && { arenaBytes }),
  });

/** All body values of a slot in one list. */
const body = (store: ParameterStore, slot: string) =>
  ["a", "b"].flatMap((name) => Array.from(store.view(slot, name)));

function fillBody(store: ParameterStore, slot: string, values: readonly number[]): void {
  store.view(slot, "a").set(values.slice(0, 21));
  store.view(slot, "b").set(values.slice(21));
}

const vector = fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), {
  minLength: 24,
  maxLength: 24,
});

describe("bodyGradients", () => {
  it.each([undefined, 1024])(
    "takes the cosine over the body as one vector (arena bytes: %s)",
    async (arenaBytes) => {
      const store = storeOf(arenaBytes);
      const gradients = bodyGradients(store);
      await fc.assert(
        fc.asyncProperty(vector, vector, async (dev, task) => {
          fillBody(store, "dev", dev);
          fillBody(store, "task", task);
          // What heads hold must not count.
          for (const name of ["mlm", "head"]) {
            for (const slot of metaSlots) store.view(slot, name).fill(100);
          }
          const norm = (values: readonly number[]) => Math.hypot(...values);
          const dot = dev.reduce((sum, value, i) => sum + value * task[i], 0);
          const norms = norm(dev) * norm(task);
          expect(await gradients.devNorm()).toBeCloseTo(norm(dev), 8);
          const cosine = await gradients.takeTask(await gradients.devNorm());
          expect(cosine).toBeCloseTo(norms === 0 ? 0 : dot / norms, 8);
        }),
        { numRuns: 50 },
      );
    },
  );

  it("adds the task's gradient to the sum and clears it; dev and heads stay", async () => {
    const store = storeOf();
    const ramp = Array.from({ length: 24 }, (_, i) => i - 7);
    fillBody(store, "gradient", ramp);
    fillBody(
      store,
      "task",
      ramp.map((value) => 2 * value),
    );
    fillBody(store, "dev", ramp);
    store.gradient("head").fill(4);
    const gradients = bodyGradients(store);
    expect(await gradients.takeTask(await gradients.devNorm())).toBeCloseTo(1, 12);
    expect(body(store, "gradient")).toEqual(ramp.map((value) => 3 * value));
    expect(body(store, "task").every((value) => value === 0)).toBe(true);
    expect(body(store, "dev")).toEqual(ramp);
    expect(Array.from(store.gradient("head"))).toEqual([4, 4, 4, 4, 4]);
    gradients.clearDev();
    expect(body(store, "dev").every((value) => value === 0)).toBe(true);
  });

  it("lets what is not finite reach the cosine and the sum", async () => {
    const store = storeOf();
    store.view("dev", "a").fill(1);
    store.view("task", "a")[20] = Number.NaN;
    expect(await bodyGradients(store).takeTask(1)).toBeNaN();
    expect(store.gradient("a")[20]).toBeNaN();
  });
});

describe("where gradients go", () => {
  it("is the slot of tasks for the body, the sum for heads", () => {
    const slotOf = taskSlots(storeOf());
    expect(["a", "mlm", "head"].map(slotOf)).toEqual(["task", "gradient", "gradient"]);
  });
});
