/** What holds for every family; a new one in the list is tried too. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configJson, parseModelConfig } from "../checkpoint/config.js";
import { storedName, storedRole } from "../checkpoint/stored-names.js";
import { modelParameters } from "../heads.js";
import type { ModelSpec } from "../spec.js";
import { families, familyForTokenizer, familyTitles } from "./families.js";

it("families are told apart by every name that they go by", () => {
  const names = families.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  const classes = families.map(({ classPrefix }) => classPrefix);
  expect(new Set(classes).size).toBe(classes.length);
});

it("what a message lists are the titles of the table", () => {
  for (const { title } of families) expect(familyTitles).toContain(title);
  expect(familyTitles).toMatch(/^\w+(, [\w-]+)* or [\w-]+$/);
});

it("a new model is of the family that its tokenizer's first token belongs to", () => {
  expect(familyForTokenizer("[CLS]", "written").name).toBe("bert");
  expect(familyForTokenizer("<s>", "bytes").name).toBe("roberta");
  expect(familyForTokenizer("<start>", "bytes").name).toBe("roberta");
  expect(familyForTokenizer("<s>", "marked").name).toBe("xlm-roberta");
});

describe.each(families)("the family $name", (family) => {
  const spec: ModelSpec = {
    family,
    vocabularySize: 40,
    hiddenSize: 8,
    layers: 2,
    heads: 2,
    intermediateSize: 16,
    maxPositions: 20,
    ...family.newModel,
    ...(family.name === "electra" && { embeddingSize: 4 }),
    ...(family.name === "modernbert" && {
      pooling: "mean",
      windows: { local: [false, true], reach: 4, localBase: 100, globalBase: 2000 },
    }),
    hiddenDropout: 0.1,
    attentionDropout: 0.2,
    classifierDropout: 0.3,
    initializerRange: 0.03,
    padId: 1,
    firstPosition: family.positions === "after padding" ? 2 : 0,
    labels: undefined,
  };

  it("is named in docs/models.md", () => {
    const page = readFileSync(new URL("../../../docs/models.md", import.meta.url), "utf8");
    expect(page).toContain(`\`${family.name}\``);
  });

  it("reads the config that it writes, under each of its names", () => {
    const json = configJson(spec, { architecture: `${family.classPrefix}ForMaskedLM` });
    for (const model_type of [family.name, ...family.aliases, undefined]) {
      expect(parseModelConfig({ ...json, model_type }, "x")).toEqual(spec);
    }
  });

  it("reads every parameter back under the name that it writes", () => {
    const heads = { mlm: { mlmHead: true }, classification: { classes: 3 } } as const;
    for (const head of ["mlm", "classification"] as const) {
      const canonical = modelParameters(spec, heads[head]).map(({ name }) => name);
      const stored = canonical.map((name) => storedName(family, name));
      expect(new Set(stored).size).toBe(canonical.length);
      expect(stored.map((name) => storedRole(family, name, head))).toEqual(
        canonical.map((name) => ({ kind: "parameter", canonical: name, tied: false })),
      );
    }
  });
});
