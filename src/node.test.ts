import { describe, expect, it } from "vitest";
import * as entry from "./node.js";

describe("the public entry", () => {
  it("exports these names and no others", () => {
    expect(Object.keys(entry).sort()).toEqual([
      "Classifier",
      "L3MaskingError",
      "checkFiles",
      "compare",
      "doctor",
      "evaluateFile",
      "explain",
      "exportModel",
      "fineTune",
      "perplexity",
      "predictFile",
      "pretrain",
      "pushModel",
      "scoreFile",
      "scoreTexts",
      "serve",
      "studio",
      "trainFromQueue",
      "writeReport",
    ]);
  });
});
