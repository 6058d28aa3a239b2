import { describe, expect, it } from "vitest";
import type { EvaluationEvent, StepEvent } from "../../method/train/events.js";
import { eventScalars, isShown } from "./scalars.js";

const step: StepEvent = {
  type: "step",
  stage: 1,
  step: 7,
  epoch: 2,
  main_loss: 0.5,
  auxiliary_loss: 2,
  task_weights: { main: 0.75, auxiliary: 0.25 },
  cosines: { main: 0.1, auxiliary: -0.2 },
  learning_rate: 1e-4,
  gradient_norms: { encoder: 3, classifier: 4 },
  tokens: 1000,
  masked_tokens: 150,
};
const evaluation: EvaluationEvent = {
  type: "evaluation",
  stage: 1,
  step: 7,
  split: "dev",
  loss: 2,
  measures: { accuracy: 0.5, macro_f1: 0.25 },
  best: true,
};

const values = (...given: Parameters<typeof eventScalars>) =>
  Object.fromEntries(eventScalars(...given).map(({ tag, value }) => [tag, value]));

describe("eventScalars", () => {
  it("gives the numbers of a step", () => {
    expect(values(step, 0.5)).toEqual({
      "train/loss": 0.875, // 0.75 * 0.5 + 0.25 * 2
      "train/main_loss": 0.5,
      "train/auxiliary_loss": 2,
      "train/main_weight": 0.75,
      "train/auxiliary_weight": 0.25,
      "train/main_cosine": 0.1,
      "train/auxiliary_cosine": -0.2,
      "train/learning_rate": 1e-4,
      "train/grad_norm": 5, // of a right triangle
      "train/grad_norm_encoder": 3,
      "train/grad_norm_classifier": 4,
      "train/epoch": 2,
      "train/tokens": 1000,
      "train/masked_tokens": 150,
      "train/tokens_per_second": 2000,
    });
  });

  it("leaves out what there is none of, and what is no finite number", () => {
    const one = {
      ...step,
      auxiliary_loss: null,
      task_weights: { main: 1, auxiliary: 0 },
      cosines: null,
      gradient_norms: { encoder: Number.POSITIVE_INFINITY },
      masked_tokens: 0,
    };
    expect(values(one)).toEqual({
      "train/loss": 0.5,
      "train/main_loss": 0.5,
      "train/main_weight": 1,
      "train/auxiliary_weight": 0,
      "train/learning_rate": 1e-4,
      "train/epoch": 2,
      "train/tokens": 1000,
      "train/masked_tokens": 0,
    });
  });

  it("gives the numbers of an evaluation, and perplexity for masked tokens alone", () => {
    expect(values(evaluation)).toEqual({
      "eval/loss": 2,
      "eval/accuracy": 0.5,
      "eval/macro_f1": 0.25,
    });
    const split = "validation-text";
    expect(values({ ...evaluation, split, measures: { accuracy: 0.5 } })).toEqual({
      "eval/loss": 2,
      "eval/accuracy": 0.5,
      "eval/perplexity": expect.closeTo(7.38905609893065, 12),
    });
  });
});

describe("isShown", () => {
  it("leaves out the stop", () => {
    const stop = { type: "stop", stage: 1, step: 7, reason: "steps", best_step: 7 } as const;
    expect([step, evaluation, stop].map(isShown)).toEqual([true, true, false]);
  });
});
