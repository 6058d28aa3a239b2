import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { ownStrategy, requireWeights } from "./own-strategy.js";

const ones = (wordIds: Int32Array) => new Float64Array(wordIds.length).fill(1);
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("ownStrategy", () => {
  it("keeps title, need and weights, under a name of its own", () => {
    const given = { name: "l3", title: "Mine", needs: "scores", weights: ones, draws: true };
    const strategy = ownStrategy(given, "mine.mjs");
    expect(strategy).toMatchObject({ name: "own", title: "Mine", needs: "scores", draws: true });
  });

  it("calls weights as a method, so that a record may use its own fields", () => {
    const given = {
      factor: 3,
      needs: "nothing",
      weights(wordIds: Int32Array) {
        return ones(wordIds).map((one) => this.factor * one);
      },
    };
    const { weights } = ownStrategy(given, "mine.mjs");
    expect([...weights(Int32Array.of(-1, 0), [], randomStream(0))]).toEqual([3, 3]);
  });

  it.each([
    ["nothing", undefined, /expected needs to be one of scores, .*, got none/],
    ["an unknown need", { needs: "luck", weights: ones }, /got "luck"/],
    [
      "no function",
      { needs: "scores", weights: 3 },
      /expected weights to be a function, got number/,
    ],
    ["a list", { needs: "scores", weights: () => [1] }, /expected a Float64Array of 6 weights/],
    ["too few", { needs: "scores", weights: () => Float64Array.of(1) }, /text 1, got 1 \(/],
    [
      "a negative weight",
      { needs: "scores", weights: (_: Int32Array, scores: Float64Array) => scores.slice() },
      /expected a finite weight of 0 or more for "a made-up word", token 1 of text 1, got -/,
    ],
    [
      "an error",
      {
        needs: "nothing",
        weights() {
          throw new TypeError("no such thing");
        },
      },
      /expected weights of text 1, got TypeError: no such thing/,
    ],
  ])("refuses %s, before any text is read", (_, given, message) => {
    expect(() => ownStrategy(given, "mine.mjs")).toThrow(refused("strategy-invalid", message));
    expect(() => ownStrategy(given, "mine.mjs")).toThrow(/\(the masking strategy of mine\.mjs\)/);
  });
});

it("tells a weight that is none by text and token", () => {
  const strategy = {
    ...ownStrategy({ needs: "scores", weights: ones }, "mine.mjs"),
    weights: (_: Int32Array, scores: ArrayLike<number>) => Float64Array.from(scores, (s) => 2 + s),
  };
  const texts = [
    { ids: Int32Array.of(0, 5, 0), wordIds: Int32Array.of(-1, 0, -1) },
    { ids: Int32Array.of(0, 6, 7, 0), wordIds: Int32Array.of(-1, 0, 1, -1) },
  ];
  const values = [
    [Number.NaN, -1, Number.NaN],
    [Number.NaN, -2, -3, Number.NaN],
  ];
  const check = () => requireWeights(strategy, texts, values, 0, "mine.mjs", (id) => `word${id}`);
  expect(check).toThrow(refused("strategy-invalid", /for "word7", token 2 of text 2, got -1 /));
});
