import { describe, expect, it } from "vitest";
import { convertPublished } from "./published-rows.js";

const convert = (text: string) =>
  new TextDecoder().decode(convertPublished(new TextEncoder().encode(text), "file"));

describe("convertPublished", () => {
  it("keeps text and label of each row, in its order", () => {
    const rows =
      '{"label":"x","text":"say \\"hi\\"","metadata":{"a":1}}\n\n{"text":"b","label":"y"}';
    expect(convert(rows)).toBe(
      '{"text": "say \\"hi\\"", "label": "x"}\n{"text": "b", "label": "y"}\n',
    );
  });

  it("reads C1 control characters as Windows-1252 and leaves other characters alone", () => {
    // Euro, bullet, unassigned, y with diaeresis; then the neighbours of the range, and beyond.
    const text = String.fromCharCode(0x80, 0x95, 0x81, 0x9f, 0x7f, 0xa0, 0xe9, 0x4e2d);
    const expected = "\u20ac\u2022\u0081\u0178\u007f\u00a0\u00e9\u4e2d";
    expect(convert(JSON.stringify({ text, label: "l" }))).toBe(
      `{"text": ${JSON.stringify(expected)}, "label": "l"}\n`,
    );
  });

  it("refuses a row without text or label, naming the line", () => {
    expect(() => convert('{"text":"a","label":"b"}\n{"text":"a","label":3}\n')).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: "file line 2: expected text and label as strings, got fields text, label",
      }),
    );
  });
});
