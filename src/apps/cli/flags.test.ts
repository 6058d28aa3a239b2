import { describe, expect, it } from "vitest";
import { comparedMethods, methods } from "../../method/methods.js";
import {
  checkSchema,
  compareSchema,
  evaluateSchema,
  explainSchema,
  predictSchema,
  pretrainSchema,
  scoreSchema,
  sweepingSchema,
  trainSchema,
} from "../../run/settings/schemas.js";
import { type Flag, flagValue } from "./flag.js";
import { flagsOf } from "./flags.js";

const schemas = {
  train: trainSchema,
  compare: compareSchema,
  score: scoreSchema,
  predict: predictSchema,
  evaluate: evaluateSchema,
  explain: explainSchema,
  check: checkSchema,
  pretrain: pretrainSchema,
};

const everySchema = Object.entries(schemas);

function flag(command: keyof typeof schemas, name: string): Flag {
  const found = flagsOf(schemas[command]).find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no flag ${name}`);
  return found;
}

describe("flagsOf", () => {
  it("reads everything off a setting", () => {
    expect(flag("train", "max-length")).toEqual({
      setting: "maxLength",
      name: "max-length",
      aliases: ["max-seq-length"],
      kind: "integer",
      placeholder: "integer",
      choices: [],
      commas: false,
      several: false,
      required: false,
      defaultValue: "128",
      description: expect.stringContaining("special tokens included"),
      unit: "tokens",
      origin: expect.stringContaining("published"),
      heading: "Limits",
    });
  });

  it("knows what compare takes several values of", () => {
    const several = flagsOf(sweepingSchema).filter((one) => one.several);
    expect(several.find(({ name }) => name === "gamma")).toMatchObject({ kind: "number" });
    expect(several.map(({ name }) => name)).not.toContain("seeds");
    expect(flagsOf(compareSchema).some((one) => one.several)).toBe(false);
  });

  it("tells the kinds apart", () => {
    expect(flag("train", "learning-rate").kind).toBe("number");
    expect(flag("train", "method")).toMatchObject({
      kind: "choice",
      choices: ["auto", ...methods.map(({ name }) => name)],
    });
    expect(flag("predict", "model")).toMatchObject({ kind: "text", required: true });
    expect(flag("pretrain", "resume").kind).toBe("switch");
    expect(flag("pretrain", "text")).toMatchObject({ kind: "list", required: true });
    expect(flag("compare", "methods")).toMatchObject({
      kind: "list",
      commas: true,
      choices: methods.map(({ name }) => name),
      defaultValue: comparedMethods.join(","),
    });
    expect(flag("compare", "model")).toMatchObject({ kind: "list", commas: false, choices: [] });
  });

  it.each(everySchema)("gives every setting of %s one flag", (_command, schema) => {
    const flags = flagsOf(schema);
    expect(flags.map(({ setting }) => setting)).toEqual(Object.keys(schema.shape));
  });

  it.each(everySchema)(
    "has no name twice in %s, and none that the parser takes",
    (_command, schema) => {
      const names = flagsOf(schema).flatMap(({ name, aliases }) => [name, ...aliases]);
      expect(new Set(names).size).toBe(names.length);
      for (const taken of ["help", "h", "json", "version"]) expect(names).not.toContain(taken);
    },
  );

  it.each(everySchema)("has switches that are on or off by default in %s", (_command, schema) => {
    for (const { kind, defaultValue } of flagsOf(schema)) {
      // One that is on is turned off by `--no-NAME`; one without a default is decided by the data.
      if (kind === "switch" && defaultValue !== undefined)
        expect(defaultValue).toMatch(/^(true|false)$/);
    }
  });
});

describe("flagValue", () => {
  it("reads numbers", () => {
    expect(flagValue(flag("train", "learning-rate"), "1e-4")).toBe(0.0001);
    expect(flagValue(flag("train", "seed"), "7")).toBe(7);
    expect(flagValue(flag("train", "text-column"), "7")).toBe("7");
  });

  it.each(["", " ", "abc", "1x", "NaN", "Infinity"])("refuses %j as a number", (text) => {
    expect(() => flagValue(flag("train", "learning-rate"), text)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: `expected a number after --learning-rate, got ${JSON.stringify(text)}`,
      }),
    );
  });

  it("refuses a fraction as a whole number", () => {
    expect(() => flagValue(flag("train", "seed"), "0.5")).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: 'expected a whole number after --seed, got "0.5"',
      }),
    );
  });
});
