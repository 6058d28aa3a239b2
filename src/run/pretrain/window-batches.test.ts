import { beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import type { MicroBatch } from "../../method/train/step.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { loadTokenizer } from "../../text/load.js";
import { pretrainSchema, resolveSettings } from "../settings/schemas.js";
import type { WindowMasking } from "./masked-windows.js";
import type { TokenStream } from "./token-stream.js";
import { windowsBatches } from "./window-batches.js";

const stream: TokenStream = {
  ids: Int32Array.from({ length: 400 }, (_, at) => 20 + (at % 60)),
  documents: 1,
};
let masking: WindowMasking;

beforeAll(async () => {
  const { spec } = await loadCheckpoint(tinyModel("bert"));
  const tokenizer = await loadTokenizer(tinyModel("bert"));
  const probabilities = { mlmProbability: 0.3, maskReplaceProb: 0.8, randomReplaceProb: 0.1 };
  masking = { ...probabilities, selection: "bernoulli", maxLength: 16, seed: 3, spec, tokenizer };
});

const batches = (batchTokens: number, gradientAccumulationSteps: number, step = 5) => {
  const given = { text: ["t"], outputDir: "o", maxSteps: 10, maxLength: 16, shiftedShare: 1 };
  const settings = resolveSettings(pretrainSchema, {
    ...given,
    batchTokens,
    gradientAccumulationSteps,
    shortShare: 0,
    longShare: 0,
    seed: 3,
  });
  return windowsBatches(stream, step, settings, masking);
};

/** Each window's ids and positions; then the selected tokens, in order. */
function contents(micros: readonly MicroBatch[]) {
  const windows: string[] = [];
  const targets: number[] = [];
  for (const { auxiliary } of micros) {
    if (auxiliary === undefined) continue;
    const { batch, targetIds } = auxiliary;
    for (const start of batch.firstSlots) {
      const part = (of: Int32Array) => of.subarray(start, start + 16).join();
      windows.push(`${part(batch.ids)} at ${part(batch.positions)}`);
    }
    targets.push(...targetIds);
  }
  return { windows, targets };
}

describe("windowsBatches", () => {
  it("make the same step however it is cut", () => {
    const whole = batches(192, 1);
    expect(contents(whole).windows).toHaveLength(12);
    expect(contents(whole).targets.length).toBeGreaterThan(20);
    for (const [tokens, pieces] of [
      [96, 2],
      [64, 3],
      [16, 12],
    ]) {
      const cut = batches(tokens, pieces);
      expect(cut).toHaveLength(pieces);
      expect(contents(cut)).toEqual(contents(whole));
    }
  });

  it("draw other windows in every step", () => {
    expect(contents(batches(192, 1, 6))).not.toEqual(contents(batches(192, 1)));
  });
});
