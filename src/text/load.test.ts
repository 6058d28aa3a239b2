import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTokenizer } from "./load.js";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const vocabText = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nA\na\n";

describe("loadTokenizer", () => {
  it("reads the files of a folder; settings overrule them", async () => {
    await writeFile(join(folder, "vocab.txt"), vocabText);
    await writeFile(join(folder, "tokenizer_config.json"), '{"do_lower_case": false}');
    expect([...(await loadTokenizer(folder)).encode("A", 8).ids]).toEqual([2, 5, 3]);
    expect([...(await loadTokenizer(folder, { lowercase: true })).encode("A", 8).ids]).toEqual([
      2, 6, 3,
    ]);
  });

  it.each([
    ["a folder that is not there", () => join(folder, "nowhere")],
    ["a folder without a vocabulary", () => folder],
  ])("refuses %s", async (_, path) => {
    await expect(loadTokenizer(path())).rejects.toMatchObject({
      code: "checkpoint-missing",
      message: expect.stringContaining(path()),
    });
  });

  it("refuses a file that is not UTF-8", async () => {
    await writeFile(join(folder, "vocab.txt"), Uint8Array.of(0x61, 0xff));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: "tokenizer-format",
      message: expect.stringContaining("vocab.txt: expected UTF-8"),
    });
  });

  it("refuses a file that cannot be read", async () => {
    await mkdir(join(folder, "vocab.txt"));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "file-missing" });
  });
});
