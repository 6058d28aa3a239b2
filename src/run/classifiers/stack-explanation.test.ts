import { describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { loadTokenizer } from "../../text/load.js";
import { type ExplainedStack, stackedWords } from "./stack-explanation.js";

const train = ["the dog barks", "a dog", "the car starts", "a car horn"];
const linear = fitTfidf(train, [0, 0, 1, 1], 2);
const bert = await loadTokenizer(tinyModel("bert"));
const roberta = await loadTokenizer(tinyModel("roberta"));

/** Each token's part is its word plus one, special ones' 100. */
function explained(text: string, tokenizer: Tokenizer, maxLength = 64) {
  const stack: ExplainedStack = { linear, encoderWeight: 0.75, tokenizer };
  const encoding: Encoding = tokenizer.encode(text, maxLength);
  const ofTokens = Float32Array.from(encoding.wordIds, (word) =>
    word === NO_WORD ? 100 : word + 1,
  );
  const words = stackedWords(stack, text, 1, { encoding, attribution: ofTokens });
  return { encoding, ofTokens, ...words };
}

function tokensOf(tokenizer: Tokenizer, text: string): number {
  return tokenizer.encode(text, 64).ids.length - 2;
}

describe.each([
  ["bert", bert],
  ["roberta", roberta],
])("stackedWords with the tokenizer of %s", (_, tokenizer) => {
  it("gives each word between spaces its tokens' sum times the encoder's share", () => {
    const { pieces, parts } = explained(" The dog\n barks, ", tokenizer);
    expect(pieces).toEqual([" The", " dog", "\n barks,"]);
    const all = tokenizer.encode(" The dog\n barks, ", 64);
    const total = all.wordIds.reduce((sum, word) => sum + (word === NO_WORD ? 0 : word + 1), 0);
    expect(parts.encoder.reduce((a, b) => a + b)).toBeCloseTo(0.75 * total, 2);
    expect(parts.encoder[0]).toBeCloseTo(0.75 * tokensOf(tokenizer, " The"), 2);
  });

  it("adds up to the score of TF-IDF, halved for two labels, but for the constant", () => {
    const text = "the car barks";
    const { parts } = explained(text, tokenizer);
    const [, score] = tfidfLogits(linear, [text]);
    const expected = (0.25 * (score - linear.linear.intercepts[0])) / 2;
    expect(parts.tfidf.reduce((a, b) => a + b)).toBeCloseTo(expected, 3);
  });

  it("knows nothing of words that were cut off by the encoder", () => {
    const { encoding, parts } = explained("the dog and the car", tokenizer, 4);
    expect(encoding.truncated).toBeGreaterThan(0);
    expect(parts.encoder.at(-1)).toBe(0);
    expect(parts.tfidf.at(-1)).not.toBe(0);
  });

  it("takes a text without words", () => {
    const { pieces, attribution } = explained("  ", tokenizer);
    expect(pieces.join("")).toBe(attribution.length === 0 ? "" : "  ");
  });
});

it("is the text as one piece where the encoder sees other spaces", () => {
  const text = "the car\uFEFFbarks";
  const { pieces, parts, encoding, ofTokens } = explained(text, bert);
  expect(pieces).toEqual([text]);
  const read = ofTokens.filter((_, position) => encoding.wordIds[position] !== NO_WORD);
  expect(parts.encoder[0]).toBeCloseTo(0.75 * read.reduce((a, b) => a + b), 2);
});
