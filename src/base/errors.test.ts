import { describe, expect, it } from "vitest";
import { L3MaskingError, printable } from "./errors.js";

describe("printable", () => {
  it("shows what a terminal would obey", () => {
    expect(printable("a\u001b[2Jb\u0007\u009bc\u202ed")).toBe(
      "a\\u{1b}[2Jb\\u{7}\\u{9b}c\\u{202e}d",
    );
  });

  it("leaves lines, tabs and all other text alone", () => {
    expect(printable("é\n\t中\u{1f600}")).toBe("é\n\t中\u{1f600}");
  });
});

describe("L3MaskingError", () => {
  it("has a message of bounded length that keeps its beginning and its end", () => {
    const { message } = new L3MaskingError("data-format", `begin ${"x".repeat(1e6)} end`);
    expect(message.length).toBeLessThan(2100);
    expect(message).toMatch(/^begin x+ \.\.\. \(998010 characters left out\) \.\.\. x+ end$/);
  });

  it("is printable, hint included", () => {
    const { message, hint } = new L3MaskingError("data-format", "\u001b[31m", { hint: "\u0000" });
    expect([message, hint]).toEqual(["\\u{1b}[31m", "\\u{0}"]);
  });
});
