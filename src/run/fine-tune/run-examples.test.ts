import { describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { loadTokenizer } from "../../text/load.js";
import { exampleTexts } from "./run-examples.js";

const tokenizer = await loadTokenizer(tinyModel("roberta"));

describe("the examples of a run", () => {
  it("are spread over the texts, those without words passed over", () => {
    const texts = ["", "a b", "c", "", "d", "e", "f", "g", "h"];
    const encodings = texts.map((text) => tokenizer.encode(text, 40));
    const chosen = (count: number) =>
      exampleTexts(encodings.slice(0, count)).map((text) => texts[text]);
    expect(chosen(9)).toEqual(["a b", "c", "e", "g"]);
    expect(chosen(2)).toEqual(["a b"]);
    expect(chosen(1)).toEqual([]);
  });
});
