import { describe, expect, it } from "vitest";
import {
  allSettings,
  handedOn,
  mayBeSwept,
  recordsOf,
  resolveSettings,
  schemaOf,
  settingsOf,
  sweepingSchema,
  type Taker,
} from "./schemas.js";
import { headings } from "./setting.js";

const takers = [...new Set(allSettings.flatMap(({ commands }) => commands))];

describe("records of settings", () => {
  it.each(takers)(
    "of %s have a heading, words and a place in a run's identity, once each",
    (taker) => {
      const records = settingsOf(taker);
      const names = records.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(Object.keys(schemaOf(taker).shape));
      expect(recordsOf(schemaOf(taker))).toEqual(records);
      for (const { heading, description, identity, name } of records) {
        expect(headings, name).toContain(heading);
        expect(description, name).toMatch(/\w/);
        expect(["counts", "represented", "rounding", "none"], name).toContain(identity);
      }
    },
  );

  it("name only settings of the same command as those without which they do not matter", () => {
    for (const { commands, when = {} } of allSettings) {
      for (const command of commands) {
        const names = settingsOf(command).map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(Object.keys(when)));
      }
    }
  });

  it("make another value another run only where runs are trained", () => {
    const training: readonly Taker[] = ["train", "compare", "pretrain"];
    const counting = allSettings.filter(({ identity }) => identity === "counts");
    for (const { name, commands } of counting) {
      expect(
        commands.some((command) => training.includes(command)),
        name,
      ).toBe(true);
    }
  });
});

describe("handedOn", () => {
  const names = handedOn().map(({ name }) => name);

  it("is what train takes too, without what is compared and what is the comparison's own", () => {
    const compared = ["dataset", "model", "methods", "taskWeights", "seeds"];
    const settings = settingsOf("compare");
    const machines = settings.filter(({ heading }) => heading === "More machines");
    const own = [
      "jobs",
      "bootstrapSamples",
      "sweepSeeds",
      "sweepSamples",
      ...machines.map(({ name }) => name),
    ];
    expect(
      settings
        .map(({ name }) => name)
        .filter((name) => !names.includes(name))
        .sort(),
    ).toEqual([...compared, ...own].sort());
  });
});

describe("mayBeSwept", () => {
  const names = settingsOf("compare")
    .filter(mayBeSwept)
    .map(({ name }) => name);

  it("is what decides how a run trains, in one value", () => {
    const some = [
      "gamma",
      "mlmProbability",
      "learningRate",
      "estimator",
      "secondStage",
      "maxLength",
    ];
    expect(names).toEqual(expect.arrayContaining(some));
  });

  it("is not where, on what and for whom, lists with another meaning, or how dev is measured", () => {
    const never = [
      ...["seeds", "sweepSeeds", "outputDir", "model", "methods", "taskWeights", "threads", "jobs"],
      ...["splitSeed", "trainFile", "textColumn", "unlabeledFile", "strategy", "preset", "device"],
      ...["patience", "evalSteps", "keep", "metricForBestModel", "bootstrapSamples"],
    ];
    expect(names.filter((name) => never.includes(name))).toEqual([]);
  });

  it("takes in a file of settings what it takes in one value, or a list of such", () => {
    const given = { gamma: [0, 1], estimator: ["pll", "block-7"], secondStage: [true, false] };
    expect(resolveSettings(sweepingSchema, given)).toMatchObject(given);
    expect(resolveSettings(sweepingSchema, { gamma: 2 })).toMatchObject({
      gamma: 2,
      maxLength: 128,
    });
  });
});
