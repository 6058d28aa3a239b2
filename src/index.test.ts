import { describe, expect, it } from "vitest";
import * as entry from "./index.js";

describe("the entry that needs no Node", () => {
  it("exports these names and no others", () => {
    expect(Object.keys(entry).sort()).toEqual([
      "L3MaskingError",
      "checkDataset",
      "classificationMetrics",
      "createStrategy",
      "createTokenizer",
      "errorCodes",
      "fileKind",
      "formatCheck",
      "knownDatasets",
      "maskTokens",
      "parseEstimator",
      "parseRecords",
      "randomStream",
      "scoringRows",
      "strategies",
      "tokenizerFileNames",
    ]);
  });

  it("goes from bytes to a masked text", async () => {
    const bytes = new TextEncoder().encode('{"text": "the pump leaks", "label": "plumbing"}\n');
    const { records } = await entry.parseRecords(bytes, "jsonl", "rows.jsonl", {
      labels: "required",
    });
    const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "pump", "leaks"];
    const tokenizer = entry.createTokenizer(new Map([["vocab.txt", vocabulary.join("\n")]]));
    const encoding = tokenizer.encode(records[0].text, 16);
    // Surprisals 0, 6 and 3 relative to 6 are 0, 1 and 1/2; a mean of 1/2 needs lambda = 1.
    const strategy = entry.createStrategy("l3", {
      budget: 0.5,
      calibration: "exact",
      exponent: 1,
    });
    const scores = Float32Array.of(Number.NaN, 0, -6, -3, Number.NaN);
    const probabilities = strategy.probabilities(encoding, scores);
    expect([...probabilities]).toEqual([0, 0, 1, 0.5, 0]);
    const masked = entry.maskTokens(encoding, probabilities, {
      random: entry.randomStream(0, "mask"),
      maskId: tokenizer.special.mask,
      vocabularySize: tokenizer.vocabularySize,
      specialIds: tokenizer.specialIds,
      maskReplaceProbability: 1,
      randomReplaceProbability: 0,
    });
    expect(masked.ids[2]).toBe(4);
    expect([...masked.labels].at(0)).toBe(6);
  });
});
