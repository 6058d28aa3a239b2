/** `--method embed`: what it alone does. test/contract has what all linear methods do. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { readJournal, train, trainOptions } from "../../../test/fixtures/training.js";

const at = temporaryFolder();
const options = (name: string) => trainOptions(tinyModel("bert"), at(name), { method: "embed" });

describe("--method embed", () => {
  const outputDir = at("run");

  it("keeps the encoder with the classifier, and has a verdict next to TF-IDF", async () => {
    const host = createTestHost();
    const { metrics } = await train(options("run"), host);
    expect(readdirSync(join(outputDir, "model")).sort()).toEqual([
      "config.json",
      "encoder",
      "model.safetensors",
      "temperature.json",
      "training_texts.bin",
      "vocabulary.json",
    ]);
    expect(metrics).toMatchObject({
      baseline: { method: "tfidf" },
      verdict: expect.stringContaining("TF-IDF"),
    });
    expect(host.progress("embedding").at(-1)).toMatchObject({ unit: "texts" });
    expect(host.notices()).not.toContain("classification head");
    // By the clock of the test, which counts hundredths of a second.
    expect(metrics.timing.training_seconds).toBeGreaterThan(0);
    expect(metrics.timing.training_seconds).toBeLessThan(60);
  });

  it("is the same once more, with another seed too", async () => {
    await train({ ...options("again"), seed: 5 }, createTestHost());
    for (const name of ["model/model.safetensors", "predictions-test.jsonl", "errors.csv"]) {
      expect(readFileSync(at(`again/${name}`))).toEqual(readFileSync(join(outputDir, name)));
    }
  });

  it("is stopped on request, and begins anew", async () => {
    const host = createTestHost({ stopAt: (event) => event.type === "progress" });
    const given = { ...options("stopped"), evalTokens: 64 };
    const error = await failure(train(given, host));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(error.message).toMatch(/^stopped after embedding \d+ of 60 texts$/);
    const { metrics } = await train({ ...given, resume: true }, createTestHost());
    expect(metrics.method).toBe("embed");
  });

  it("holds the texts of a small file out in turn", async () => {
    const { validationFile: _, testFile: __, ...one } = options("folds");
    const { metrics } = await train(one, createTestHost());
    expect(metrics.held_out).toMatchObject({ folds: 5, rows: 36, chosen: "embed", choice: null });
    expect(metrics.verdict).toContain("On 36 texts it never saw");
    expect(existsSync(at("folds/predictions-held-out.jsonl"))).toBe(true);
    const { evaluations } = readJournal(at("folds"));
    expect(evaluations).toMatchObject([{ loss: metrics.dev.loss }]);
  });
});
