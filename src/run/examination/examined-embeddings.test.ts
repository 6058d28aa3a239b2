import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import type { Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import { examinedEmbeddings } from "./examined-embeddings.js";

const at = temporaryFolder();
const folder = tinyModel("bert");
const texts = Array.from({ length: 50 }, (_, i) => `moo and vroom ${i}`);
let tokenizer: Tokenizer;

beforeAll(async () => {
  tokenizer = await loadTokenizer(folder);
});

const embed = (some: readonly string[], source: { folder: string }) =>
  examinedEmbeddings(some, { source, tokenizer, maxLength: 32 }, createTestHost());

describe("examinedEmbeddings", () => {
  it("are of length 1, one for each text", async () => {
    const host = createTestHost();
    const model = { source: { folder }, tokenizer, maxLength: 32 };
    const found = (await examinedEmbeddings(texts, model, host)) ?? new Float32Array();
    const size = found.length / texts.length;
    expect(size).toBe(32);
    const squares = found.subarray(0, size).reduce((sum, value) => sum + value * value, 0);
    expect(squares).toBeCloseTo(1, 5);
    expect(host.progress("embedding").at(-1)).toMatchObject({ done: 50, total: 50 });
    expect(host.openSessions).toBe(0);
  });

  it("are left out for few texts, without weights and for models of the hub", async () => {
    expect(await embed(texts.slice(1), { folder })).toBeUndefined();
    cpSync(folder, at("tokenizer"), { recursive: true });
    rmSync(join(at("tokenizer"), "model.safetensors"));
    expect(await embed(texts, { folder: at("tokenizer") })).toBeUndefined();
    const origin = { repository: "org/name", revision: "main", commit: "a".repeat(40) };
    const source = { folder, origin };
    const model = { source, tokenizer, maxLength: 32 };
    expect(await examinedEmbeddings(texts, model, createTestHost())).toBeUndefined();
  });

  it("are left out where they take long", async () => {
    // 2 x 2 layers x 32 x (4 x 32 + 2 x 64) x 32 tokens are a million operations a text.
    const long = new Array<string>(2_500_000).fill("moo ".repeat(40));
    expect(await embed(long, { folder })).toBeUndefined();
  });

  it("end on request", async () => {
    const host = { ...createTestHost(), cancelled: () => true };
    const model = { source: { folder }, tokenizer, maxLength: 32 };
    expect(await failure(examinedEmbeddings(texts, model, host))).toMatchObject({
      code: "interrupted",
    });
  });
});
