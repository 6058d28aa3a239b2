import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { elementCount, type Parameter } from "../../model/parameters.js";
import { createParameterStore } from "./parameter-store.js";

function parameter(
  name: string,
  shape: readonly number[],
  part: Parameter["part"] = "body",
  decay = true,
): Parameter {
  return { name, shape, part, decay, initial: "zeros" };
}

/** A body whose biases stand between its weights, and both heads. */
const mixed = [
  parameter("a.weight", [3, 5]),
  parameter("a.bias", [3], "body", false),
  parameter("mlm.weight", [4, 4], "mlm-head"),
  parameter("b.weight", [2, 20]),
  parameter("b.bias", [2], "body", false),
  parameter("out.weight", [2, 3], "classification-head"),
];

const manyParameters = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 90 }),
      part: fc.constantFrom("body" as const, "mlm-head" as const, "classification-head" as const),
      decay: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((items) => items.map(({ size, part, decay }, i) => parameter(`p${i}`, [size], part, decay)));

function thrownBy(action: () => unknown): L3MaskingError {
  try {
    action();
  } catch (error) {
    if (error instanceof L3MaskingError) return error;
    throw error;
  }
  throw new Error("expected an L3MaskingError, but nothing was thrown");
}

describe("createParameterStore", () => {
  it("gives every slot of every parameter its own zeros at a multiple of 64 bytes", () => {
    fc.assert(
      fc.property(
        manyParameters,
        fc.integer({ min: 2048, max: 8192 }),
        (parameters, arenaBytes) => {
          const store = createParameterStore(parameters, {
            arenaBytes,
            extraSlots: ["development"],
          });
          let mark = 0;
          const views = store.slots.flatMap((slot) =>
            parameters.map((p) => {
              const view = store.view(slot, p.name);
              expect(view.length).toBe(elementCount(p));
              expect(view.byteOffset % 64).toBe(0);
              expect(view.every((value) => value === 0)).toBe(true);
              mark += 1;
              return { view: view.fill(mark), mark };
            }),
          );
          // A view that overlapped another would have lost its mark.
          for (const { view, mark: own } of views) expect(view.every((v) => v === own)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("returns the same view each time", () => {
    const store = createParameterStore(mixed);
    expect(store.weight("a.bias")).toBe(store.weight("a.bias"));
    expect(store.gradient("a.bias")).toBe(store.view("gradient", "a.bias"));
    expect(store.first("a.bias")).toBe(store.view("first", "a.bias"));
    expect(store.second("a.bias")).toBe(store.view("second", "a.bias"));
    expect(store.parameters).toEqual(mixed);
  });

  it("takes 16 bytes a parameter and one for each 16 in training, and 4 a parameter without", () => {
    const large = [parameter("table", [4096, 256])];
    const count = 4096 * 256;
    const flags = count / 16;
    expect(createParameterStore(large).bytes).toBe(16 * count + flags);
    expect(createParameterStore(large, { training: false }).bytes).toBe(4 * count);
    const extraSlots = ["main", "aux"];
    expect(createParameterStore(large, { extraSlots }).bytes).toBe(24 * count + flags);
  });

  it("opens another memory when one is full, and never splits a parameter", () => {
    const three = ["x", "y", "z"].map((name) => parameter(name, [100]));
    // 112 elements padded, 4 slots: 1792 bytes each, so two fit.
    const store = createParameterStore(three, { arenaBytes: 4000 });
    const buffers = three.map(({ name }) => store.weight(name).buffer);
    expect(buffers[0]).toBe(buffers[1]);
    expect(buffers[2]).not.toBe(buffers[0]);
    expect(store.gradient("z").buffer).toBe(buffers[2]);
    const regions = store.regions(() => "all");
    expect(regions.map(({ parameters }) => parameters.map(({ name }) => name))).toEqual([
      ["x", "y"],
      ["z"],
    ]);
  });

  it("is empty without parameters", () => {
    const store = createParameterStore([]);
    expect(store.bytes).toBe(0);
    expect(store.regions(() => 1)).toEqual([]);
  });

  it.each([
    ["a name twice", "graph-invalid", 'got "a.bias" twice', [mixed[1], mixed[1]], {}],
    ["a slot twice", "invalid-setting", 'got "first" twice', mixed, { extraSlots: ["first"] }],
    [
      "a parameter larger than an arena",
      "invalid-setting",
      '"b.weight" [2, 20] needs 48 elements in each slot, but an arena has room for 31',
      mixed,
      { arenaBytes: 500 },
    ],
  ] as const)("refuses %s", (_, code, message, parameters, options) => {
    const error = thrownBy(() => createParameterStore(parameters, options));
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error.hint).toBeDefined();
  });

  it("says which slot or parameter it lacks", () => {
    const store = createParameterStore(mixed, { training: false });
    expect(thrownBy(() => store.gradient("a.bias"))).toMatchObject({
      code: "graph-invalid",
      message: 'the store has no slot "gradient", only "weight"',
    });
    expect(thrownBy(() => store.weight("c.bias"))).toMatchObject({
      code: "graph-invalid",
      message: 'the store holds no parameter "c.bias"',
    });
    const [region] = store.regions(() => "all");
    expect(thrownBy(() => region.offset("second")).code).toBe("graph-invalid");
  });
});

describe("regions", () => {
  it("joins neighbours of equal key: equal part and decay lie together", () => {
    const store = createParameterStore(mixed);
    const names = store
      .regions(({ part, decay }) => `${part} ${decay}`)
      .map(({ key, parameters }) => [key, parameters.map(({ name }) => name)]);
    expect(names).toEqual([
      ["body true", ["a.weight", "b.weight"]],
      ["body false", ["a.bias", "b.bias"]],
      ["mlm-head true", ["mlm.weight"]],
      ["classification-head true", ["out.weight"]],
    ]);
  });

  it("shows a run of a slot as one array", () => {
    const store = createParameterStore(mixed, { extraSlots: ["dev"] });
    const [weights] = store.regions(({ part, decay }) =>
      part === "body" && decay ? 1 : undefined,
    );
    weights.view("dev").fill(3);
    expect(weights.view("dev").length).toBe(weights.count);
    for (const name of ["a.weight", "b.weight"]) {
      expect(store.view("dev", name).every((value) => value === 3)).toBe(true);
    }
    for (const name of ["a.bias", "mlm.weight", "b.bias", "out.weight"]) {
      expect(store.view("dev", name).every((value) => value === 0)).toBe(true);
    }
    expect(store.gradient("a.weight").every((value) => value === 0)).toBe(true);
  });

  it("flags moments that someone may have written, and no others", () => {
    const store = createParameterStore(mixed);
    const [weights] = store.regions(({ part, decay }) =>
      part === "body" && decay ? 1 : undefined,
    );
    const { buffer } = store.weight("a.weight");
    // 16 elements for a.weight, 48 for b.weight.
    const flags = () => Array.from(new Uint8Array(buffer, weights.moments, 4));
    store.weight("b.weight").fill(1);
    weights.view("gradient").fill(1);
    expect(flags()).toEqual([0, 0, 0, 0]);
    store.second("b.weight");
    expect(flags()).toEqual([0, 1, 1, 1]);
    weights.view("first");
    expect(flags()).toEqual([1, 1, 1, 1]);
    const [bias] = store.regions(({ name }) => (name === "b.bias" ? 1 : undefined));
    expect(new Uint8Array(buffer, bias.moments, 1)[0]).toBe(0);
  });

  it("does not join across a parameter that is left out", () => {
    const store = createParameterStore(mixed);
    const regions = store.regions(({ part, decay }) => (part === "body" && !decay ? undefined : 1));
    expect(regions.map(({ parameters }) => parameters.length)).toEqual([2, 2]);
  });

  it("covers the selected parameters exactly, in every slot", () => {
    fc.assert(
      fc.property(manyParameters, fc.integer({ min: 0, max: 3 }), (parameters, modulus) => {
        const store = createParameterStore(parameters, { arenaBytes: 4096 });
        const selected = (p: Parameter) => (elementCount(p) % 4 >= modulus ? "yes" : undefined);
        for (const [value, slot] of store.slots.entries()) {
          for (const { name } of parameters) store.view(slot, name).fill(value + 1);
          const expected = parameters.filter(selected).reduce((n, p) => n + elementCount(p), 0);
          // Padding is 0, so that squares count elements.
          const squares = store
            .regions(selected)
            .reduce((sum, r) => sum + r.kernels.sumOfSquares(r.offset(slot), r.count), 0);
          expect(squares).toBe(expected * (value + 1) ** 2);
        }
      }),
      { numRuns: 50 },
    );
  });
});
