import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { root } from "../../../test/fixtures/pages.js";
import { locateModel, pinnedName } from "../sources/model-source.js";
import { trainCommand } from "./command-line.js";
import {
  checkSchema,
  compareSchema,
  perplexitySchema,
  resolveSettings,
  scoreSchema,
  scoreTextsSchema,
  trainSchema,
} from "./schemas.js";
import { SHIPPED_MODEL } from "./shipped-model.js";

const at = temporaryFolder();
const start = process.cwd();

// Not the package's folder.
beforeEach(() => process.chdir(at("")));
afterEach(() => process.chdir(start));

describe("the shipped model", () => {
  it("is what commands take where none is named, and is recorded by its name", () => {
    const settings = resolveSettings(trainSchema, { trainFile: "a.csv" });
    expect(settings.model).toBe(SHIPPED_MODEL);
    expect(trainCommand(settings)).not.toContain("--model");
    expect(resolveSettings(compareSchema, {}).model).toEqual([SHIPPED_MODEL]);
    expect(resolveSettings(checkSchema, {}).model).toBe(SHIPPED_MODEL);
    const files = { input: "a.csv", output: "b.jsonl" };
    expect(resolveSettings(scoreSchema, files).model).toBe(SHIPPED_MODEL);
    expect(resolveSettings(scoreTextsSchema, { texts: [] }).model).toBe(SHIPPED_MODEL);
    expect(resolveSettings(perplexitySchema, { text: ["a"] }).model).toBe(SHIPPED_MODEL);
  });

  it("is found in the package from any folder, and keeps its name", async () => {
    const host = createTestHost();
    const source = await locateModel(SHIPPED_MODEL, "model", host);
    expect(source).toEqual({ folder: join(root, "models", SHIPPED_MODEL), shipped: true });
    expect(pinnedName(source)).toBe(SHIPPED_MODEL);
    expect(host.notices()).toBe("");
  });

  it("is not mistaken for a folder of its name, which is told how to be named", async () => {
    mkdirSync(at(SHIPPED_MODEL));
    const host = createTestHost();
    const { shipped } = await locateModel(SHIPPED_MODEL, "model", host);
    expect(shipped).toBe(true);
    expect(host.notices("warning")).toContain(`write ./${SHIPPED_MODEL}`);
    expect(await locateModel(`./${SHIPPED_MODEL}`, "model", createTestHost())).toEqual({
      folder: `./${SHIPPED_MODEL}`,
    });
  });
});
