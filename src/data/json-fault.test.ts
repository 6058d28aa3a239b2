import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeJsonFault, findJsonFault } from "./json-fault.js";

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

describe("findJsonFault", () => {
  it("finds no fault in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        expect(findJsonFault(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
    );
  });

  it("agrees with JSON.parse on texts with one character changed", () => {
    const noise = fc.constantFrom(...'{}[]",:\\0123.eE+-tfn \n\tx\u0001');
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.boolean(), noise, (value, place, insert, sign) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + sign + text.slice(insert ? at : at + 1);
        expect(findJsonFault(changed) === undefined).toBe(parses(changed));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a": 1', 'line 5, column 8: expected "," or "}", got the end'],
    ['{"a": 1 "b": 2}', 'line 5, column 9: expected "," or "}", got "\\""'],
    ['{"a": NaN}', 'line 5, column 7: expected a JSON value, got "N"'],
    ["{'a': 1}", 'line 5, column 2: expected a name in double quotes, got "\'"'],
    ['{"a" 1}', 'line 5, column 6: expected ":" after a name, got "1"'],
    ['{"a": 1}}', 'line 5, column 9: expected nothing after the value, got "}"'],
    ['["a\\x"]', 'line 5, column 4: expected a valid escape such as \\n or \\u00e9, got "\\\\"'],
    ['["a]', "line 5, column 5: expected a closing quote, got the end"],
    ["[1,\n 2,\n]", 'line 7, column 1: expected a JSON value, got "]"'],
  ])("describes %s", (text, expected) => {
    const fault = findJsonFault(text);
    expect(fault && describeJsonFault(text, fault, 5)).toBe(expected);
  });

  it("names a line end inside a string", () => {
    expect(findJsonFault('{"a": "x\ny"}')).toEqual({
      index: 8,
      expected: expect.stringContaining("line ends"),
    });
  });
});
