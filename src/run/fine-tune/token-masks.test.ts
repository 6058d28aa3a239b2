import { describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { slotsOf } from "../../method/batch/pack.js";
import { uniformProbabilities } from "../../method/masking/probabilities.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { loadTokenizer } from "../../text/load.js";
import { taskBatches, taskOrder } from "./task-batches.js";
import { tokenMasks } from "./token-masks.js";

const { spec } = await loadCheckpoint(tinyModel("roberta"));
const tokenizer = await loadTokenizer(tinyModel("roberta"));
const encode = (text: string) => tokenizer.encode(text, 40);
const masking = { selection: "bernoulli", maskReplaceProb: 0.5, randomReplaceProb: 0.3 } as const;
const seed = 7;

describe("tokenMasks", () => {
  const encodings = ["moo was heard at noon", "a vroom, then silence", "drip drip"].map(encode);
  const probabilities = encodings.map((encoding) => uniformProbabilities(encoding, 0.5));
  const shown = encodings.map((encoding, text) => {
    const scores = Float32Array.from(encoding.ids, (id) => -id / 10);
    const draws = { ...masking, seed, samples: 3 };
    return tokenMasks(encoding, text, scores, probabilities[text], draws, tokenizer);
  });

  it("draws what training selects in its first rounds", () => {
    const texts = { encodings, labelIds: Int32Array.of(0, 1, 0), probabilities };
    const batching = { batchSize: 3, gradientAccumulationSteps: 1, seed };
    const batchesOf = taskBatches(texts, batching, masking, spec, tokenizer);
    const orderOf = taskOrder(3, seed, "auxiliary");
    for (let round = 0; round < 3; round++) {
      const [microBatch] = batchesOf(round + 1).microBatches;
      if (!("auxiliary" in microBatch) || microBatch.auxiliary === undefined) {
        return expect.unreachable("there is an auxiliary task");
      }
      const { batch, targetSlots } = microBatch.auxiliary;
      const masks = Array.from(orderOf(round), (text) => shown[text].masks[round]);
      const positions = masks.map((mask) => Int32Array.from(mask.positions));
      expect(targetSlots.length).toBeGreaterThan(0);
      expect(slotsOf(batch, positions)).toEqual(targetSlots);
      expect(masks.flatMap(({ replacements }) => replacements)).toEqual(
        Array.from(targetSlots, (slot) => tokenizer.token(batch.ids[slot])),
      );
    }
  });

  it("has null at special tokens, and surprisals that are never below 0", () => {
    const [first] = shown;
    const { ids } = encodings[0];
    expect(first.surprisal.at(0)).toBeNull();
    expect(first.mask_probability.at(-1)).toBeNull();
    expect(first.surprisal[1]).toBeCloseTo(ids[1] / 10, 5);
    const certain = new Float32Array(ids.length).fill(1e-7);
    const draws = { ...masking, seed, samples: 0 };
    const { surprisal, masks } = tokenMasks(
      encodings[0],
      0,
      certain,
      probabilities[0],
      draws,
      tokenizer,
    );
    for (const value of surprisal.slice(1, -1)) expect(Object.is(value, 0)).toBe(true);
    expect(masks).toEqual([]);
  });
});
