/**
 * BERT (Devlin et al. 2019): learned absolute positions, LayerNorm after each block, the exact GELU.
 *
 * Legend: R rows, S slots of a row, T = R*S, U distinct tokens, K read slots, H hidden size, F intermediate size, B texts,
 * C classes, V vocabulary, E size of the embeddings, which is H but in families that say otherwise.
 */
import * as z from "zod";
import type { Tensor } from "../../engine/graph/graph.js";
import { bertNames } from "../../text/special-tokens.js";
import { queryAttention, selfAttention } from "../attention.js";
import { dropoutAt, geluLinear, layerNorm, linear, linearDropout } from "../layers.js";
import {
  biasParameter,
  layerNormParameters,
  linearParameters,
  type Parameter,
  weightParameter,
  wordEmbeddings,
} from "../parameters.js";
import {
  type AttentionView,
  embeddingSize,
  type LayerPlace,
  type ModelContext,
  type ModelFamily,
  type ModelSizes,
  type ModelSpec,
  readsTokenTypes,
} from "../spec.js";
import {
  configError,
  layerCount,
  probability,
  readFields,
  requireGelu,
  size,
} from "./config-fields.js";

export const bert: ModelFamily = {
  name: "bert",
  storedPrefix: "bert",
  aliases: [],
  title: "BERT",
  classPrefix: "Bert",
  specialNames: bertNames,
  positions: "from zero",
  tokenTypes: true,
  pairSeparators: 1,
  newModel: { typeVocabularySize: 2, layerNormEpsilon: 1e-12 },
  readConfig: (json, where) => readBertConfig(json, where, { title: "BERT", padId: 0 }),
  configEntries,
  storedNames: {
    "mlm.dense": "cls.predictions.transform.dense",
    "mlm.layer_norm": "cls.predictions.transform.LayerNorm",
    "mlm.bias": "cls.predictions.bias",
    "classification.dense": "bert.pooler.dense",
    "classification.out": "classifier",
  },
  tiedDecoder: "cls.predictions.decoder",
  bodyParameters,
  mlmHeadParameters,
  classificationHeadParameters,
  embeddings,
  layer,
  classificationFeatures,
  mlmTransform,
};

const configSchema = z.object({
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: layerCount,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size,
  // The defaults below are those of Hugging Face's BertConfig and RobertaConfig, which leave
  // fields out of old files.
  type_vocab_size: size.nullish(),
  layer_norm_eps: z.number().positive().nullish(),
  hidden_dropout_prob: probability.nullish(),
  attention_probs_dropout_prob: probability.nullish(),
  classifier_dropout: probability.nullish(),
  initializer_range: z.number().positive().nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  hidden_act: z.string().nullish(),
  position_embedding_type: z.string().nullish(),
  is_decoder: z.boolean().nullish(),
});

/** As `ModelFamily.readConfig`, with the padding id of files that do not give one. */
export function readBertConfig(
  json: unknown,
  where: string,
  { title, padId }: { readonly title: string; readonly padId: number },
): ModelSizes {
  const config = readFields(configSchema, json, title, where);
  requireGelu("hidden_act", config.hidden_act, where);
  const positions = config.position_embedding_type ?? "absolute";
  if (positions !== "absolute") {
    throw configError(
      `expected position_embedding_type "absolute", got ${JSON.stringify(positions)} in ${where}`,
      "Choose a checkpoint with absolute positions; relative ones are not supported.",
    );
  }
  if (config.is_decoder) {
    throw configError(
      `expected an encoder, got is_decoder true in ${where}`,
      "Choose a checkpoint that was trained as a bidirectional encoder.",
    );
  }
  return {
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    intermediateSize: config.intermediate_size,
    maxPositions: config.max_position_embeddings,
    typeVocabularySize: config.type_vocab_size ?? 2,
    layerNormEpsilon: config.layer_norm_eps ?? 1e-12,
    hiddenDropout: config.hidden_dropout_prob ?? 0.1,
    attentionDropout: config.attention_probs_dropout_prob ?? 0.1,
    ...(typeof config.classifier_dropout === "number" && {
      classifierDropout: config.classifier_dropout,
    }),
    initializerRange: config.initializer_range ?? 0.02,
    padId: config.pad_token_id ?? padId,
  };
}

function configEntries(
  spec: ModelSpec,
  labels: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    attention_probs_dropout_prob: spec.attentionDropout,
    ...(spec.classifierDropout !== undefined && { classifier_dropout: spec.classifierDropout }),
    hidden_act: "gelu",
    hidden_dropout_prob: spec.hiddenDropout,
    hidden_size: spec.hiddenSize,
    ...labels,
    initializer_range: spec.initializerRange,
    intermediate_size: spec.intermediateSize,
    layer_norm_eps: spec.layerNormEpsilon,
    max_position_embeddings: spec.maxPositions,
    num_attention_heads: spec.heads,
    num_hidden_layers: spec.layers,
    pad_token_id: spec.padId,
    position_embedding_type: "absolute",
    type_vocab_size: spec.typeVocabularySize,
    vocab_size: spec.vocabularySize,
  };
}

/** Embeddings and transformer layers. */
function bodyParameters(spec: ModelSpec): Parameter[] {
  const { hiddenSize: H, intermediateSize: F } = spec;
  const E = embeddingSize(spec);
  const layers = Array.from({ length: spec.layers }, (_, i) => {
    const name = `encoder.layer.${i}`;
    return [
      ...linearParameters(`${name}.attention.self.query`, H, H, "body"),
      ...linearParameters(`${name}.attention.self.key`, H, H, "body"),
      ...linearParameters(`${name}.attention.self.value`, H, H, "body"),
      ...linearParameters(`${name}.attention.output.dense`, H, H, "body"),
      ...layerNormParameters(`${name}.attention.output.LayerNorm`, H, "body"),
      ...linearParameters(`${name}.intermediate.dense`, F, H, "body"),
      ...linearParameters(`${name}.output.dense`, H, F, "body"),
      ...layerNormParameters(`${name}.output.LayerNorm`, H, "body"),
    ];
  });
  return [
    weightParameter(wordEmbeddings, [spec.vocabularySize, E], "body"),
    weightParameter("embeddings.position_embeddings.weight", [spec.maxPositions, E], "body"),
    ...(spec.typeVocabularySize > 0
      ? [weightParameter(tokenTypeEmbeddings, [spec.typeVocabularySize, E], "body")]
      : []),
    ...layerNormParameters("embeddings.LayerNorm", E, "body"),
    ...layers.flat(),
  ];
}

/** The masked-LM head; its decoder is tied to the word embeddings. */
function mlmHeadParameters({ hiddenSize, vocabularySize }: ModelSpec): Parameter[] {
  return [
    ...linearParameters("mlm.dense", hiddenSize, hiddenSize, "mlm-head"),
    ...layerNormParameters("mlm.layer_norm", hiddenSize, "mlm-head"),
    biasParameter("mlm.bias", vocabularySize, "mlm-head"),
  ];
}

/** Dense(H) with tanh, then dense(C). */
function classificationHeadParameters({ hiddenSize }: ModelSpec, classes: number): Parameter[] {
  return [
    ...linearParameters("classification.dense", hiddenSize, hiddenSize, "classification-head"),
    ...linearParameters("classification.out", classes, hiddenSize, "classification-head"),
  ];
}

/** The sum of word, position and (where the model has them) type embeddings after its LayerNorm [T, E] or [U, E]. Input where texts are pairs: `tokenTypes`. */
function embeddings(context: ModelContext, count: "R*S" | "U"): Tensor {
  const { build, spec } = context;
  const ids = build.input("ids", "int32", [count]);
  const positions = build.input("positions", "int32", [count]);
  return build.scope("embeddings", () => {
    const words = build.gatherRows(context.weight(wordEmbeddings), ids); // [T, E]
    const places = build.gatherRows(
      context.weight("embeddings.position_embeddings.weight"),
      positions,
    );
    const placed = build.add(words, places);
    const total =
      spec.typeVocabularySize === 0 ? placed : build.add(placed, typeRows(context, count));
    return dropoutAt(context, "embeddings", layerNorm(context, "embeddings.LayerNorm", total));
  });
}

const tokenTypeEmbeddings = "embeddings.token_type_embeddings.weight";

/** [T, E], or [1, E] where every token has type 0. */
function typeRows({ build, spec, weight, tokenTypes }: ModelContext, count: "R*S" | "U"): Tensor {
  const types = readsTokenTypes(spec)
    ? build.input("tokenTypes", "int32", [count])
    : (tokenTypes ?? build.constant([0], [1], "int32"));
  return build.gatherRows(weight(tokenTypeEmbeddings), types);
}

/** One layer over all slots, T = R*S, or with the output of the read slots alone, T = K from attention on. */
function layer(
  context: ModelContext,
  { name, tokens, reads }: LayerPlace,
  input: Tensor,
  view: AttentionView,
): Tensor {
  const { build } = context;
  const slots = (x: Tensor) => (tokens === undefined ? x : build.gatherRows(x, tokens));
  const [attended, residual] = build.scope("attention", () => {
    if (reads !== undefined && "segments" in reads) {
      const all = slots(input);
      const read = (x: Tensor) => build.gatherRows(x, reads.reads);
      const queries = build.gatherRows(all, reads.slots); // [R*Q, H]
      return [read(queryAttention(context, name, queries, all, reads)), read(queries)];
    }
    const read = (x: Tensor) => (reads === undefined ? x : build.gatherRows(x, reads));
    return [read(selfAttention(context, name, input, view, slots)), read(slots(input))];
  });
  const attention = layerNorm(
    context,
    `${name}.attention.output.LayerNorm`,
    build.add(linearDropout(context, `${name}.attention.output.dense`, attended), residual),
  ); // [T, H]
  return build.scope("feed-forward", () => {
    const inner = linear(context, `${name}.intermediate.dense`, attention); // [T, F]
    const output = linearDropout(context, `${name}.output.dense`, inner, geluLinear); // [T, H]
    return layerNorm(context, `${name}.output.LayerNorm`, build.add(output, attention));
  });
}

/** Dropout, dense(H) with tanh, dropout; both at the rate of the head. */
function classificationFeatures(context: ModelContext, first: Tensor): Tensor {
  const { build } = context;
  const rate = context.dropout?.classifierRate;
  const dropped = dropoutAt(context, "classification.input", first, rate);
  const dense = build.tanh(linear(context, "classification.dense", dropped)); // [B, H]
  return dropoutAt(context, "classification.dense", dense, rate);
}

/** Dense(H), GELU, LayerNorm. */
function mlmTransform(context: ModelContext, selected: Tensor): Tensor {
  const dense = context.build.gelu(linear(context, "mlm.dense", selected));
  return layerNorm(context, "mlm.layer_norm", dense); // [K, H]
}
