import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unigramPieces } from "./unigram.js";

const UNKNOWN = 0;

function encoder(
  table: Readonly<Record<string, number>>,
  options: { readonly bytes?: boolean; readonly never?: readonly string[] } = {},
) {
  const bytes = Array.from({ length: 256 }, (_, byte) => {
    const digits = byte.toString(16).toUpperCase().padStart(2, "0");
    return [`<0x${digits}>`, -9] as const;
  });
  const vocabulary = [
    ["<unk>", 0] as const,
    ...Object.entries(table),
    ...(options.bytes ? bytes : []),
  ];
  const pieces = vocabulary.map(([piece]) => piece);
  const encode = unigramPieces({
    pieces,
    scores: Float64Array.from(vocabulary, ([, score]) => score),
    unknown: UNKNOWN,
    byteFallback: options.bytes ?? false,
    never: new Set(["<unk>", ...(options.never ?? [])]),
  });
  return (word: string) => encode(word).map((id) => pieces[id]);
}

describe("unigramPieces", () => {
  it("takes the pieces with the largest sum of scores", () => {
    // a + b = -4, ab = -5; ab + c = -7 beats a + bc = -8 and a + b + c = -6 beats both.
    const table = { a: -2, b: -2, c: -2, ab: -5, bc: -6 };
    expect(encoder(table)("abc")).toEqual(["a", "b", "c"]);
    expect(encoder({ ...table, ab: -3 })("abc")).toEqual(["ab", "c"]);
    expect(encoder({ ...table, ab: -3, abc: -4.5 })("abc")).toEqual(["abc"]);
    expect(encoder(table)("")).toEqual([]);
  });

  it("of two ways that are equal takes the one whose last piece is the longest", () => {
    expect(encoder({ a: -1, b: -1, ab: -2 })("ab")).toEqual(["ab"]);
  });

  it("makes neighbours without a piece one unknown token, which costs 10 more than the least piece", () => {
    expect(encoder({ a: -1, b: -3 })("axyb")).toEqual(["a", "<unk>", "b"]);
    expect(encoder({ a: -1 })("𝕳x")).toEqual(["<unk>"]);
    // b has no piece: unknown -13, so a + unknown = -14 loses to ab = -3.
    expect(encoder({ a: -1, ab: -3 })("ab")).toEqual(["ab"]);
    // Here even the least likely way through known pieces is taken.
    expect(encoder({ a: -1, b: -99, ab: -100.5 })("ab")).toEqual(["a", "b"]);
  });

  it("spells what is unknown in bytes where it has all of them", () => {
    expect(encoder({ a: -1 }, { bytes: true })("aé")).toEqual(["a", "<0xC3>", "<0xA9>"]);
    expect(encoder({ a: -1 }, { bytes: true })("\n".repeat(300_000)).length).toBe(300_000);
  });

  it("never gives a token with a role", () => {
    const table = { "<s>": 0, "<": -3, s: -3, ">": -3 };
    expect(encoder(table)("<s>")).toEqual(["<s>"]);
    expect(encoder(table, { never: ["<s>"] })("<s>")).toEqual(["<", "s", ">"]);
    // Not even where its characters are unknown.
    expect(encoder({ a: -1, "<s>": 0 }, { never: ["<s>"] })("<s>")).toEqual(["<unk>"]);
  });

  it("finds what a search of all ways finds", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "𝕳"), minLength: 1, maxLength: 3 });
    // Scores without ties: sums of different powers of two.
    const tables = fc
      .uniqueArray(letters, { minLength: 1, maxLength: 8 })
      .map((pieces) => Object.fromEntries(pieces.map((piece, i) => [piece, -1 - 2 ** -i / 3])));
    const words = fc.string({ unit: fc.constantFrom("a", "b", "𝕳"), maxLength: 7 });
    fc.assert(
      fc.property(tables, words, (table, word) => {
        const least = Math.min(0, ...Object.values(table)) - 10;
        const best = (rest: readonly string[]): { score: number; ways: string[][] } => {
          if (rest.length === 0) return { score: 0, ways: [[]] };
          const options = rest.flatMap((first, i) => {
            const piece = rest.slice(0, i + 1).join("");
            const isKnown = Object.hasOwn(table, piece);
            if (!isKnown && (i > 0 || Object.hasOwn(table, first))) return [];
            const after = best(rest.slice(i + 1));
            const own = isKnown ? table[piece] : least;
            const named = isKnown ? piece : "<unk>";
            return [{ score: own + after.score, ways: after.ways.map((way) => [named, ...way]) }];
          });
          const score = Math.max(...options.map((option) => option.score));
          const ways = options.filter((option) => Math.abs(option.score - score) < 1e-9);
          return { score, ways: ways.flatMap((option) => option.ways) };
        };
        const fused = best(Array.from(word)).ways.map((way) =>
          way.filter((piece, i) => piece !== "<unk>" || way[i - 1] !== "<unk>"),
        );
        expect(fused).toContainEqual(encoder(table)(word));
      }),
      { seed: 5, numRuns: 400 },
    );
  });

  it("takes time linear in the word", () => {
    const encode = encoder({ a: -1, aa: -1.5, [`${"a".repeat(40)}b`]: -2 });
    expect(encode("a".repeat(2 ** 20)).length).toBe(2 ** 19);
  });
});
