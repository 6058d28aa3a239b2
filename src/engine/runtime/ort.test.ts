import { describe, expect, it } from "vitest";
import { runtimeError } from "./ort.js";

describe("runtimeError", () => {
  it("proposes smaller batches where memory ran out", () => {
    const cause = new Error("Failed to allocate memory for requested buffer of size 99");
    const { hint, message } = runtimeError("training", cause);
    expect(hint).toContain("--batch-size");
    expect(message).toContain("graph training: Failed to allocate");
  });

  it("takes anything that is thrown", () => {
    expect(runtimeError("training", "text").message).toBe(
      "ONNX Runtime failed in graph training: text",
    );
  });
});
