import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { trainOptions } from "../../../test/fixtures/training.js";
import { resolveSettings, trainSchema } from "../settings/schemas.js";
import { loadInputs } from "./inputs.js";
import { linearSeconds } from "./linear-time.js";

const at = temporaryFolder();

it("counts every training of the folds, and the embeddings' numbers beside those of the n-grams", async () => {
  const outputDir = at("run");
  const given = trainOptions(tinyModel("bert"), outputDir, { method: "auto" });
  const settings = { ...resolveSettings(trainSchema, given), outputDir };
  const inputs = await loadInputs(settings, createTestHost());
  // The clock of the test goes on by 10 ms at each look.
  const once = linearSeconds(inputs, createTestHost());
  expect(once.tfidf).toBeCloseTo(0.01, 6);
  expect(once.embed).toBeGreaterThan(once.tfidf);
  const folds = { count: 5, ofRow: new Int32Array(inputs.data.train.texts.length) };
  expect(linearSeconds({ ...inputs, folds }, createTestHost()).tfidf).toBeCloseTo(0.05, 6);
});
