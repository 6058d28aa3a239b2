import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BytePairSettings, bytePairs } from "./byte-pairs.js";

type Merge = readonly [string, string];

/** Letters a to d, what the merges make, and "?" as the unknown token. */
function settingsOf(merges: readonly Merge[], rest: Partial<BytePairSettings> = {}) {
  const tokens = ["?", "a", "b", "c", "d", ...merges.map(([left, right]) => left + right)];
  const vocabulary = new Map(tokens.map((token, id) => [token, id]));
  return {
    vocabulary,
    merges,
    unknown: undefined,
    fuseUnknown: false,
    ignoreMerges: false,
    ...rest,
  };
}

/** Tokens of a word. */
function tokensOf(word: string, settings: BytePairSettings): string[] {
  const names = new Map([...settings.vocabulary].map(([token, id]) => [id, token]));
  return bytePairs(settings, "test")(word).map((id) => names.get(id) ?? "");
}

/** The definition, word for word: find the earliest merge, leftmost, until there is none. */
function slowly(word: string, merges: readonly Merge[]): string[] {
  const symbols = [...word];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const rank = merges.findIndex(
        ([left, right]) => left === symbols[i] && right === symbols[i + 1],
      );
      if (rank >= 0 && rank < best) {
        best = rank;
        at = i;
      }
    }
    if (at < 0) return symbols;
    symbols.splice(at, 2, symbols[at] + symbols[at + 1]);
  }
}

describe("bytePairs", () => {
  it("merges the earliest pair of the list first, not the leftmost", () => {
    const merges: Merge[] = [
      ["b", "c"],
      ["a", "b"],
      ["a", "bc"],
    ];
    expect(tokensOf("abc", settingsOf(merges))).toEqual(["abc"]);
    expect(tokensOf("abab", settingsOf(merges))).toEqual(["ab", "ab"]);
    expect(tokensOf("aaa", settingsOf([["a", "a"]]))).toEqual(["aa", "a"]);
    expect(tokensOf("", settingsOf(merges))).toEqual([]);
  });

  it("does what the definition says", () => {
    const letters = fc.constantFrom("a", "b", "c", "d");
    // Merges that build on earlier ones, none making the same token twice.
    const mergeLists = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 25 }).map((picks) => {
      const tokens = ["a", "b", "c", "d"];
      const merges: Merge[] = [];
      for (const [i, j] of picks) {
        const left = tokens[i % tokens.length];
        const right = tokens[j % tokens.length];
        if (tokens.includes(left + right)) continue;
        merges.push([left, right]);
        tokens.push(left + right);
      }
      return merges;
    });
    const words = fc.array(letters, { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(mergeLists, words, (merges, word) => {
        expect(tokensOf(word, settingsOf(merges))).toEqual(slowly(word, merges));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("drops unknown characters before merging, or replaces them, one by one or fused", () => {
    const merges: Merge[] = [["a", "b"]];
    expect(tokensOf("axb", settingsOf(merges))).toEqual(["ab"]);
    expect(tokensOf("axyb", settingsOf(merges, { unknown: 0 }))).toEqual(["a", "?", "?", "b"]);
    expect(tokensOf("axyb", settingsOf(merges, { unknown: 0, fuseUnknown: true }))).toEqual([
      "a",
      "?",
      "b",
    ]);
  });

  it("takes a word that is a token whole only if told to ignore the merges", () => {
    // "cab" is a token, but no order of merges reaches it.
    const vocabulary = new Map([...settingsOf([["a", "b"]]).vocabulary, ["cab", 9]]);
    const settings = settingsOf([["a", "b"]], { vocabulary });
    expect(tokensOf("cab", settings)).toEqual(["c", "ab"]);
    expect(tokensOf("cab", { ...settings, ignoreMerges: true })).toEqual(["cab"]);
  });

  it("refuses merges outside the vocabulary", () => {
    const settings = {
      ...settingsOf([["a", "b"]]),
      merges: [
        ["a", "b"],
        ["c", "d"],
      ] as const,
    };
    expect(() => bytePairs(settings, "merges.txt")).toThrow(
      expect.objectContaining({
        code: "tokenizer-format",
        message: 'merges.txt, merge 2: expected tokens of the vocabulary, got "cd"',
      }),
    );
  });
});
