import { describe, expect, it } from "vitest";
import { wrapped } from "./figures.js";

describe("wrapped", () => {
  it("begins lines as asked, and keeps each within the width", () => {
    expect(wrapped("one two three", "! ", "   ", 9)).toBe("! one two\n   three");
  });

  it("keeps a figure and its unit together", () => {
    expect(wrapped("found 75 % of", "", "", 9)).toBe("found\n75 % of");
  });

  it("leaves a word alone that is longer than a line", () => {
    expect(wrapped("a bcdefghij k", "", "", 5)).toBe("a\nbcdefghij\nk");
  });
});
