import { describe, expect, it } from "vitest";
import { explainedText } from "../../../../test/fixtures/explained-text.js";
import { elementsNamed, readMarkup } from "../../../../test/fixtures/markup.js";
import { type ExplainedText, maskLevel } from "../../records/token-masks.js";
import { renderExplanation } from "./explanation.js";

const text: ExplainedText = {
  ...explainedText,
  masks: [...explainedText.masks, { positions: [], replacements: [] }],
};

const render = (texts: readonly ExplainedText[]) =>
  renderExplanation(
    {
      model: "runs/<l3>/model",
      vanilla_model: "models/small",
      seed: 5,
      attribution_input: "embeddings",
      masking: { mlm_probability: 0.15, gamma: 1 },
      texts,
    },
    { date: "21 November 2026" },
  ).html;
const html = render([text]);
const words = (source: string) => elementsNamed(source, "body")[0].text.replace(/\s+/g, " ");
/** Tokens in the text views, with their classes. */
const marks = (source: string) =>
  elementsNamed(source, "span")
    .filter(({ attributes }) => attributes.title !== undefined)
    .map(({ attributes, text: shown }) => [shown, attributes.class, attributes.title]);

describe("the page of an explanation", () => {
  it("marks every token by its mask probability, then by its attribution, special ones left out", () => {
    expect(marks(html).filter(([, kind]) => kind !== "drawn")).toEqual([
      ["two", "t m1", "surprisal 2.50 nats, mask probability 0.120"],
      ["van", "t m4", "surprisal 8.25 nats, mask probability 0.700"],
      ["es", "t m0", "surprisal 0.00 nats, mask probability 0.000"],
      ["two", "t against a2", "attribution −0.500"],
      ["van", "t m0", "attribution +0.0400"],
      ["es", "t for a3", "attribution +1.00"],
    ]);
  });

  it("shows what a sampled mask hides, replaces and keeps", () => {
    expect(marks(html).filter(([, kind]) => kind === "drawn")).toEqual([
      ["van<mask>", "drawn", "selected; read as <mask>"],
      ["[=]two", "drawn", "selected and kept"],
      ["esĠboat", "drawn", "selected; read as Ġboat"],
    ]);
    const lines = elementsNamed(html, "p").filter(
      ({ attributes }) => attributes.class === "tokens",
    );
    expect(lines.map((line) => line.text)).toEqual([
      "two vanes",
      "two van<mask>es",
      "[=]two vanesĠboat",
      "two vanes",
      "two vanes",
    ]);
  });

  it("has all figures in a table, with bars to both sides", () => {
    const rows = elementsNamed(html, "tr").map((row) => row.text);
    expect(rows.slice(1)).toEqual([
      "<s>––+0.100",
      "two2.500.120−0.500",
      "Ġvan8.250.700+0.0400",
      "es0.000.000+1.00",
      "</s>––+0.00",
    ]);
    const bars = elementsNamed(html, "rect").map(({ attributes }) => [
      attributes.class,
      Number(attributes.x),
      Number(attributes.width),
    ]);
    expect(bars[1]).toEqual(["fill s2", 30, 30]);
    expect(bars[3]).toEqual(["fill s1", 60, 60]);
  });

  it("says what is predicted, what is meant and what is not", () => {
    const all = words(html);
    for (const part of [
      "Text 1: engine, 75.0 %",
      "Other labels: hull 25.0 %.",
      "Settings: mlm probability 0.15 and gamma 1.",
      "draws with seed 5",
      "local linear view",
      "not a causal explanation",
      "below 0.05 0.05 to 0.15 0.15 to 0.3 0.3 to 0.6 0.6 and more",
      "runs/<l3>/model",
    ]) {
      expect(all).toContain(part);
    }
    expect(all).not.toMatch(/NaN|undefined|\[object/);
  });

  it("stays well-formed for hostile, cut and empty texts, with unique ids", () => {
    const hostile = "<script>alert(1)</script>\u0007\u202E&";
    const empty = {
      ...text,
      tokens: ["<s>", "</s>"],
      pieces: ["<s>", "</s>"],
      word_ids: [null, null],
      surprisal: [null, null],
      mask_probability: [null, null],
      attribution: [0, 0],
      masks: [],
    };
    const page = render([
      { ...text, tokens: text.tokens.map(() => hostile), pieces: text.pieces.map(() => hostile) },
      { ...text, truncated: 12, label: hostile, probabilities: { [hostile]: 1 } },
      empty,
    ]);
    const elements = readMarkup(page);
    expect(elements.filter(({ name }) => name === "script")).toEqual([]);
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(words(page)).toContain("12 tokens were cut off");
    expect(words(page)).toContain("The text has no tokens.");
    expect(words(page)).not.toMatch(/NaN|undefined|\[object/);
  });
});

describe("maskLevel", () => {
  it("counts the bounds that are reached", () => {
    expect([0, 0.049, 0.05, 0.15, 0.3, 0.6, 1].map(maskLevel)).toEqual([0, 0, 1, 2, 3, 4, 4]);
  });
});

describe("the page of a stack", () => {
  it("has the parts of its encoder and of TF-IDF in columns of their own", () => {
    const parts = { encoder: [-0.25, 1.5], tfidf: [-0.25, -0.5] };
    const stacked: ExplainedText = {
      ...explainedText,
      truncated: 3,
      masks: [],
      tokens: ["two", "vanes"],
      pieces: ["two", " vanes"],
      word_ids: [0, 1],
      attribution: [-0.5, 1],
      attribution_parts: parts,
    };
    const { html: shown } = renderExplanation(
      {
        model: "runs/messages/model",
        vanilla_model: null,
        encoder_weight: 0.7,
        seed: 0,
        attribution_input: "embeddings",
        masking: {},
        texts: [stacked],
      },
      { date: "21 November 2026" },
    );
    expect(words(shown)).toContain("a stack of a fine-tuned encoder (70.0 %) and TF-IDF (30.0 %).");
    expect(words(shown)).toContain("the encoder does not read them, TF-IDF does");
    expect(words(shown)).toContain("These are exact.");
    const cells = elementsNamed(shown, "td").map((cell) => cell.text);
    expect(cells.slice(0, 3)).toEqual(["−0.500", "−0.250", "−0.250"]);
  });
});
