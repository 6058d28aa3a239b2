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

it("counts the learning curve where one is asked for: each part of each fold's texts, for both classifiers", async () => {
  const outputDir = at("curve");
  const given = trainOptions(tinyModel("bert"), outputDir, { method: "auto", learningCurve: true });
  const settings = { ...resolveSettings(trainSchema, given), outputDir };
  const inputs = await loadInputs(settings, createTestHost());
  const none = { ...inputs, settings: { ...inputs.settings, learningCurve: false } };
  expect(linearSeconds(none, createTestHost()).curve).toBe(0);
  // 10 ms for all texts; without folds a quarter, a half and all of them, and wider texts beside them.
  const once = linearSeconds(inputs, createTestHost());
  const wider = once.embed / once.tfidf;
  expect(once.curve).toBeCloseTo(0.01 * 1.75 * (1 + wider), 6);
  // Five folds: each part of the other four fifths, five times.
  const folds = { count: 5, ofRow: new Int32Array(inputs.data.train.texts.length) };
  const curve = linearSeconds({ ...inputs, folds }, createTestHost()).curve;
  expect(curve).toBeCloseTo(4 * once.curve, 6);
});
