import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../test/fixtures/host.js";
import { soundFiles, toJsonLines } from "../../test/fixtures/sounds.js";
import { type CheckOptions, checkSchema, resolveSettings } from "../config.js";
import { runCheck } from "./check.js";
import type { Host } from "./host.js";

const at = temporaryFolder();

const check = (options: Partial<CheckOptions> = {}, host: Host = createTestHost()) =>
  runCheck(resolveSettings(checkSchema, { ...soundFiles, ...options }), host);

describe("check", () => {
  it("counts rows, labels and texts seen in training", async () => {
    const host = createTestHost();
    const { check: found, text } = await check({}, host);
    expect(found).toMatchObject({
      labels: ["animal", "engine", "water"],
      splits: [
        { name: "train", rows: 36 },
        { name: "dev", rows: 12 },
        { name: "test", rows: 12 },
      ],
    });
    expect(found.warnings[0].code).toBe("test-seen-in-train");
    expect(text).toContain("1 of 12 test rows");
    expect(host.notices()).toContain('text from "text" (--text-column), label from "label"');
  });

  it("counts lengths in words, or in the tokens of a model", async () => {
    const words = await check();
    // "moo was heard in the yard." has 6 words.
    expect(words.text).toContain("words per text");
    const tokens = await check({ model: tinyModel("bert"), maxLength: 16 });
    expect(tokens.text).toContain("tokens per text");
    expect(tokens.text).toContain("rows cut at 16 tokens");
    expect(tokens.check.warnings.map(({ code }) => code)).toContain("truncation");
  });

  it("shows the page, then throws what would stop training", async () => {
    writeFileSync(at("one.jsonl"), toJsonLines([{ text: "baa", label: "animal" }]));
    const host = createTestHost();
    const error = await failure(check({ trainFile: at("one.jsonl") }, host));
    expect(error).toMatchObject({ code: "data-classes" });
    expect(host.notices()).toContain("train has one label only (animal)");
  });
});
