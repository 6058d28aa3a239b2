import { expect, it } from "vitest";
import { hasAuxiliaryTask, maskingOf, methodOf, methods, needsScores } from "./methods.js";

it("says what each method trains", () => {
  const facts = methods.map(({ name }) => [name, hasAuxiliaryTask(name), needsScores(name)]);
  expect(facts).toEqual([
    ["stl", false, false],
    ["rtm", true, false],
    ["l3", true, true],
  ]);
});

it("gives methods the look of their strategy, and every method one of its own", () => {
  for (const { name, look } of methods) {
    const masking = maskingOf(name);
    if (masking !== undefined) expect(masking.look).toBe(look);
  }
  expect(new Set(methods.map(({ look }) => look)).size).toBe(methods.length);
});

it("refuses other names", () => {
  expect(() => methodOf("bag")).toThrow(
    expect.objectContaining({
      code: "invalid-setting",
      message: "expected a method (stl, rtm, l3), got bag",
    }),
  );
});
