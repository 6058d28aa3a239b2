import { describe, expect, it } from "vitest";
import type { HeldOutAnswers } from "./choice.js";
import { candidatesOf, stackAnswers } from "./stack.js";

/** So sure of label 1, text by text. */
function sure(method: HeldOutAnswers["method"], probabilities: readonly number[]): HeldOutAnswers {
  return {
    method,
    rows: [...probabilities.keys()],
    logits: Float32Array.from(probabilities.flatMap((p) => [Math.log(1 - p), Math.log(p)])),
  };
}

const labelIds = [1, 1, 1, 1, 1, 1];

describe("stackAnswers", () => {
  it("leans on the one that is right", () => {
    const [good, poor] = [Array(6).fill(0.9), Array(6).fill(0.1)];
    const weight = (tfidf: number[], encoder: number[]) =>
      stackAnswers(sure("tfidf", tfidf), sure("stl", encoder), labelIds, 2).encoderWeight;
    expect(weight(poor, good)).toBe(0.9);
    expect(weight(good, poor)).toBe(0.1);
    expect(weight(good, good)).toBe(0.5);
  });

  it("answers each text with the weight that the others choose", () => {
    // Text 0 is the only one for which TF-IDF is right; it must not lower its own weight.
    const tfidf = sure("tfidf", [0.999, 0.4, 0.4, 0.4, 0.4]);
    const encoder = sure("stl", [0.001, 0.6, 0.6, 0.6, 0.6]);
    const { logits, encoderWeight } = stackAnswers(tfidf, encoder, labelIds, 2);
    expect(encoderWeight).toBeLessThan(0.5);
    // By hand with weight 0.9: log 0.001 x 0.9 + log 0.999 x 0.1.
    expect(logits[1]).toBeCloseTo(0.9 * Math.log(0.001) + 0.1 * Math.log(0.999), 5);
  });

  it("has even parts where no label is known", () => {
    const both = [sure("tfidf", [0.2]), sure("stl", [0.8])] as const;
    expect(stackAnswers(both[0], both[1], [-1], 2).encoderWeight).toBe(0.5);
  });

  it("answers the texts that both answered", () => {
    const encoder = { ...sure("stl", [0.8, 0.7]), rows: [4, 2] };
    expect(stackAnswers(sure("tfidf", [0.5, 0.5, 0.5]), encoder, labelIds, 2).rows).toEqual([2]);
  });
});

describe("candidatesOf", () => {
  const answered = {
    tfidf: sure("tfidf", [0.5]),
    embed: sure("embed", [0.5]),
    encoder: sure("stl", [0.5]),
  };
  const names = (method: string, given: Partial<typeof answered>) =>
    candidatesOf(
      method,
      { tfidf: undefined, embed: undefined, encoder: undefined, ...given },
      [1],
      2,
    ).map((one) => one.method);

  it("are all for auto, the cheapest first, and those that were trained", () => {
    expect(names("auto", answered)).toEqual(["tfidf", "embed", "stack", "stl"]);
    const { encoder: _, ...linear } = answered;
    expect(names("auto", linear)).toEqual(["tfidf", "embed"]);
  });

  it("is what a method trains", () => {
    const { embed: _, ...both } = answered;
    expect(names("stack", both)).toEqual(["stack"]);
    expect(names("stl", both)).toEqual(["stl"]);
    expect(names("embed", { embed: answered.embed, tfidf: answered.tfidf })).toEqual(["embed"]);
  });
});
