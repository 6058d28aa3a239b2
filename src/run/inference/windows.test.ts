import { describe, expect, it } from "vitest";
import { averagedEmbeddings, averagedWindows } from "./windows.js";

describe("averagedWindows", () => {
  it("leaves single windows, and averages the log-probabilities of several", () => {
    const log = Math.log;
    // Probabilities 1/4, 3/4 and 1/2, 1/2, with constants that do not matter.
    const logits = Float32Array.of(5, 7, log(1) + 9, log(3) + 9, log(1) - 2, log(1) - 2);
    const [a, b, c, d] = averagedWindows(logits, [1, 2], 2);
    expect([a, b]).toEqual([5, 7]);
    expect(c).toBeCloseTo((log(1 / 4) + log(1 / 2)) / 2, 5);
    expect(d).toBeCloseTo((log(3 / 4) + log(1 / 2)) / 2, 5);
  });
});

it("averages the logits of windows where a text can have several labels", () => {
  const logits = Float32Array.of(1, -1, 3, 2, 5, -2);
  expect([...averagedWindows(logits, [1, 2], 2, true)]).toEqual([1, -1, 4, 0]);
});

describe("averagedEmbeddings", () => {
  it("leaves single windows, and gives the mean of several the length 1", () => {
    const found = averagedEmbeddings(Float32Array.of(0.6, 0.8, 1, 0, 0, 1), [1, 2]);
    expect(Array.from(found.subarray(0, 2), (x) => x.toFixed(3))).toEqual(["0.600", "0.800"]);
    expect(found[2]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(found[3]).toBeCloseTo(Math.SQRT1_2, 6);
  });
});
