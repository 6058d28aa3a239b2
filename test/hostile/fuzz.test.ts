/** A short look for what must not happen; `npm run fuzz` looks longer. */
import { afterAll, describe, expect, it } from "vitest";
import { fuzzedFiles, kinds, openTrials } from "./fuzz.js";

const trials = openTrials();
afterAll(() => trials.close());

/** Time for each kind; the tries that a machine must manage in any case, and those in which two ends must be met. */
const MILLISECONDS = 1500;
const FEWEST = 20;
const ENOUGH = 500;

describe("files changed by chance", () => {
  it.each(kinds)("of kind %s end with a code, a path and in time", async (kind) => {
    const end = performance.now() + MILLISECONDS;
    const results = new Map<string, number>();
    const isDone = (number: number) =>
      number >= FEWEST && performance.now() >= end && (results.size > 1 || number >= ENOUGH);
    for (let number = 0; !isDone(number); number++) {
      const { result, finding } = await trials.try(kind, fuzzedFiles(1, kind, number));
      results.set(result, (results.get(result) ?? 0) + 1);
      expect(finding, `${kind}, seed 1, number ${number}`).toBeUndefined();
    }
    // A look that finds the same end for all has not looked.
    expect(results.size).toBeGreaterThan(1);
  });

  it("are the same for the same seed, kind and number", () => {
    for (const kind of kinds) {
      expect(fuzzedFiles(7, kind, 3)).toEqual(fuzzedFiles(7, kind, 3));
    }
    expect(fuzzedFiles(7, "csv", 3)).not.toEqual(fuzzedFiles(8, "csv", 3));
  });
});
