import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitted, textWidth, wrapped } from "./text-width.js";

describe("textWidth", () => {
  it("lies near what browsers measure: Arial at 100 px", () => {
    // Advance widths of Arial in units of 2048 an em: m 1706, i 455, A 1366, n 1139, 5 1139, space 569.
    const arial = { mmmm: 333, iiii: 89, AAAA: 267, nnnn: 222, "5555": 222, "macro-F1": 432 };
    for (const [text, width] of Object.entries(arial)) {
      expect(textWidth(text, 100) / width, text).toBeGreaterThan(0.95);
      expect(textWidth(text, 100) / width, text).toBeLessThan(1.4);
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
    expect(wrapped("one two three", 50, 12)).toEqual(["one two", "three"]);
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
