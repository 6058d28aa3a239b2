import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describeJsonFault,
  findJsonFault,
  MAX_JSON_DEPTH,
  MAX_JSON_VALUES,
  readJson,
} from "./strict-json.js";

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
        const fault = findJsonFault(changed);
        // The change may have made two names of an object equal; what comes after is not looked at then.
        const twice = fault?.expected === "each name once in an object";
        if (!twice) expect(fault === undefined).toBe(parses(changed));
        expect("value" in readJson(changed)).toBe(fault === undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a": 1', 'line 5, column 8: expected "," or "}", got the end'],
    ['{"a": 1 "b": 2}', 'line 5, column 9: expected "," or "}", got "\\""'],
    ['{"a": NaN}', 'line 5, column 7: expected a JSON value, got "NaN"'],
    ['{"a": -Infinity}', 'line 5, column 7: expected a JSON value, got "-Infinity"'],
    ["{'a': 1}", 'line 5, column 2: expected a name in double quotes, got "\'"'],
    ['{"a" 1}', 'line 5, column 6: expected ":" after a name, got "1"'],
    ['{"a": 1}}', 'line 5, column 9: expected nothing after the value, got "}"'],
    ['["a\\x"]', 'line 5, column 4: expected a valid escape such as \\n or \\u00e9, got "\\\\"'],
    ['["a]', "line 5, column 5: expected a closing quote, got the end"],
    [
      '{"a": {"b": 1, "\\u0062": 2}}',
      'line 5, column 16: expected each name once in an object, got "\\u0062" again',
    ],
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

  it("needs no stack for levels of nesting", () => {
    expect(findJsonFault("[".repeat(1_000_000))).toMatchObject({ index: MAX_JSON_DEPTH });
    expect(findJsonFault(`${"[".repeat(MAX_JSON_DEPTH)}1`)).toMatchObject({
      expected: '"," or "]"',
    });
  });
});

describe("readJson", () => {
  it("gives the value that JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(readJson(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it("takes brackets, colons and quotes in strings for what they are", () => {
    const value = { "a:{[": ["\\", '\\"', "]}:", ['"{']] };
    expect(readJson(JSON.stringify(value))).toEqual({ value });
  });

  it("keeps a member named __proto__ as a member", () => {
    const reading = readJson('{"__proto__": {"polluted": true}, "a": 1}');
    const value: unknown = "value" in reading ? reading.value : undefined;
    expect(Object.keys(Object(value))).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it("takes as many levels as it says and no more", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(readJson(nested(MAX_JSON_DEPTH))).toHaveProperty("value");
    expect(readJson(nested(MAX_JSON_DEPTH + 1))).toEqual({
      fault: {
        index: MAX_JSON_DEPTH,
        expected: "at most 100 levels of nesting",
        got: "another level",
      },
    });
  });

  it("refuses a name that comes twice, wherever it lies", () => {
    expect(readJson('[{"a": 1}, {"a": 1, "b": {"a": 2, "a": 3}}]')).toEqual({
      fault: { index: 34, expected: "each name once in an object", got: '"a" again' },
    });
  });

  it("refuses more values than it says before it makes any", () => {
    const text = `[${"1,".repeat(MAX_JSON_VALUES)}1]`;
    expect(readJson(text)).toEqual({
      fault: { index: 2 * MAX_JSON_VALUES, expected: "at most 16777216 values", got: "more" },
    });
  });
});
