import { describe, expect, it } from "vitest";
import { FOLDER_FORMAT, requireKnownFormat } from "./format.js";

describe("requireKnownFormat", () => {
  it("accepts its own format, and files that name none", () => {
    expect(() => requireKnownFormat(FOLDER_FORMAT, "run/config.json")).not.toThrow();
    expect(() => requireKnownFormat(undefined, "run/config.json")).not.toThrow();
  });

  it("refuses a later one and says what to do", () => {
    expect(() => requireKnownFormat(FOLDER_FORMAT + 1, "run/config.json")).toThrow(
      expect.objectContaining({
        code: "newer-format",
        message: "expected format 1 or earlier in run/config.json, got 2",
        hint: expect.stringContaining("update l3masking"),
      }),
    );
  });
});
