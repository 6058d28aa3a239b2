import { describe, expect, it } from "vitest";
import { type CompareOptions, compareSchema } from "../../run/settings/compare.js";
import { resolveSettings } from "../../run/settings/train.js";
import { compareCommand } from "./compare-command.js";

const command = (options: Partial<CompareOptions>) =>
  compareCommand(
    resolveSettings(compareSchema, { model: ["models/m"], outputDir: "out", ...options }),
  );

describe("compareCommand", () => {
  it("names what is compared, and beside it only what differs from the defaults", () => {
    expect(command({ dataset: ["data/a"], learningRate: 1e-4, gamma: 1 })).toBe(
      "l3masking compare --dataset data/a --model models/m --methods stl,rtm,l3 --task-weights equal --seeds 0-4 --output-dir out",
    );
    expect(
      command({
        dataset: ["a", "b c"],
        model: ["m", "it's"],
        methods: ["l3", "stl"],
        seeds: ["0", "2-3"],
        learningRate: 0.002,
        jobs: 2,
      }),
    ).toBe(
      "l3masking compare --dataset a 'b c' --model m 'it'\\''s' --methods l3,stl --task-weights equal --seeds 0,2-3 --learning-rate 0.002 --jobs 2 --output-dir out",
    );
  });
});
