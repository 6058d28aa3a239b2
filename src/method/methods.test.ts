import { expect, it } from "vitest";
import {
  adaptsFirst,
  comparedMethods,
  hasAuxiliaryTask,
  isLinear,
  isStacked,
  maskingOf,
  masksTokens,
  methodOf,
  methods,
  needsScores,
  passesOf,
  readsEmbeddings,
} from "./methods.js";

it("says what each method trains", () => {
  const facts = methods.map(({ name }) => [
    name,
    isLinear(name),
    hasAuxiliaryTask(name),
    needsScores(name),
    readsEmbeddings(name),
    isStacked(name),
  ]);
  // A new row may say anything; these are what the program relies on.
  expect(facts).toEqual(
    expect.arrayContaining([
      ["tfidf", true, false, false, false, false],
      ["embed", true, false, false, true, false],
      ["stl", false, false, false, false, false],
      ["stack", false, false, false, false, true],
      ["rtm", false, true, false, false, false],
      ["l3-shuffled", false, true, true, false, false],
      ["l3-inverted", false, true, true, false, false],
      ["l3", false, true, true, false, false],
    ]),
  );
});

it("says what comes before classification, and for how long", () => {
  const facts = methods.map(({ name }) => [
    name,
    adaptsFirst(name),
    masksTokens(name),
    passesOf(name),
  ]);
  expect(facts).toEqual(
    expect.arrayContaining([
      ["stl", false, false, 1],
      ["stl-long", false, false, 2],
      ["tapt", true, true, 1],
      ["rtm", false, true, 1],
    ]),
  );
});

it("gives methods the look of their strategy, and every method one of its own", () => {
  for (const { name, look } of methods) {
    const masking = maskingOf(name);
    if (masking !== undefined) expect(masking.look).toBe(look);
  }
  expect(new Set(methods.map(({ look }) => look)).size).toBe(methods.length);
});

it("compares by default the methods whose rows say so", () => {
  expect(comparedMethods).toEqual(["tfidf", "stl", "rtm", "l3"]);
});

it("refuses other names", () => {
  expect(() => methodOf("bag")).toThrow(
    expect.objectContaining({
      code: "invalid-setting",
      message: `expected a method (${methods.map(({ name }) => name).join(", ")}), got bag`,
    }),
  );
});
