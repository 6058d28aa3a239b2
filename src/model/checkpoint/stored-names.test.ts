import { describe, expect, it } from "vitest";
import { bert } from "../families/bert.js";
import { roberta } from "../families/roberta.js";
import { storedName, storedRole } from "./stored-names.js";

const named = { bert, roberta };

const parameter = (canonical: string, tied = false) => ({ kind: "parameter", canonical, tied });

describe("storedRole", () => {
  it.each([
    ["bert", "bert.embeddings.LayerNorm.weight", "embeddings.LayerNorm.weight"],
    ["bert", "embeddings.LayerNorm.weight", "embeddings.LayerNorm.weight"],
    ["bert", "bert.embeddings.LayerNorm.gamma", "embeddings.LayerNorm.weight"],
    [
      "bert",
      "encoder.layer.3.attention.output.LayerNorm.beta",
      "encoder.layer.3.attention.output.LayerNorm.bias",
    ],
    ["bert", "cls.predictions.transform.LayerNorm.gamma", "mlm.layer_norm.weight"],
    ["bert", "cls.predictions.transform.dense.bias", "mlm.dense.bias"],
    ["bert", "cls.predictions.bias", "mlm.bias"],
    ["bert", "bert.pooler.dense.weight", "classification.dense.weight"],
    ["bert", "pooler.dense.weight", "classification.dense.weight"],
    ["bert", "classifier.weight", "classification.out.weight"],
    ["roberta", "roberta.encoder.layer.0.output.dense.bias", "encoder.layer.0.output.dense.bias"],
    ["roberta", "lm_head.layer_norm.bias", "mlm.layer_norm.bias"],
    ["roberta", "lm_head.dense.weight", "mlm.dense.weight"],
    ["roberta", "lm_head.bias", "mlm.bias"],
    ["roberta", "classifier.dense.bias", "classification.dense.bias"],
    ["roberta", "classifier.out_proj.weight", "classification.out.weight"],
    // Not of this family: names that no parameter has.
    ["roberta", "roberta.pooler.dense.weight", "pooler.dense.weight"],
    ["roberta", "bert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.weight"],
    ["bert", "cls.seq_relationship.weight", "cls.seq_relationship.weight"],
  ] as const)("%s: %s is %s", (name, stored, canonical) => {
    expect(storedRole(named[name], stored)).toEqual(parameter(canonical));
  });

  it.each([
    ["bert", "cls.predictions.decoder.weight", "embeddings.word_embeddings.weight"],
    ["bert", "cls.predictions.decoder.bias", "mlm.bias"],
    ["roberta", "lm_head.decoder.weight", "embeddings.word_embeddings.weight"],
    ["roberta", "lm_head.decoder.bias", "mlm.bias"],
  ] as const)("%s: %s is a second copy of %s", (name, stored, canonical) => {
    expect(storedRole(named[name], stored)).toEqual(parameter(canonical, true));
  });

  it.each([
    ["bert", "bert.embeddings.position_ids"],
    ["bert", "embeddings.position_ids"],
    ["roberta", "roberta.embeddings.token_type_ids"],
  ] as const)("%s: %s is a buffer", (name, stored) => {
    expect(storedRole(named[name], stored)).toEqual({ kind: "buffer" });
  });
});

describe("storedName", () => {
  it.each([
    ["bert", "embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.weight"],
    ["bert", "mlm.layer_norm.bias", "cls.predictions.transform.LayerNorm.bias"],
    ["bert", "mlm.bias", "cls.predictions.bias"],
    ["bert", "classification.dense.weight", "bert.pooler.dense.weight"],
    ["bert", "classification.out.bias", "classifier.bias"],
    ["roberta", "encoder.layer.1.output.dense.bias", "roberta.encoder.layer.1.output.dense.bias"],
    ["roberta", "mlm.dense.weight", "lm_head.dense.weight"],
    ["roberta", "mlm.bias", "lm_head.bias"],
    ["roberta", "classification.out.weight", "classifier.out_proj.weight"],
  ] as const)("%s: %s is written as %s", (name, canonical, stored) => {
    expect(storedName(named[name], canonical)).toBe(stored);
  });
});
