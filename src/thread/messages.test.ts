import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../base/errors.js";
import { portableError, revivedError } from "./messages.js";

/** There and back as between threads. */
function sent(thrown: unknown): Error {
  return revivedError(structuredClone(portableError(thrown)));
}

describe("errors between threads", () => {
  it("keep class, code, message, hint, stack and causes", () => {
    const cause = new RangeError("too far", { cause: new Error("root") });
    const error = new L3MaskingError("data-label", "expected a label", {
      hint: "Fill it in.",
      cause,
    });
    const revived = sent(error);
    expect(revived).toBeInstanceOf(L3MaskingError);
    expect(revived).toMatchObject({
      code: "data-label",
      message: "expected a label",
      hint: "Fill it in.",
      exitCode: 3,
      stack: error.stack,
      cause: {
        name: "RangeError",
        message: "too far",
        stack: cause.stack,
        cause: { message: "root" },
      },
    });
  });

  it("keep the absence of a hint and a cause", () => {
    const revived = sent(new L3MaskingError("graph-invalid", "a cycle"));
    expect(revived).toMatchObject({ hint: undefined });
    expect(revived).not.toHaveProperty("cause");
  });

  it("keep foreign errors as plain errors with their name", () => {
    const revived = sent(new TypeError("x is undefined"));
    expect(revived).not.toBeInstanceOf(L3MaskingError);
    expect(revived).toMatchObject({ name: "TypeError", message: "x is undefined" });
  });

  it("make an error of what is none", () => {
    expect(sent("a word")).toMatchObject({ name: "Error", message: "a word" });
  });
});
