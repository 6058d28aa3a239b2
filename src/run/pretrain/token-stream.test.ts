import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { tinyModel } from "../../../test/fixtures/host.js";
import { randomStream } from "../../base/random.js";
import { NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import { evenWindows, readTokenStream, windowAt, windowStarts } from "./token-stream.js";

const at = temporaryFolder();
let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(tinyModel("bert"));
});

const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

/** [CLS] is 2, [SEP] is 3 in this vocabulary. */
const inner = (text: string) => Array.from(tokenizer.encode(text, 512).ids).slice(1, -1);

describe("readTokenStream", () => {
  it("joins paragraphs by a space and ends each document with [SEP]", async () => {
    const path = file("two.txt", "\n\nThe train\r\n  takes minutes. \n\n \nAgain.");
    const { ids, documents } = await readTokenStream([path], tokenizer);
    expect(documents).toBe(2);
    expect(Array.from(ids)).toEqual([
      ...inner("The train takes minutes."),
      3,
      ...inner("Again."),
      3,
    ]);
  });

  it("never joins documents of two files, and reads .gz", async () => {
    const one = file("one.txt", "The train");
    const two = file("two.gz", gzipSync("takes minutes."));
    const { ids, documents } = await readTokenStream([one, two], tokenizer);
    expect(documents).toBe(2);
    expect(Array.from(ids)).toEqual([...inner("The train"), 3, ...inner("takes minutes."), 3]);
  });

  it("decodes characters that lie across two reads", async () => {
    // A read holds 64 KiB; each é is two bytes, the first one at an odd place.
    const text = `a${"é".repeat(40_000)}`;
    const { ids } = await readTokenStream([file("long.txt", text)], tokenizer);
    expect(Array.from(ids)).toEqual([...Array.from(tokenizer.encode(text, 1e9).ids).slice(1)]);
  });

  it.each([
    ["no.txt", undefined, "file-missing", "no.txt"],
    ["no.gz", undefined, "file-missing", "no.gz"],
    ["latin.txt", Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a), "data-encoding", "UTF-8"],
    ["cut-character.txt", Uint8Array.of(0x63, 0xc3), "data-encoding", "UTF-8"],
    ["plain.gz", "not compressed", "data-format", "gzip"],
    ["cut.gz", gzipSync("The train takes minutes.").subarray(0, 24), "data-format", "gzip"],
    ["blank.txt", " \n\n \n", "data-empty", "expected text"],
    ["one-line.txt", `a\n${"b".repeat(2 ** 22 + 1)}`, "data-format", "at line 2"],
    [
      "bomb.gz",
      gzipSync(`${" ".repeat(2 ** 16 - 1)}\n`.repeat(2 ** 10 + 1)),
      "data-format",
      "67108864 bytes",
    ],
  ] as const)("refuses %s", async (name, content, code, part) => {
    if (content !== undefined) file(name, content);
    const error = await failure(readTokenStream([at(name)], tokenizer));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(error.message).toContain(at(name));
  });

  it("refuses a folder", async () => {
    expect(await failure(readTokenStream([at("")], tokenizer))).toMatchObject({
      code: "file-missing",
    });
  });
});

describe("windows", () => {
  const stream = { ids: Int32Array.of(10, 11, 12, 3, 13, 14, 3), documents: 2 };

  it("have special tokens around, and none of their words at document ends", () => {
    const { ids, wordIds, truncated } = windowAt(stream, 1, 6, tokenizer);
    expect(Array.from(ids)).toEqual([2, 11, 12, 3, 13, 3]);
    expect(Array.from(wordIds)).toEqual([NO_WORD, 1, 2, NO_WORD, 4, NO_WORD]);
    expect(truncated).toBe(0);
  });

  it("at random places have the length asked for and reach both ends", () => {
    const random = randomStream(0, "windows");
    const windows = windowStarts(stream, 200, 5, random).map((start) =>
      windowAt(stream, start, 5, tokenizer),
    );
    expect(windows.every(({ ids }) => ids.length === 5)).toBe(true);
    expect(new Set(windows.map(({ ids }) => ids.slice(1, -1).join()))).toEqual(
      new Set(["10,11,12", "11,12,3", "12,3,13", "3,13,14", "13,14,3"]),
    );
  });

  it("are the whole stream where it is short", () => {
    const [start] = windowStarts(stream, 1, 64, randomStream(0));
    const window = windowAt(stream, start, 64, tokenizer);
    expect(Array.from(window.ids)).toEqual([2, ...stream.ids, 3]);
    expect(evenWindows(stream, 5, 64, tokenizer).length).toBe(1);
  });

  it("side by side do not overlap, and are spread evenly", () => {
    const of = (count: number) =>
      evenWindows(stream, count, 4, tokenizer).map(({ ids }) => ids.slice(1, -1).join());
    expect(of(10)).toEqual(["10,11", "12,3", "13,14"]);
    expect(of(2)).toEqual(["10,11", "12,3"]);
    expect(of(1)).toEqual(["10,11"]);
  });
});
