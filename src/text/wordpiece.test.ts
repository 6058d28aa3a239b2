import { describe, expect, it } from "vitest";
import { wordPieces } from "./wordpiece.js";

const vocabulary = new Map(
  ["[UNK]", "un", "unaffect", "##aff", "##able", "##ed", "a", "##😀", "##a"].map((t, id) => [
    t,
    id,
  ]),
);
const encode = wordPieces({ vocabulary, unknown: 0, continuation: "##", maxCharacters: 8 });

describe("wordPieces", () => {
  it.each([
    ["un", [1]],
    ["unaffed", [1, 3, 5]],
    // The longest start is taken although the rest then fails: greedy, not optimal.
    ["unaffect", [2]],
    ["unaffa", [1, 3, 8]],
    ["unx", [0]],
    ["xun", [0]],
    ["", []],
    ["a😀a", [6, 7, 8]],
  ])("cuts %j into %j", (word, ids) => {
    expect(encode(word)).toEqual(ids);
  });

  it("counts code points, not UTF-16 units, against the limit", () => {
    expect(encode(`a${"😀".repeat(7)}`)).toEqual([6, 7, 7, 7, 7, 7, 7, 7]);
    expect(encode(`a${"😀".repeat(8)}`)).toEqual([0]);
    expect(encode(`a${"a".repeat(8)}`)).toEqual([0]);
  });
});
