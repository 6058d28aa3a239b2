import { describe, expect, it } from "vitest";
import { explainedText } from "../../../test/fixtures/explained-text.js";
import type { ExplainResult } from "../../commands/explain.js";
import { explanationText } from "./explanation-text.js";
import { inColour, plain } from "./terminal.js";

const result: ExplainResult = {
  model: "m",
  vanilla_model: "v",
  masking: { mlm_probability: 0.15, gamma: 1 },
  seed: 5,
  attribution_input: "embeddings",
  mask_levels: [0.05, 0.15, 0.3, 0.6],
  left_out: 3,
  texts: [{ ...explainedText, truncated: 2 }],
};

describe("explained texts in a terminal", () => {
  it("are a table without colours", () => {
    const lines = explanationText(result)(plain).split("\n");
    expect(lines).toEqual([
      "text 1: engine 75.0 %  (hull 25.0 %)",
      "truncated: the last 2 tokens",
      "",
      "  two vanes",
      "  mask 1: two [van → <mask>]es",
      "  mask 2: =two= van[es → Ġboat]",
      "",
      "  token  surprisal  mask probability  attribution to engine",
      "  <s>            -               -                   +0.100          │■",
      "  two         2.50           0.120 ░                 -0.500      ■■■■│",
      "  Ġvan        8.25           0.700 █                +0.0400          │",
      "  es          0.00           0.000                    +1.00          │■■■■■■■■",
      "  </s>           -               -                    +0.00          │",
      "",
      "surprisal: -log P(token) in nats under the vanilla model v",
      "mask probability: probability that L3Masking selects the token in an epoch; below 0.05, ░ from 0.05, ▒ from 0.15, ▓ from 0.3, █ from 0.6",
      "  (mlm_probability 0.15, gamma 1)",
      "masks: drawn with seed 5; [token → its replacement], =selected but kept=",
      "attribution: gradient x input (embeddings) of the label's logit, + for the label, - against it; a local linear view, not a cause",
      "not explained: 3 more texts in the file (--max-texts)",
    ]);
  });

  it("have each token in the colour of its mask probability where there are colours", () => {
    const text = explanationText(result)(inColour);
    const coloured = text.split("\n")[3];
    expect(coloured).toBe("  two \u001b[1m\u001b[31mvan\u001b[39m\u001b[22m\u001b[2mes\u001b[22m");
    // What is shown is the same.
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
    expect(text.replaceAll(escapes, "")).toBe(explanationText(result)(plain));
  });

  it("are on the page where one was written", () => {
    const shown = explanationText({ ...result, output: "explained.html" });
    expect(shown(inColour).split("\n")).toEqual([
      "explained 1 text: explained.html (open it in a browser)",
      "not explained: 3 more texts in the file (--max-texts)",
    ]);
  });

  it("cannot steer the terminal", () => {
    const [text] = result.texts;
    const hostile = "\u001b[2Jx";
    const shown = explanationText({
      ...result,
      texts: [
        {
          ...text,
          tokens: text.tokens.map(() => hostile),
          pieces: text.pieces.map(() => hostile),
          label: hostile,
          explained_label: hostile,
          probabilities: { [hostile]: 1 },
        },
      ],
    })(plain);
    expect(shown).not.toContain("\u001b");
    expect(shown).toContain("\\u{1b}");
  });

  it("of a stack show both parts, and say what they are", () => {
    const stacked: ExplainResult = {
      ...result,
      vanilla_model: null,
      encoder_weight: 0.7,
      left_out: 0,
      texts: [
        {
          ...explainedText,
          truncated: 2,
          masks: [],
          tokens: ["two", "vanes"],
          pieces: ["two", " vanes"],
          word_ids: [0, 1],
          attribution: [-0.5, 1],
          attribution_parts: { encoder: [-0.25, 1.5], tfidf: [-0.25, -0.5] },
        },
      ],
    };
    expect(explanationText(stacked)(plain).split("\n")).toEqual([
      "text 1: engine 75.0 %  (hull 25.0 %)",
      "truncated: the last 2 tokens, for the encoder; TF-IDF reads all of the text",
      "",
      "  two vanes",
      "",
      "  word   attribution to engine  encoder  TF-IDF",
      "  two                   -0.500   -0.250  -0.250      ■■■■│",
      "  vanes                  +1.00    +1.50  -0.500          │■■■■■■■■",
      "",
      "attribution: what the word adds to the label's logit, + for the label, - against it; the sum of two parts,",
      "  each times its share in the stack: that of the encoder (70.0 %) by gradient x input, a local linear view,",
      "  that of TF-IDF (30.0 %) exactly. Either alone: --model m/encoder or /linear",
    ]);
  });
});
