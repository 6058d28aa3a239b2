import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { errorText, knownError } from "./error-text.js";
import { inColour, plain } from "./terminal.js";

describe("errorText", () => {
  it("shows code, message and hint", () => {
    const error = new L3MaskingError("data-column", "expected a text column", { hint: "Name it." });
    expect(errorText(error, plain, false)).toBe(
      "error [data-column]: expected a text column\nhint: Name it.",
    );
  });

  it("shows no hint where there is none", () => {
    const error = new L3MaskingError("graph-invalid", "a cycle");
    expect(errorText(error, plain, false)).toBe("error [graph-invalid]: a cycle");
  });

  it("shows the stacks of the error and its causes on demand", () => {
    const cause = new TypeError("x is undefined");
    const error = new L3MaskingError("worker-failed", "broke", { cause });
    const text = errorText(error, plain, true);
    expect(text).toContain("L3MaskingError: broke\n    at ");
    expect(text).toContain("TypeError: x is undefined\n    at ");
  });

  it("colours the heads only", () => {
    const error = new L3MaskingError("data-empty", "message", { hint: "hint text" });
    expect(errorText(error, inColour, false)).toBe(
      "\u001b[31merror [data-empty]:\u001b[39m message\n\u001b[36mhint:\u001b[39m hint text",
    );
  });
});

describe("knownError", () => {
  it("keeps errors of the project", () => {
    const error = new L3MaskingError("data-empty", "message");
    expect(knownError(error)).toBe(error);
  });

  it.each([
    [new RangeError("too far"), "RangeError: too far"],
    ["a word", "a word"],
  ])("names %s", (thrown, told) => {
    const error = knownError(thrown);
    expect(error).toMatchObject({ code: "worker-failed", cause: thrown });
    expect(error.message).toBe(`the command failed unexpectedly: ${told}`);
    expect(error.hint).toContain("L3MASKING_DEBUG");
  });
});
