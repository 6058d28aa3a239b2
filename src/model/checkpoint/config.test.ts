import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { bert } from "../families/bert.js";
import { families, refusedFamilies } from "../families/families.js";
import { roberta } from "../families/roberta.js";
import { configJson, parseModelConfig } from "./config.js";

/** The fields that every file has; sizes as in the base models. */
const minimal = {
  model_type: "bert",
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
};

const robertaConfig = {
  ...minimal,
  model_type: "roberta",
  vocab_size: 50265,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  layer_norm_eps: 1e-5,
};

function failure(json: unknown): L3MaskingError {
  try {
    parseModelConfig(json, "m/config.json");
  } catch (error) {
    if (error instanceof L3MaskingError) return error;
    throw error;
  }
  throw new Error("expected an L3MaskingError, got none");
}

describe("parseModelConfig", () => {
  it("fills in what old BERT files leave out, as BertConfig does", () => {
    expect(parseModelConfig(minimal, "x")).toEqual({
      family: bert,
      vocabularySize: 30522,
      hiddenSize: 768,
      layers: 12,
      heads: 12,
      intermediateSize: 3072,
      maxPositions: 512,
      typeVocabularySize: 2,
      layerNormEpsilon: 1e-12,
      hiddenDropout: 0.1,
      attentionDropout: 0.1,
      initializerRange: 0.02,
      padId: 0,
      firstPosition: 0,
      labels: undefined,
    });
  });

  it("starts RoBERTa's positions after the padding id", () => {
    expect(parseModelConfig(robertaConfig, "x")).toMatchObject({
      family: roberta,
      padId: 1,
      firstPosition: 2,
      typeVocabularySize: 1,
      layerNormEpsilon: 1e-5,
    });
    expect(parseModelConfig({ ...robertaConfig, pad_token_id: 5 }, "x").firstPosition).toBe(6);
    expect(parseModelConfig({ ...minimal, pad_token_id: 5 }, "x")).toMatchObject({
      padId: 5,
      firstPosition: 0,
    });
  });

  it.each([
    ["camembert", undefined, "camembert"],
    ["xlm-roberta", undefined, "xlm-roberta"],
    [undefined, ["XLMRobertaForMaskedLM"], "xlm-roberta"],
    [undefined, ["BertForPreTraining"], "bert"],
    [undefined, ["RobertaModel"], "roberta"],
  ])("takes model_type %s, architectures %s for %s", (model_type, architectures, family) => {
    expect(parseModelConfig({ ...minimal, model_type, architectures }, "x").family.name).toBe(
      family,
    );
  });

  it("orders labels by id, not by their place in the file", () => {
    const id2label = JSON.parse(
      '{"2": "c", "0": "a", "1": "b", "10": "k", "3": "d", "4": "e", "5": "f", "6": "g", "7": "h", "8": "i", "9": 7}',
    );
    expect(parseModelConfig({ ...minimal, id2label }, "x").labels).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
      "f",
      "g",
      "h",
      "i",
      "7",
      "k",
    ]);
  });

  it("names labels by numbers and truth values, and reads ids as numbers, as transformers does", () => {
    const labels = (id2label: unknown) => parseModelConfig({ ...minimal, id2label }, "x").labels;
    expect(labels({ 0: false, 1: true })).toEqual(["false", "true"]);
    expect(labels({ "01": "b", "00": "a" })).toEqual(["a", "b"]);
  });

  it.each([{ 0: null }, { 0: "a", 2: "b" }, { 0: "a", 1: "a" }])(
    "does not look at the labels %j of a model that is no classifier",
    (id2label) => {
      const json = { ...minimal, architectures: ["BertForMaskedLM"], id2label };
      expect(parseModelConfig(json, "x").labels).toBeUndefined();
    },
  );

  it("reads the dropout of the head, and writes it", () => {
    const spec = parseModelConfig({ ...minimal, classifier_dropout: 0.3 }, "x");
    expect(spec.classifierDropout).toBe(0.3);
    expect(configJson(spec, { architecture: "X" })).toMatchObject({ classifier_dropout: 0.3 });
    const none = parseModelConfig({ ...minimal, classifier_dropout: null }, "x");
    expect(none).not.toHaveProperty("classifierDropout");
  });

  it("names labels by number where the file only counts them", () => {
    expect(parseModelConfig({ ...minimal, num_labels: 2 }, "x").labels).toEqual([
      "LABEL_0",
      "LABEL_1",
    ]);
  });

  it("ignores fields that do not change the computation", () => {
    const json = { ...minimal, transformers_version: "4.0", gradient_checkpointing: false };
    expect(parseModelConfig(json, "x")).toEqual(parseModelConfig(minimal, "x"));
  });

  it.each([
    ["another architecture", { model_type: "albert" }, '"albert"'],
    ["RoBERTa with another layout", { model_type: "roberta-prelayernorm" }, "prelayernorm"],
    ["no architecture", { model_type: undefined }, "null"],
    [
      "an unknown class",
      { model_type: undefined, architectures: ["RobertaPreLayerNormForMaskedLM"] },
      "null",
    ],
    ["another activation", { hidden_act: "relu" }, '"relu"'],
    ["the approximate GELU", { hidden_act: "gelu_new" }, '"gelu_new"'],
    ["relative positions", { position_embedding_type: "relative_key" }, '"relative_key"'],
    ["a decoder", { is_decoder: true }, "is_decoder"],
    ["a missing size", { hidden_size: undefined }, "hidden_size"],
    ["a size of zero", { vocab_size: 0 }, "vocab_size"],
    ["an absurd size", { intermediate_size: 2 ** 40 }, "intermediate_size"],
    ["absurdly many layers", { num_hidden_layers: 1e6 }, "num_hidden_layers"],
    ["a size that is no integer", { hidden_size: 7.5 }, "hidden_size"],
    ["a size that is text", { hidden_size: "768" }, "hidden_size"],
    ["a dropout of 1", { hidden_dropout_prob: 1 }, "hidden_dropout_prob"],
    ["heads that do not divide the hidden size", { num_attention_heads: 7 }, "768 and 7"],
    ["a padding id past the vocabulary", { pad_token_id: 30522 }, "30522"],
    ["too few positions", { model_type: "roberta", max_position_embeddings: 2 }, "got 2"],
    ["a gap in the labels", { id2label: { 0: "a", 2: "b" } }, "no 1"],
    ["a repeated label", { id2label: { 0: "a", 1: "a" } }, '"a" twice'],
    ["a label without a name", { id2label: { 0: "a", 1: null } }, "label 1, got null"],
    ["a list of labels", { id2label: ["a", "b"] }, "id2label"],
    ["a dropout of the head of 1", { classifier_dropout: 1 }, "classifier_dropout"],
  ])("refuses %s", (_, change, part) => {
    const error = failure({ ...minimal, ...change });
    expect(error.code).toBe("checkpoint-config");
    expect(error.message).toContain(part);
    expect(error.message).toContain("m/config.json");
    expect(error.hint).toBeTruthy();
  });

  it.each(Object.entries(refusedFamilies))("refuses %s with the reason", (model_type, reason) => {
    const error = failure({ ...minimal, model_type });
    expect(error.message).toContain(`"${model_type}"`);
    expect(error.hint).toContain(reason);
    for (const { title } of families) expect(error.hint).toContain(title);
  });

  it.each([[null], [[]], ["text"]])("refuses %j as a config", (json) => {
    expect(failure(json).code).toBe("checkpoint-config");
  });
});

describe("configJson", () => {
  it.each([minimal, robertaConfig])("is read back as the same spec", (json) => {
    const spec = parseModelConfig({ ...json, hidden_dropout_prob: 0.25, pad_token_id: 3 }, "x");
    expect(parseModelConfig(configJson(spec, { architecture: "X" }), "x")).toEqual(spec);
  });

  it("describes a single-label classifier", () => {
    const spec = parseModelConfig(minimal, "x");
    const json = configJson(spec, {
      architecture: "BertForSequenceClassification",
      labels: ["no", "yes"],
    });
    expect(json).toMatchObject({
      architectures: ["BertForSequenceClassification"],
      model_type: "bert",
      id2label: { 0: "no", 1: "yes" },
      label2id: { no: 0, yes: 1 },
      problem_type: "single_label_classification",
    });
    expect(parseModelConfig(json, "x")).toEqual({ ...spec, labels: ["no", "yes"] });
  });

  it("says nothing of labels without any", () => {
    const json = configJson(parseModelConfig(minimal, "x"), { architecture: "BertForMaskedLM" });
    expect(Object.keys(json).filter((key) => /label/.test(key))).toEqual([]);
  });
});
