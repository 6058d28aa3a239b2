/** DistilBERT (Sanh et al. 2019): BERT's layers without token types, under other names, and a head with a ReLU. */
import * as z from "zod";
import type { Tensor } from "../../engine/graph/graph.js";
import { dropoutAt, linear } from "../layers.js";
import type { ModelContext, ModelFamily, ModelSizes, ModelSpec } from "../spec.js";
import { bert } from "./bert.js";
import { layerCount, probability, readFields, requireGelu, size } from "./config-fields.js";

export const distilbert: ModelFamily = {
  ...bert,
  name: "distilbert",
  storedPrefix: "distilbert",
  title: "DistilBERT",
  classPrefix: "DistilBert",
  tokenTypes: false,
  newModel: { typeVocabularySize: 0, layerNormEpsilon: 1e-12 },
  readConfig,
  configEntries,
  storedNames: {
    "encoder.layer.*.attention.self.query": "distilbert.transformer.layer.*.attention.q_lin",
    "encoder.layer.*.attention.self.key": "distilbert.transformer.layer.*.attention.k_lin",
    "encoder.layer.*.attention.self.value": "distilbert.transformer.layer.*.attention.v_lin",
    "encoder.layer.*.attention.output.dense": "distilbert.transformer.layer.*.attention.out_lin",
    "encoder.layer.*.attention.output.LayerNorm": "distilbert.transformer.layer.*.sa_layer_norm",
    "encoder.layer.*.intermediate.dense": "distilbert.transformer.layer.*.ffn.lin1",
    "encoder.layer.*.output.dense": "distilbert.transformer.layer.*.ffn.lin2",
    "encoder.layer.*.output.LayerNorm": "distilbert.transformer.layer.*.output_layer_norm",
    "mlm.dense": "vocab_transform",
    "mlm.layer_norm": "vocab_layer_norm",
    "mlm.bias": "vocab_projector.bias",
    "classification.dense": "pre_classifier",
    "classification.out": "classifier",
  },
  tiedDecoder: "vocab_projector",
  classificationFeatures,
};

const configSchema = z.object({
  vocab_size: size,
  dim: size,
  n_layers: layerCount,
  n_heads: size,
  hidden_dim: size,
  max_position_embeddings: size,
  // The defaults below are those of transformers' DistilBertConfig, which leaves fields out of old files.
  dropout: probability.nullish(),
  attention_dropout: probability.nullish(),
  seq_classif_dropout: probability.nullish(),
  initializer_range: z.number().positive().nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  activation: z.string().nullish(),
});

function readConfig(json: unknown, where: string): ModelSizes {
  const config = readFields(configSchema, json, "DistilBERT", where);
  requireGelu("activation", config.activation, where);
  return {
    vocabularySize: config.vocab_size,
    hiddenSize: config.dim,
    layers: config.n_layers,
    heads: config.n_heads,
    intermediateSize: config.hidden_dim,
    maxPositions: config.max_position_embeddings,
    typeVocabularySize: 0,
    layerNormEpsilon: 1e-12,
    hiddenDropout: config.dropout ?? 0.1,
    attentionDropout: config.attention_dropout ?? 0.1,
    classifierDropout: config.seq_classif_dropout ?? 0.2,
    initializerRange: config.initializer_range ?? 0.02,
    padId: config.pad_token_id ?? 0,
  };
}

function configEntries(
  spec: ModelSpec,
  labels: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    activation: "gelu",
    attention_dropout: spec.attentionDropout,
    dim: spec.hiddenSize,
    dropout: spec.hiddenDropout,
    hidden_dim: spec.intermediateSize,
    ...labels,
    initializer_range: spec.initializerRange,
    max_position_embeddings: spec.maxPositions,
    n_heads: spec.heads,
    n_layers: spec.layers,
    pad_token_id: spec.padId,
    seq_classif_dropout: spec.classifierDropout ?? spec.hiddenDropout,
    // The positions are stored as any others are, however they began.
    sinusoidal_pos_embds: false,
    vocab_size: spec.vocabularySize,
  };
}

/** Dense(H) with ReLU, dropout. */
function classificationFeatures(context: ModelContext, first: Tensor): Tensor {
  const dense = context.build.relu(linear(context, "classification.dense", first)); // [B, H]
  const rate = context.dropout?.classifierRate;
  return dropoutAt(context, "classification.dense", dense, rate);
}
