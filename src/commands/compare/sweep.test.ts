import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import type { Swept } from "../../results/records/paired-comparison.js";
import { resolveSettings, sweepingSchema } from "../../run/settings/schemas.js";
import { combinations, comparedSettings, gridOf, type Sweep } from "./sweep.js";

const given = (options: Readonly<Record<string, unknown>>) =>
  comparedSettings(resolveSettings(sweepingSchema, { trainFile: "a.csv", ...options }));

describe("comparedSettings", () => {
  it("takes the first of several values for all runs, and the settings with several for the sweep", () => {
    const { settings, sweep } = given({
      gamma: [2, 0.5, 2],
      learningRate: [1e-4],
      secondStage: [false, true],
    });
    expect(settings).toMatchObject({ gamma: 2, learningRate: 1e-4, secondStage: false });
    expect(sweep?.settings).toEqual([
      { name: "gamma", values: [2, 0.5] },
      { name: "secondStage", values: [false, true] },
    ]);
    expect(given({ gamma: 2 }).sweep).toBeUndefined();
  });

  it("refuses a number of combinations where there are none", () => {
    expect(() => given({ gamma: 2, sweepSamples: 3 })).toThrow(
      "expected a setting with several values with --sweep-samples",
    );
  });

  it.each([
    [{ gamma: [0.5, -1] }, "got -1 among 0.5, -1"],
    [{ calibration: ["exact", "publish"] }, 'got "publish" among exact, publish'],
    [{ threads: [1, 2] }, "expected one value of --threads, got 2: 1, 2"],
    [{ outputDir: ["a", "b"] }, "expected one value of --output-dir, got 2: a, b"],
    [{ patience: [1, 2] }, "expected one value of --patience"],
    [{ splitSeed: [1, 2] }, "expected one value of --split-seed"],
    [{ preset: ["published"] }, "expected one value of --preset"],
  ])("names what is wrong in %j", (options, message) => {
    expect(() => given(options)).toThrow(message);
  });
});

const grid: Sweep = {
  settings: [
    { name: "gamma", values: [0, 1, 2] },
    { name: "learningRate", values: [1, 2] },
  ],
  samples: undefined,
};
const everything = (values: Swept) => ({
  digest: JSON.stringify(values),
  names: new Set(Object.keys(values)),
});
const random = () => randomStream(7, "sweep");

describe("combinations", () => {
  it("are the whole grid, the last setting changing fastest", () => {
    const all = combinations(grid, everything, random());
    expect(all).toEqual(gridOf(grid.settings));
    expect(all.map(({ gamma, learningRate }) => [gamma, learningRate])).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
  });

  it("are told apart by what a run looks at", () => {
    const look = ({ learningRate }: Swept) => ({
      digest: String(learningRate),
      names: new Set(["learningRate"]),
    });
    expect(combinations(grid, look, random())).toEqual([{ learningRate: 1 }, { learningRate: 2 }]);
  });

  it("are drawn without replacement, by the seed, in the order of the grid", () => {
    const drawn = combinations({ ...grid, samples: 4 }, everything, random());
    expect(drawn).toHaveLength(4);
    expect(new Set(drawn.map((values) => JSON.stringify(values))).size).toBe(4);
    expect(combinations({ ...grid, samples: 4 }, everything, random())).toEqual(drawn);
    const order = gridOf(grid.settings).map((values) => JSON.stringify(values));
    const places = drawn.map((values) => order.indexOf(JSON.stringify(values)));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const others = [1, 2, 3, 4].map((seed) =>
      JSON.stringify(
        combinations({ ...grid, samples: 4 }, everything, randomStream(seed, "sweep")),
      ),
    );
    expect(new Set(others).size).toBeGreaterThan(1);
    expect(combinations({ ...grid, samples: 9 }, everything, random())).toHaveLength(6);
  });

  it("of a grid of millions are drawn, but not listed", () => {
    const values = Array.from({ length: 100 }, (_, value) => value);
    const settings = ["a", "b", "c", "d"].map((name) => ({ name, values }));
    expect(combinations({ settings, samples: 5 }, everything, random())).toHaveLength(5);
    expect(() => combinations({ settings, samples: undefined }, everything, random())).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining("got 100000000"),
        hint: expect.stringContaining("--sweep-samples"),
      }),
    );
  });
});
