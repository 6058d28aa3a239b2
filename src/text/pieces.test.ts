import { describe, expect, it } from "vitest";
import { tinyModel } from "../../test/fixtures/host.js";
import { loadTokenizer } from "./load.js";
import { textPieces } from "./pieces.js";

const roberta = await loadTokenizer(tinyModel("roberta"));
const bert = await loadTokenizer(tinyModel("bert"));

/** The pieces between the special tokens. */
const inside = (text: string, tokenizer = roberta) => {
  const encoding = tokenizer.encode(text, 100);
  const pieces = textPieces(encoding, tokenizer);
  expect(pieces.length).toBe(encoding.ids.length);
  expect([pieces.at(0), pieces.at(-1)]).toEqual(
    tokenizer === roberta ? ["<s>", "</s>"] : ["[CLS]", "[SEP]"],
  );
  return pieces.slice(1, -1);
};

describe("textPieces", () => {
  it.each([
    "moo was heard at noon.",
    " two  spaces\nand a line ",
    "für 5 €, naïve – 漢字 🚤!",
    "<mask> is text",
    "",
  ])("of byte-level tokens give %j again", (text) => {
    expect(inside(text).join("")).toBe(text);
  });

  it("have a character that is several tokens at the last of them", () => {
    const pieces = inside("a🚤");
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.at(-1)).toBe("🚤");
    expect(pieces.slice(1, -1)).toEqual(pieces.slice(1, -1).map(() => ""));
  });

  it("show that a character was cut, where the row ends", () => {
    const { ids, wordIds } = roberta.encode("a🚤", 4);
    expect(textPieces({ ids, wordIds }, roberta)).toEqual(["<s>", "a", "\ufffd", "</s>"]);
    const open = { ids: ids.subarray(0, 3), wordIds: wordIds.subarray(0, 3) };
    expect(textPieces(open, roberta)).toEqual(["<s>", "a", "\ufffd"]);
  });

  it("of WordPiece tokens part words, not what continues them", () => {
    const encoding = bert.encode("Splashing, twice", 100);
    expect(encoding.wordIds.filter((word) => word === 0).length).toBeGreaterThan(1);
    expect(inside("Splashing, twice", bert).join("")).toBe("splashing , twice");
    expect(inside("Splashing, twice", bert)[0]).not.toMatch(/^ |#/);
  });

  describe("of tokens that mark spaces", () => {
    const tokens = ["<s>", "</s>", "<unk>", "\u2581", "\u2581The", "re", "<0xC3>", "<0xA9>", "京"];
    const marked = { token: (id: number) => tokens[id], spelling: "marked" } as const;
    const read = (...ids: number[]) => {
      const inner = ids.map((_, i) => i);
      const wordIds = Int32Array.of(-1, ...inner, -1);
      return textPieces({ ids: Int32Array.of(0, ...ids, 1), wordIds }, marked).slice(1, -1);
    };

    it("give the spaces between words, none at the beginning", () => {
      expect(read(4, 5, 4, 3, 8)).toEqual(["The", "re", " The", " ", "京"]);
      expect(read(3, 8, 2)).toEqual(["", "京", "<unk>"]);
    });

    it("put bytes together, at the last of a character", () => {
      expect(read(4, 6, 7, 5)).toEqual(["The", "", "é", "re"]);
      expect(read(6)).toEqual(["\ufffd"]);
    });
  });
});
