import { describe, expect, it } from "vitest";
import { comparedMethods } from "../../method/methods.js";
import { compareCommand, trainCommand } from "./command-line.js";
import {
  type CompareOptions,
  compareSchema,
  resolveSettings,
  sweepingSchema,
  type TrainOptions,
  trainSchema,
} from "./schemas.js";

const commandOf = (options: Omit<TrainOptions, "outputDir">) =>
  trainCommand(resolveSettings(trainSchema, { ...options, outputDir: "runs/first" }));

describe("the command of a run", () => {
  it("has what differs from the defaults, and none of the circumstances", () => {
    expect(
      commandOf({
        model: "org/base",
        trainFile: "data/train.csv",
        method: "rtm",
        seed: 7,
        secondStage: true,
        threads: 2,
        reportTo: ["tensorboard"],
        loggingDir: "/home/anna/logs",
        weightDecay: 0.01,
      }),
    ).toBe(
      "l3masking train --model org/base --train-file data/train.csv --method rtm --seed 7 --second-stage --output-dir RUN",
    );
  });

  it("leaves out what a preset says, unless it was given another value", () => {
    const options = { model: "m", trainFile: "t.csv", preset: "published" } as const;
    expect(commandOf(options)).toBe(
      "l3masking train --model m --train-file t.csv --preset published --output-dir RUN",
    );
    expect(commandOf({ ...options, learningRate: 0.5 })).toContain("--learning-rate 0.5");
  });

  it("tells only the last part of absolute paths, and quotes for a shell", () => {
    expect(commandOf({ model: "/home/anna/m", trainFile: "/home/anna/my texts's.csv" })).toBe(
      "l3masking train --model m --train-file 'my texts'\\''s.csv' --output-dir RUN",
    );
  });
});

const command = (options: Partial<CompareOptions>) =>
  compareCommand(
    resolveSettings(compareSchema, { model: ["models/m"], outputDir: "out", ...options }),
  );

describe("compareCommand", () => {
  it("names what is compared, and beside it only what differs from the defaults", () => {
    expect(command({ dataset: ["data/a"], weightDecay: 0.01, gamma: 1 })).toBe(
      `l3masking compare --dataset data/a --model models/m --methods ${comparedMethods.join(",")} --task-weights equal --seeds 0-4 --output-dir out`,
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

  it("names the values that are tried, so that the words give the same settings", () => {
    const listed = { gamma: [0.5, 2], secondStage: [false, true], sweepSamples: 3 };
    const line = compareCommand(resolveSettings(sweepingSchema, { trainFile: "a.csv", ...listed }));
    expect(line).toContain("--gamma 0.5,2");
    expect(line).toContain("--second-stage false,true");
    expect(line).toContain("--sweep-samples 3");
  });
});
