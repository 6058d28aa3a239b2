import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitted, textWidth, wrapped } from "./text-width.js";

describe("textWidth", () => {
  it("is enough for DejaVu Sans and not far from it", () => {
    // Widths at 100 px as Chromium measured them.
    const dejavu = {
      Background: 597,
      "macro-F1 (%)": 678,
      "MTL L3Masking (meta weights)": 1557,
      CompareOrContrast: 1001,
      "##ization": 501,
      Ġannotation: 619,
      "0.25": 223,
      illness: 312,
      "The quick brown fox jumps over the lazy dog": 2249,
    };
    for (const [text, width] of Object.entries(dejavu)) {
      expect(textWidth(text, 100) / width, text).toBeGreaterThan(0.98);
      expect(textWidth(text, 100) / width, text).toBeLessThan(1.25);
    }
    expect(textWidth("漢字", 100)).toBe(200);
  });
});

describe("fitted", () => {
  it("keeps what fits and cuts the rest at a whole character", () => {
    expect(fitted("Background", 200, 12)).toBe("Background");
    const cut = fitted("Comparison or contrast with related work", 100, 12);
    expect(cut).toMatch(/^Compar.*…$/);
    expect(textWidth(cut, 12)).toBeLessThanOrEqual(100);
    expect(fitted("👩‍🔬👩‍🔬👩‍🔬👩‍🔬", 60, 12)).toMatch(/^(👩‍🔬)+…$/u);
  });
});

describe("wrapped", () => {
  it("breaks between words", () => {
    expect(wrapped("one two three", 60, 12)).toEqual(["one two", "three"]);
    expect(wrapped("", 50, 12)).toEqual([]);
  });

  it("loses no word and exceeds no width", () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const lines = wrapped(words.join(" "), 80, 12);
        expect(lines.join(" ")).toBe(words.join(" "));
        for (const line of lines) expect(textWidth(line, 12)).toBeLessThanOrEqual(80);
      }),
    );
  });
});
