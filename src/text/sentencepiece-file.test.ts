import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { readSentencePiece } from "./sentencepiece-file.js";

/** Field 1 of the model; type 1 where it is not told. */
const piece = (text: string, score?: number, type?: number) => (model: BinaryWriter) => {
  model.tag(1, 2).fork().tag(1, 2).string(text);
  if (score !== undefined) model.tag(2, 5).float(score);
  if (type !== undefined) model.tag(3, 0).int32(type);
  return model.join();
};
const trainer = (type: number) => (model: BinaryWriter) =>
  model.tag(2, 2).fork().tag(40, 0).int32(0).tag(3, 0).int32(type).join();
const normalizer = (map: Uint8Array) => (model: BinaryWriter) =>
  model.tag(3, 2).fork().tag(1, 2).string("nmt_nfkc").tag(2, 2).bytes(map).join();
const written = (...parts: ((model: BinaryWriter) => BinaryWriter)[]) =>
  parts.reduce((model, part) => part(model), new BinaryWriter()).finish();

describe("readSentencePiece", () => {
  it("reads pieces, symbols and the character map, and passes over the rest", () => {
    const bytes = written(
      trainer(1),
      piece("<unk>", 0, 2),
      piece("<s>", 0, 3),
      piece("[E1]", 0, 4),
      piece("\u2581été", -2.5),
      piece("\ufeff"),
      normalizer(Uint8Array.of(1, 2, 255)),
      (model) => model.tag(5, 2).bytes(Uint8Array.of(9, 9)),
    );
    expect(readSentencePiece(bytes, "x")).toEqual({
      pieces: [
        ["<unk>", 0],
        ["<s>", 0],
        ["[E1]", 0],
        ["\u2581été", -2.5],
        ["\ufeff", 0],
      ],
      symbols: ["<s>", "[E1]"],
      characterMap: "AQL/",
    });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(), /^x: expected a SentencePiece model, got one without pieces/],
    ["text", new TextEncoder().encode("version https://git-lfs"), /got (other bytes|one without)/],
    ["a file cut off", written(piece("a", -1), piece("b", -2)).subarray(0, 12), /got other bytes/],
    ["a piece that is no UTF-8", Uint8Array.of(10, 3, 10, 1, 255), /got other bytes/],
    ["a model of merges", written(trainer(2), piece("a", -1)), /Unigram model, got a model of BPE/],
    ["another model", written(trainer(9), piece("a", -1)), /an unknown kind of pieces/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSentencePiece(bytes, "x")).toThrow(
      expect.objectContaining({
        code: "tokenizer-format",
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/\w/),
      }),
    );
  });
});
