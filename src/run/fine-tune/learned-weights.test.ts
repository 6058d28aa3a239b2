import { describe, expect, it } from "vitest";
import { createParameterStore } from "../../method/train/parameter-store.js";
import { parseModelConfig } from "../../model/checkpoint/config.js";
import { devTexts } from "./learned-weights.js";

const spec = parseModelConfig(
  {
    model_type: "bert",
    vocab_size: 500,
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 16,
    max_position_embeddings: 16,
    pad_token_id: 0,
  },
  "config.json",
);

/** Text i has the token 100 + i between special tokens, and the label i mod 3. */
function texts(count: number) {
  return {
    encodings: Array.from({ length: count }, (_, i) => ({
      ids: Int32Array.of(2, 100 + i, 3),
      wordIds: Int32Array.of(-1, 0, -1),
      truncated: 0,
    })),
    labelIds: Int32Array.from({ length: count }, (_, i) => i % 3),
  };
}

type Drawn = ReturnType<ReturnType<typeof devTexts>["headBatch"]>;

/** Which texts are in a batch; each must lie there with its own label. */
function drawn({ batch, labels }: Drawn): number[] {
  const chosen = Array.from(batch.firstSlots, (slot) => batch.ids[slot + 1] - 100);
  expect(Array.from(labels)).toEqual(chosen.map((text) => text % 3));
  return chosen;
}

const draws = (seed: number, devBatchSize = 10) =>
  devTexts(texts(40), { seed, devBatchSize }, spec);

describe("devTexts", () => {
  it("draws as many different texts as asked for", () => {
    const chosen = drawn(draws(0).headBatch(1));
    expect(chosen.length).toBe(10);
    expect(new Set(chosen).size).toBe(10);
  });

  it("takes all texts where there are fewer", () => {
    const chosen = drawn(draws(0, 64).gradientBatch(1, 0));
    expect(chosen.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it("draws by seed, step, purpose and micro-batch alone", () => {
    const all = (seed: number) => {
      const dev = draws(seed);
      return [1, 2].flatMap((step) => [
        drawn(dev.gradientBatch(step, 1)),
        drawn(dev.headBatch(step)),
        drawn(dev.gradientBatch(step, 0)),
      ]);
    };
    expect(all(3)).toEqual(all(3));
    // 12 draws of 10 from 40: two that are equal would be no accident.
    const different = [...all(3), ...all(4)].map((chosen) => chosen.join());
    expect(new Set(different).size).toBe(12);
  });

  it("starts each head from values of its own, as the classification head starts", () => {
    const head = createParameterStore(spec.family.classificationHeadParameters(spec, 3));
    const values = (seed: number, step: number) => {
      draws(seed).initializeHead(step, head);
      return Array.from(head.weight("classification.dense.weight"));
    };
    const first = values(0, 1);
    expect(values(0, 2)).not.toEqual(first);
    expect(values(1, 1)).not.toEqual(first);
    head.weight("classification.out.bias").fill(5);
    expect(values(0, 1)).toEqual(first);
    expect(Array.from(head.weight("classification.out.bias"))).toEqual([0, 0, 0]);
    // N(0, 0.02^2) of 64 values.
    const spread = Math.sqrt(first.reduce((sum, value) => sum + value * value, 0) / first.length);
    expect(spread).toBeGreaterThan(0.01);
    expect(spread).toBeLessThan(0.03);
  });
});
