import { describe, expect, it } from "vitest";
import { allSettings, handedOn, recordsOf, schemaOf, settingsOf, type Taker } from "./schemas.js";
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
    const own = ["jobs", "bootstrapSamples", ...machines.map(({ name }) => name)];
    expect(
      settings
        .map(({ name }) => name)
        .filter((name) => !names.includes(name))
        .sort(),
    ).toEqual([...compared, ...own].sort());
  });
});
