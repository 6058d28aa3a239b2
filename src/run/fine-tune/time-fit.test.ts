import { describe, expect, it } from "vitest";
import { budgetSeconds, type EncoderWork, fitToTime, timeText } from "./time-fit.js";

/** 600 texts in batches of 32: 19 steps a pass, 6 passes; folds of 480 texts. */
const work: EncoderWork = {
  secondsPerStep: 1,
  steps: 114,
  stepsPerEpoch: 19,
  folds: 5,
  foldSteps: 90,
  embeddingSeconds: 5,
  linearSeconds: 2,
  testSeconds: 3,
  isCandidate: true,
  budget: undefined,
  spentSeconds: 0,
};

describe("without a budget", () => {
  it("all folds are trained where they take less than ten minutes", () => {
    // 10 + 5 x 90 + 114
    expect(fitToTime(work)).toMatchObject({ folds: 5, maxSteps: undefined, seconds: 574 });
  });

  it("there are fewer folds where they take longer, and one at least", () => {
    expect(fitToTime({ ...work, secondsPerStep: 2 })).toMatchObject({ folds: 3, seconds: 778 });
    expect(fitToTime({ ...work, secondsPerStep: 8 })).toMatchObject({ folds: 1, seconds: 1642 });
  });

  it("a candidate that takes more than an hour is left out, with what trains it", () => {
    const slow = { ...work, folds: 0, secondsPerStep: 100 };
    const fit = fitToTime(slow);
    expect(fit).toMatchObject({ folds: 0, seconds: 10 });
    expect(fit.leftOut).toEqual([
      {
        method: "stl",
        reason:
          "fine-tuning would take about 3 h 10 min, longer than 1 h 00 min; --time-budget 4h includes it",
      },
    ]);
    expect(timeText(slow, fit)).toMatch(
      /^a step takes 1 min 40 s here; the fine-tuned encoder is left out: fine-tuning .*; the rest takes about 10 s$/,
    );
  });

  it("so are embeddings that take longer", () => {
    const slow = { ...work, folds: 0, secondsPerStep: 100, embeddingSeconds: 4000 };
    const fit = fitToTime(slow);
    expect(fit.leftOut.map(({ method }) => method)).toEqual(["embed", "stl"]);
    expect(fit.seconds).toBe(5);
    expect(timeText(slow, fit)).toContain(
      "TF-IDF with embeddings is left out: embedding the texts would take about 1 h 07 min, longer than 1 h 00 min; --time-budget 2h includes it; the fine-tuned",
    );
  });

  it("what was asked for is trained however long it takes", () => {
    const slow = { ...work, folds: 0, secondsPerStep: 100, isCandidate: false };
    expect(fitToTime(slow)).toMatchObject({
      maxSteps: undefined,
      leftOut: [],
      seconds: 11_410,
    });
    expect(timeText(slow, fitToTime(slow))).toBe(
      "training takes about 3 h 10 min: 114 steps; a step takes 1 min 40 s here, all else 10 s. Shorter: --method embed, which trains no encoder, fewer --num-train-epochs, a smaller --max-length, or a --time-budget such as 10m.",
    );
  });
});

describe("a budget", () => {
  const within = (budget: number, more: Partial<EncoderWork> = {}) =>
    fitToTime({ ...work, ...more, budget });

  it("that is enough changes nothing, and lifts the usual limits", () => {
    expect(within(574)).toMatchObject({ folds: 5, maxSteps: undefined });
    expect(within(20_000, { secondsPerStep: 30 })).toMatchObject({ folds: 5, seconds: 16_930 });
  });

  it("takes away folds first, then steps, and then the encoder", () => {
    expect(within(573)).toMatchObject({ folds: 4, maxSteps: undefined, seconds: 484 });
    expect(within(214)).toMatchObject({ folds: 1, maxSteps: undefined, seconds: 214 });
    // (150 - 10) / 2 trainings
    expect(within(150)).toMatchObject({ folds: 1, maxSteps: 70, seconds: 150 });
    expect(within(48)).toMatchObject({ folds: 1, maxSteps: 19 });
    expect(within(47).leftOut.map(({ reason }) => reason)).toEqual([
      "a single pass over the texts would take about 48 s, longer than the time budget of 47 s; a larger --time-budget includes it",
    ]);
    expect(within(4).leftOut.map(({ method }) => method)).toEqual(["embed", "stl"]);
  });

  it("is smaller by what scoring has taken", () => {
    expect(within(224, { spentSeconds: 10 })).toMatchObject({ folds: 1, seconds: 214 });
    expect(within(57, { spentSeconds: 10 }).leftOut.map(({ reason }) => reason)).toEqual([
      "a single pass over the texts would take about 48 s, longer than the time budget of 57 s, of which scoring took 10 s; a larger --time-budget includes it",
    ]);
    expect(within(5, { spentSeconds: 10, isCandidate: false })).toMatchObject({ maxSteps: 1 });
  });

  it("goes to one training where there are no folds", () => {
    expect(within(60, { folds: 0 })).toMatchObject({ folds: 0, maxSteps: 50, seconds: 60 });
  });

  it("leaves steps to the only thing to train, one at least", () => {
    expect(within(20, { isCandidate: false })).toMatchObject({ folds: 1, maxSteps: 5 });
    expect(within(5, { isCandidate: false })).toMatchObject({ maxSteps: 1, leftOut: [] });
  });

  it("says what it leaves", () => {
    const some = { ...work, budget: 150 };
    expect(timeText(some, fitToTime(some))).toBe(
      "training takes about 2 min 30 s: 140 steps, 1 of 5 folds (all would take longer than 2 min 30 s) and the training of what is kept; a step takes 1.0 s here, all else 10 s. The time budget leaves 70 steps for each training, 3.7 passes over the texts.",
    );
  });
});

it.each([
  ["90s", 90],
  ["10m", 600],
  ["1.5h", 5400],
])("%s is %d seconds", (text, seconds) => {
  expect(budgetSeconds(text)).toBe(seconds);
});
