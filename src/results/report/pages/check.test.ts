import { describe, expect, it } from "vitest";
import { elementsNamed, readMarkup } from "../../../../test/fixtures/markup.js";
import { checkDataset } from "../../../data/check/check.js";
import { warningAdvice } from "../../../data/check/check-advice.js";
import { checkDetails } from "../../../data/check/check-details.js";
import { warningCodes } from "../../../data/check/check-result.js";
import type { SplitRecords } from "../../../data/dataset.js";
import { renderCheck } from "./check.js";

const record = (text: string, label: string | undefined, line: number) => ({
  text,
  columns: {},
  line,
  ...(label !== undefined && { label }),
});

const files = { train: "data/<train>.csv", dev: undefined, test: "test.csv" };
const tokenCounts = (texts: readonly string[]) =>
  Int32Array.from(texts, (text) => text.split(" ").length + 2);

function render(splits: SplitRecords, refusal?: string, maxLength = 6): string {
  const options = { tokenCounts, maxLength };
  const check = checkDataset(splits, options);
  const details = checkDetails(splits, options);
  return renderCheck(
    { name: "<b>data</b>", check, details, files, refusal },
    { date: "21 November 2026" },
  ).html;
}

const textOf = (html: string) => elementsNamed(html, "body")[0].text.replace(/\s+/g, " ");

const usual: SplitRecords = {
  train: [
    record("the pump runs but nothing comes out", "water", 2),
    record("a <script>alert(1)</script> text", "engine", 3),
    record("the same", "water", 4),
    record("the same", "engine", 5),
    record(" ", "water", 6),
  ],
  dev: [record("a shroud", "water", 2)],
  test: [record("the same", "water", 2), record("x\u0007\u202Ey", undefined, 3)],
};

const many: SplitRecords = {
  train: Array.from({ length: 3000 }, (_, n) => record(`text ${n}`, `label ${n % 1500}`, n + 1)),
};

const pages: Readonly<Record<string, string>> = {
  usual: render(usual),
  "one split, more labels than can be shown": render(many),
  "no labels, no texts": render({ train: [record(" ", undefined, 1)] }),
  "no warnings": render(
    {
      train: Array.from({ length: 40 }, (_, n) => record(`text ${n}`, n % 2 === 0 ? "a" : "b", n)),
    },
    undefined,
    64,
  ),
};

describe.each(Object.entries(pages))("the page of a check: %s", (_, html) => {
  it("is well-formed, with ids of its own, and needs and runs nothing else", () => {
    const elements = readMarkup(html);
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const references = elements.flatMap(
      ({ attributes }) => attributes["aria-labelledby"]?.split(" ") ?? [],
    );
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
    const active = ["script", "link", "img", "iframe", "object", "b"];
    expect(elements.filter(({ name }) => active.includes(name))).toEqual([]);
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });
});

describe("the page of a check", () => {
  const text = textOf(pages.usual);

  it("tells files, counts, shares and lengths", () => {
    expect(text).toContain("Check of <b>data</b>");
    expect(text).toContain("8 rows with 2 labels");
    expect(text).toContain("data/<train>.csv");
    expect(text).toContain("cut from train");
    const cells = elementsNamed(pages.usual, "tr").map(({ text: row }) => row);
    expect(cells).toContain("rows512");
    expect(cells).toContain("empty texts100");
    expect(cells).toContain("water360.0 %1100.0 %150.0 %");
    expect(text).toContain("tokens per text: mean");
    expect(text).toContain("train: tokens per text");
  });

  it("gives each warning with what to do", () => {
    expect(text).toContain("TEST TEXTS SEEN IN TRAINING: 1 of 2 test rows (50.0 %)");
    expect(text).toContain(warningAdvice["test-seen-in-train"]);
    expect(text).toContain(warningAdvice["conflicting-labels"]);
    for (const code of warningCodes) expect(warningAdvice[code]).toMatch(/^[A-Z].*\.$/);
  });

  it("shows examples with split, line and label", () => {
    expect(text).toContain("train 4: watertrain 5: enginetest 2: water");
  });

  it("says what training would refuse, and what is not there", () => {
    expect(text).not.toContain("Training would refuse");
    expect(textOf(render(usual, "no <label>"))).toContain(
      "Training would reject these data: no <label>",
    );
    expect(textOf(pages["no warnings"])).toContain("Warnings None.");
    expect(pages["no labels, no texts"]).not.toContain('id="labels"');
    expect(pages["no labels, no texts"]).not.toContain('id="lengths"');
  });

  it("shows the most frequent of many labels", () => {
    const listed = textOf(pages["one split, more labels than can be shown"]);
    expect(listed).toContain("The 40 most frequent of 1,500 labels.");
    expect(listed).toContain("The 1000 most frequent of 1,500 labels.");
  });

  it("marks in the lengths where texts are cut", () => {
    expect(elementsNamed(pages.usual, "text").map(({ text: label }) => label)).toContain(
      "cut at 6",
    );
  });
});
