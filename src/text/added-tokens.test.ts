import { describe, expect, it } from "vitest";
import { addedTokenSchema, compileAddedTokens } from "./added-tokens.js";

const lower = (text: string) => text.toLowerCase();
const token = (content: string, rules: object = {}) =>
  addedTokenSchema.parse({ id: content.length, content, special: true, ...rules });

/** The pieces of a text, tokens in angle brackets. */
function cut(text: string, ...tokens: ReturnType<typeof token>[]): string[] {
  return compileAddedTokens(
    tokens,
    lower,
  )(text).map((piece) => (typeof piece === "string" ? piece : `<${piece.content}>`));
}

describe("compileAddedTokens", () => {
  it("normalizes what lies between tokens, and nothing else", () => {
    expect(cut("A [E] B")).toEqual(["a [e] b"]);
    expect(cut("A [E] B", token("[E]"))).toEqual(["a ", "<[E]>", " b"]);
    expect(cut("[e][E][E]", token("[E]"))).toEqual(["[e]", "<[E]>", "<[E]>"]);
    expect(cut("", token("[E]"))).toEqual([]);
  });

  it("takes the leftmost token, of several there the longest, whatever their order", () => {
    const tokens = [token("ab"), token("abc"), token("bcd")];
    for (const order of [tokens, tokens.toReversed()]) {
      expect(cut("xabcd ab", ...order)).toEqual(["x", "<abc>", "d ", "<ab>"]);
    }
  });

  it("looks for normalized tokens in the normalized text, after the others", () => {
    const word = token("New", { special: false });
    expect(word.normalized).toBe(true);
    expect(cut("a NEW [E] new", word, token("[E]"))).toEqual([
      "a ",
      "<New>",
      " ",
      "<[E]>",
      " ",
      "<New>",
    ]);
  });

  it("takes white space along where the token says so, but none that another has", () => {
    const tokens = [token("L", { lstrip: true }), token("R", { rstrip: true })];
    expect(cut("a \u3000L b", ...tokens)).toEqual(["a", "<L>", " b"]);
    expect(cut("R  \n L R", ...tokens)).toEqual(["<R>", "<L>", " ", "<R>"]);
  });

  it("leaves a single word that is a part of one", () => {
    const word = token("ab", { single_word: true });
    expect(cut("ab xab abx ab. é_ab \u{1d400}ab ab", word)).toEqual([
      "<ab>",
      " xab abx ",
      "<ab>",
      ". é_ab \u{1d400}ab ",
      "<ab>",
    ]);
  });

  it("takes letters that mean something in a pattern as they are", () => {
    expect(cut("a.*b a|b ^$", token("a.*b"), token("|"), token("^$"))).toEqual([
      "<a.*b>",
      " a",
      "<|>",
      "b ",
      "<^$>",
    ]);
    expect(cut("[-]", token("-"), token("]"))).toEqual(["[", "<->", "<]>"]);
  });
});
