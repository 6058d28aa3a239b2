/**
 * ELECTRA (Clark et al. 2020): BERT's layers over embeddings of a size E of their own, and a head with a GELU. The generator has a
 * masked-LM head; the discriminator, which is the stronger encoder, has none.
 *
 * Legend: T slots, U distinct tokens, K selected tokens, B texts, E embedding size, H hidden size, V vocabulary.
 */
import * as z from "zod";
import type { Tensor } from "../../engine/graph/graph.js";
import { dropoutAt, linear } from "../layers.js";
import {
  biasParameter,
  layerNormParameters,
  linearParameters,
  type Parameter,
} from "../parameters.js";
import { embeddingSize, type ModelContext, type ModelFamily, type ModelSpec } from "../spec.js";
import { bert, readBertConfig } from "./bert.js";
import { readFields, size } from "./config-fields.js";

export const electra: ModelFamily = {
  ...bert,
  name: "electra",
  storedPrefix: "electra",
  title: "ELECTRA",
  classPrefix: "Electra",
  readConfig(json, where) {
    const { embedding_size } = readFields(configSchema, json, "ELECTRA", where);
    return {
      ...readBertConfig(json, where, { title: "ELECTRA", padId: 0 }),
      embeddingSize: embedding_size,
    };
  },
  configEntries: (spec, labels) => ({
    ...bert.configEntries(spec, labels),
    embedding_size: embeddingSize(spec),
  }),
  storedNames: {
    "embeddings.project": "electra.embeddings_project",
    "mlm.dense": "generator_predictions.dense",
    "mlm.layer_norm": "generator_predictions.LayerNorm",
    "mlm.bias": "generator_lm_head.bias",
    "classification.dense": "classifier.dense",
    "classification.out": "classifier.out_proj",
  },
  tiedDecoder: "generator_lm_head",
  bodyParameters: (spec) => [...bert.bodyParameters(spec), ...projectionParameters(spec)],
  mlmHeadParameters,
  embeddings,
  classificationFeatures,
};

const configSchema = z.object({
  // As transformers' ElectraConfig has it where a file does not say.
  embedding_size: size.default(128),
});

const hasProjection = (spec: ModelSpec) => embeddingSize(spec) !== spec.hiddenSize;

function projectionParameters(spec: ModelSpec): Parameter[] {
  if (!hasProjection(spec)) return [];
  return linearParameters("embeddings.project", spec.hiddenSize, embeddingSize(spec), "body");
}

/** The masked-LM head, whose decoder is tied to the word embeddings [V, E]. */
function mlmHeadParameters(spec: ModelSpec): Parameter[] {
  const E = embeddingSize(spec);
  return [
    ...linearParameters("mlm.dense", E, spec.hiddenSize, "mlm-head"),
    ...layerNormParameters("mlm.layer_norm", E, "mlm-head"),
    biasParameter("mlm.bias", spec.vocabularySize, "mlm-head"),
  ];
}

/** BERT's embeddings of size E, projected to H where that is another: [T, H] or [U, H]. */
function embeddings(context: ModelContext, count: "R*S" | "U"): Tensor {
  const embedded = bert.embeddings(context, count); // [T, E]
  if (!hasProjection(context.spec)) return embedded;
  return context.build.scope("embeddings", () => linear(context, "embeddings.project", embedded));
}

/** Dropout, dense(H) with GELU, dropout; both at the rate of the head. */
function classificationFeatures(context: ModelContext, first: Tensor): Tensor {
  const { build } = context;
  const rate = context.dropout?.classifierRate;
  const dropped = dropoutAt(context, "classification.input", first, rate);
  const dense = build.gelu(linear(context, "classification.dense", dropped)); // [B, H]
  return dropoutAt(context, "classification.dense", dense, rate);
}
