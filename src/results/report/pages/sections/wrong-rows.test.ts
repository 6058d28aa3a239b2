import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { readMarkup } from "../../../../../test/fixtures/markup.js";
import type { WrongRow } from "../../../records/wrong-rows.js";
import { escaped, type Markup } from "../markup.js";
import { wrongRowsScript, wrongRowsSection } from "./wrong-rows.js";

const row = (line: number, expected: string, predicted: string, text: string): WrongRow => ({
  file: "test.csv",
  line,
  text,
  expected,
  predicted,
  probability: 1 - line / 100,
  seen_in_training: line === 3,
});
const words = {
  pieces: ["The", " <b>pump", " leaks"],
  attribution: [0.1, 2, -1],
  unread: " today",
};
const wrong: readonly WrongRow[] = [
  { ...row(2, "hull", "engine", "The <b>pump leaks"), words },
  row(3, "sails", "engine", "A sail tore."),
  row(4, "hull", "engine", "Water came in."),
];
const elements = (section: Markup) => readMarkup(`<html>${section.source}</html>`);
const page = elements(wrongRowsSection(wrong, { heldOut: 40, split: "test" }));
const named = (name: string) => page.filter((element) => element.name === name);
const squeezed = (text: string) => text.replace(/\s+/g, " ").trim();

describe("the section of wrong rows", () => {
  it("tells how many there are and lists each with its labels, probability, place and words", () => {
    expect(squeezed(named("p")[0].text)).toContain("3 of 40 rows in test got a label other");
    const [first, second] = named("li").map(({ text }) => squeezed(text));
    expect(first).toContain("hull, taken for engine, 98.0 %");
    expect(first).toContain("The <b>pump leaks today");
    const unread = named("span").filter(({ attributes }) => attributes.class === "unread");
    expect(unread.map(({ text }) => text)).toEqual([" today"]);
    expect(first).toContain("test.csv, line 2. For engine: <b>pump, The");
    expect(second).toContain("line 3. The same text is also in train.");
    expect(second).not.toContain("For engine");
  });

  it("offers each pair of labels with its rows, the most frequent first", () => {
    expect(named("option").map(({ text }) => text)).toEqual([
      "all pairs",
      "hull → engine (2)",
      "sails → engine (1)",
    ]);
    const keys = named("option").map(({ attributes }) => attributes.value);
    expect(named("li").map(({ attributes }) => attributes["data-pair"])).toEqual([
      keys[1],
      keys[2],
      keys[1],
    ]);
  });

  it("labels its fields, and hides the filter where no script runs", () => {
    const fields = [...named("select"), ...named("input")].map(({ attributes }) => attributes.id);
    expect(named("label").map(({ attributes }) => attributes.for)).toEqual(fields);
    expect(named("form")[0].attributes.hidden).toBe("hidden");
  });

  it("lists at most 500 rows and cuts long texts", () => {
    const many = Array.from({ length: 501 }, (_, index) => row(index, "a", "b", "x".repeat(5000)));
    const section = elements(wrongRowsSection(many, { heldOut: 600, split: "dev" }));
    const items = section.filter(({ name }) => name === "li");
    expect(items).toHaveLength(500);
    expect(items[0].text.length).toBeLessThan(1200);
    const intro = section.find(({ name }) => name === "p");
    expect(squeezed(intro?.text ?? "")).toContain("The first 500 are here.");
  });

  it("says so where nothing is wrong", () => {
    const section = wrongRowsSection([], { heldOut: 40, split: "dev" });
    expect(section.source).toBe("<p>All 40 rows of dev got the right label.</p>");
  });
});

describe("the filter", () => {
  /** As much of a page as the script asks for. */
  function open() {
    const field = () => {
      const heard = new Map<string, () => void>();
      const addEventListener = (name: string, run: () => void) => heard.set(name, run);
      return { value: "", hidden: true, textContent: "", heard, addEventListener };
    };
    const parts = {
      "wrong-filter": field(),
      "wrong-pair": field(),
      "wrong-text": field(),
      "wrong-shown": field(),
    };
    const rows = wrong.map(({ text }, index) => ({
      hidden: false,
      dataset: { pair: index === 1 ? "2" : "1" },
      querySelector: () => ({ textContent: text }),
    }));
    const found = new Map<string, unknown>([
      ...Object.entries(parts),
      ["wrong-rows", { children: rows }],
    ]);
    const document = { getElementById: (id: string) => found.get(id) ?? null };
    runInContext(wrongRowsScript, createContext({ document }));
    const set = (id: "wrong-pair" | "wrong-text", event: string, value: string) => {
      parts[id].value = value;
      parts[id].heard.get(event)?.();
      return [rows.map(({ hidden }) => !hidden), parts["wrong-shown"].textContent];
    };
    return { parts, set };
  }

  it("appears, and shows the rows of a pair and of a text in any case", () => {
    const { parts, set } = open();
    expect(parts["wrong-filter"].hidden).toBe(false);
    expect(set("wrong-pair", "change", "1")).toEqual([[true, false, true], "2 of 3 rows"]);
    expect(set("wrong-text", "input", " WATER")).toEqual([[false, false, true], "1 of 3 rows"]);
    expect(set("wrong-pair", "change", "2")).toEqual([[false, false, false], "0 of 3 rows"]);
    expect(set("wrong-text", "input", "")).toEqual([[false, true, false], "1 of 3 rows"]);
    expect(set("wrong-pair", "change", "")).toEqual([[true, true, true], "3 rows"]);
  });

  it("does nothing on a page without wrong rows, and needs no escaping", () => {
    const document = { getElementById: () => null };
    expect(() => runInContext(wrongRowsScript, createContext({ document }))).not.toThrow();
    expect(escaped(wrongRowsScript).replaceAll("&quot;", '"')).not.toMatch(/[&<]/);
    expect(wrongRowsScript).not.toMatch(/[&<]/);
  });
});
