/**
 * ModernBERT (Warner et al. 2024): rotary positions, GeGLU, LayerNorm before each block, no biases, and attention that sees the whole text
 * in some layers and a window of it in the others.
 *
 * Legend: R rows, S slots of a row, T = R*S, U distinct tokens, K read slots, H hidden size, F intermediate size, A heads, D = H/A, B texts.
 */
import * as z from "zod";
import type { Tensor } from "../../engine/graph/graph.js";
import { MOST_ROTARY_SLOTS } from "../../engine/graph/ops/rotary.js";
import { bertNames } from "../../text/special-tokens.js";
import { attend, MASKED_SCORE } from "../attention.js";
import { dropoutAt, product, scaleNorm } from "../layers.js";
import { biasParameter, type Parameter, weightParameter, wordEmbeddings } from "../parameters.js";
import type {
  AttentionView,
  LayerPlace,
  ModelContext,
  ModelFamily,
  ModelSizes,
  ModelSpec,
} from "../spec.js";
import {
  configError,
  layerCount,
  probability,
  readFields,
  requireGelu,
  size,
} from "./config-fields.js";

export const modernbert: ModelFamily = {
  name: "modernbert",
  storedPrefix: "model",
  aliases: [],
  title: "ModernBERT",
  classPrefix: "ModernBert",
  specialNames: bertNames,
  pairSeparators: 1,
  positions: "from zero",
  tokenTypes: false,
  newModel: { typeVocabularySize: 0, layerNormEpsilon: 1e-5 },
  readConfig,
  configEntries,
  storedNames: {
    [wordEmbeddings]: "model.embeddings.tok_embeddings.weight",
    "embeddings.LayerNorm": "model.embeddings.norm",
    "encoder.layer.*.attention.LayerNorm": "model.layers.*.attn_norm",
    "encoder.layer.*.attention.Wqkv": "model.layers.*.attn.Wqkv",
    "encoder.layer.*.attention.Wo": "model.layers.*.attn.Wo",
    "encoder.layer.*.LayerNorm": "model.layers.*.mlp_norm",
    "encoder.layer.*.Wi": "model.layers.*.mlp.Wi",
    "encoder.layer.*.Wo": "model.layers.*.mlp.Wo",
    "encoder.final_norm": "model.final_norm",
    "mlm.dense": "head.dense",
    "mlm.layer_norm": "head.norm",
    "mlm.bias": "decoder.bias",
    "classification.dense": "head.dense",
    "classification.layer_norm": "head.norm",
    "classification.out": "classifier",
  },
  tiedDecoder: "decoder",
  bodyParameters,
  mlmHeadParameters: (spec) => [
    ...transformParameters("mlm", spec, "mlm-head"),
    biasParameter("mlm.bias", spec.vocabularySize, "mlm-head"),
  ],
  classificationHeadParameters: (spec, classes) => [
    ...transformParameters("classification", spec, "classification-head"),
    weightParameter("classification.out.weight", [classes, spec.hiddenSize], "classification-head"),
    biasParameter("classification.out.bias", classes, "classification-head"),
  ],
  embeddings,
  attentionViews,
  layer,
  classificationFeatures(context, pooled) {
    const rate = context.dropout?.classifierRate;
    return dropoutAt(
      context,
      "classification.features",
      transform(context, "classification", pooled),
      rate,
    );
  },
  mlmTransform: (context, selected) => transform(context, "mlm", selected),
};

const rope = z.object({
  rope_type: z
    .literal("default", "other rotary positions than the default ones are not computed here")
    .nullish(),
  rope_theta: z.number().positive().nullish(),
});
const no = (what: string) => z.literal(false, `${what} are not computed here`).nullish();

// The defaults are those of transformers' ModernBertConfig.
const configSchema = z.object({
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: layerCount,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size.max(MOST_ROTARY_SLOTS).default(8192),
  norm_eps: z.number().positive().default(1e-5),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: z.int().nonnegative().default(50283),
  attention_dropout: probability.default(0),
  embedding_dropout: probability.default(0),
  mlp_dropout: probability.default(0),
  classifier_dropout: probability.default(0),
  classifier_pooling: z.enum(["cls", "mean"]).default("cls"),
  hidden_activation: z.string().nullish(),
  classifier_activation: z.string().nullish(),
  norm_bias: no("biases of norms"),
  attention_bias: no("biases of attention"),
  mlp_bias: no("biases of the feed-forward block"),
  classifier_bias: no("biases of the head"),
  decoder_bias: z.literal(true, "a decoder without biases is not computed here").nullish(),
  local_attention: size.default(128),
  layer_types: z
    .array(z.enum(["full_attention", "sliding_attention"]))
    .max(1024)
    .nullish(),
  global_attn_every_n_layers: size.default(3),
  rope_parameters: z
    .object({ full_attention: rope.nullish(), sliding_attention: rope.nullish() })
    .nullish(),
  global_rope_theta: z.number().positive().default(160_000),
  local_rope_theta: z.number().positive().default(10_000),
});

function readConfig(json: unknown, where: string): ModelSizes {
  const config = readFields(configSchema, json, "ModernBERT", where);
  requireGelu("hidden_activation", config.hidden_activation, where);
  requireGelu("classifier_activation", config.classifier_activation, where);
  if (config.embedding_dropout !== config.mlp_dropout) {
    throw configError(
      `expected embedding_dropout to equal mlp_dropout, got ${config.embedding_dropout} and ${config.mlp_dropout} in ${where}`,
      "Set both to the same number.",
    );
  }
  const { num_hidden_layers: layers, layer_types: types, rope_parameters: ropes } = config;
  if (types && types.length !== layers) {
    throw configError(
      `expected layer_types of ${layers} layers, got ${types.length} in ${where}`,
      "Use the config.json that belongs to the weights.",
    );
  }
  const headSize = config.hidden_size / config.num_attention_heads;
  if (headSize % 2 !== 0) {
    throw configError(
      `expected heads of an even size, whose elements turn in pairs, got ${headSize} in ${where}`,
      "Use the config.json that belongs to the weights.",
    );
  }
  return {
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers,
    heads: config.num_attention_heads,
    intermediateSize: config.intermediate_size,
    maxPositions: config.max_position_embeddings,
    typeVocabularySize: 0,
    layerNormEpsilon: config.norm_eps,
    hiddenDropout: config.mlp_dropout,
    attentionDropout: config.attention_dropout,
    classifierDropout: config.classifier_dropout,
    initializerRange: config.initializer_range,
    padId: config.pad_token_id,
    pooling: config.classifier_pooling === "mean" ? "mean" : "first",
    windows: {
      local: Array.from({ length: layers }, (_, layer) =>
        types
          ? types[layer] === "sliding_attention"
          : layer % config.global_attn_every_n_layers !== 0,
      ),
      reach: Math.floor(config.local_attention / 2),
      globalBase: ropes?.full_attention?.rope_theta ?? config.global_rope_theta,
      localBase: ropes?.sliding_attention?.rope_theta ?? config.local_rope_theta,
    },
  };
}

function windowsOf({ windows }: ModelSpec) {
  if (windows !== undefined) return windows;
  throw configError(
    "expected the attention of each layer, got none",
    "Read the model from a config.json.",
  );
}

function configEntries(
  spec: ModelSpec,
  labels: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { local, reach, globalBase, localBase } = windowsOf(spec);
  const turning = (rope_theta: number) => ({ rope_type: "default", rope_theta });
  return {
    // transformers would put in the ids of its own vocabulary, which no part of the model reads.
    ...{ bos_token_id: null, cls_token_id: null, eos_token_id: null, sep_token_id: null },
    attention_bias: false,
    attention_dropout: spec.attentionDropout,
    classifier_activation: "gelu",
    classifier_bias: false,
    classifier_dropout: spec.classifierDropout ?? 0,
    classifier_pooling: spec.pooling === "mean" ? "mean" : "cls",
    decoder_bias: true,
    embedding_dropout: spec.hiddenDropout,
    // What transformers before 5 and transformers.js read in place of rope_parameters.
    global_rope_theta: globalBase,
    hidden_activation: "gelu",
    hidden_size: spec.hiddenSize,
    ...labels,
    initializer_range: spec.initializerRange,
    intermediate_size: spec.intermediateSize,
    layer_types: local.map((isLocal) => (isLocal ? "sliding_attention" : "full_attention")),
    local_attention: 2 * reach,
    local_rope_theta: localBase,
    max_position_embeddings: spec.maxPositions,
    mlp_bias: false,
    mlp_dropout: spec.hiddenDropout,
    norm_bias: false,
    norm_eps: spec.layerNormEpsilon,
    num_attention_heads: spec.heads,
    num_hidden_layers: spec.layers,
    pad_token_id: spec.padId,
    rope_parameters: {
      full_attention: turning(globalBase),
      sliding_attention: turning(localBase),
    },
    vocab_size: spec.vocabularySize,
  };
}

const normParameter = (name: string, hiddenSize: number, part: Parameter["part"]): Parameter => ({
  ...{ name: `${name}.weight`, shape: [hiddenSize], part, decay: false, initial: "ones" },
});

function bodyParameters(spec: ModelSpec): Parameter[] {
  const { hiddenSize: H, intermediateSize: F } = spec;
  const layers = Array.from({ length: spec.layers }, (_, i) => {
    const name = `encoder.layer.${i}`;
    return [
      // The first layer reads embeddings that are normal already.
      ...(i === 0 ? [] : [normParameter(`${name}.attention.LayerNorm`, H, "body")]),
      weightParameter(`${name}.attention.Wqkv.weight`, [3 * H, H], "body"),
      weightParameter(`${name}.attention.Wo.weight`, [H, H], "body"),
      normParameter(`${name}.LayerNorm`, H, "body"),
      weightParameter(`${name}.Wi.weight`, [2 * F, H], "body"),
      weightParameter(`${name}.Wo.weight`, [H, F], "body"),
    ];
  });
  return [
    weightParameter(wordEmbeddings, [spec.vocabularySize, H], "body"),
    normParameter("embeddings.LayerNorm", H, "body"),
    ...layers.flat(),
    normParameter("encoder.final_norm", H, "body"),
  ];
}

function transformParameters(
  head: string,
  { hiddenSize: H }: ModelSpec,
  part: Parameter["part"],
): Parameter[] {
  return [
    weightParameter(`${head}.dense.weight`, [H, H], part),
    normParameter(`${head}.layer_norm`, H, part),
  ];
}

/** Word embeddings after their norm [T, H] or [U, H]. */
function embeddings(context: ModelContext, count: "R*S" | "U"): Tensor {
  const { build } = context;
  // Every program is fed positions; attention finds the distances of slots by itself.
  build.input("positions", "int32", [count]);
  const ids = build.input("ids", "int32", [count]);
  return build.scope("embeddings", () => {
    const words = build.gatherRows(context.weight(wordEmbeddings), ids);
    return dropoutAt(context, "embeddings", scaleNorm(context, "embeddings.LayerNorm", words));
  });
}

/** Local layers see at most `reach` slots to either side. */
function attentionViews(context: ModelContext, sameText: Tensor): (layer: number) => AttentionView {
  const { build, spec } = context;
  const { local, reach, localBase, globalBase } = windowsOf(spec);
  const buckets = Array.from({ length: 2 * reach + 3 }, (_, i) =>
    Math.abs(i - reach - 1) <= reach ? 0 : 1,
  );
  const operands = [
    build.constant([0, MASKED_SCORE], [2, 1]),
    build.constant(buckets, [buckets.length], "int32"),
  ];
  const [near] = build.apply("relativeBias", operands, { slots: "S" }); // [1, 1, S, S]
  const window = build.add(sameText, near);
  return (layer) =>
    local[layer]
      ? { bias: window, rotaryBase: localBase }
      : { bias: sameText, rotaryBase: globalBase };
}

/** x + attention(norm x), then x + feed-forward(norm x); after the last layer one more norm. */
function layer(
  context: ModelContext,
  { name, tokens, reads }: LayerPlace,
  input: Tensor,
  view: AttentionView,
): Tensor {
  const { build, spec, dropout } = context;
  const slots = (x: Tensor) => (tokens === undefined ? x : build.gatherRows(x, tokens));
  const read = (x: Tensor) =>
    reads === undefined || "segments" in reads ? x : build.gatherRows(x, reads);
  const attended = build.scope("attention", () => {
    const first = name === "encoder.layer.0";
    const normal = first ? input : scaleNorm(context, `${name}.attention.LayerNorm`, input);
    const projected = slots(product(context, `${name}.attention.Wqkv`, normal)); // [T, 3H]
    const headSize = spec.hiddenSize / spec.heads;
    const heads = build.reshape(projected, ["R", "S", 3, spec.heads, headSize]);
    const [query, key, value] = parts(context, build.transpose(heads, [2, 0, 3, 1, 4]));
    const mixed = attend(context, `${name}.attention`, { query, key, value }, view);
    const output = product(context, `${name}.attention.Wo`, read(mixed)); // [T, H]
    const rate = dropout?.attentionRate;
    return build.add(read(slots(input)), dropoutAt(context, `${name}.attention.Wo`, output, rate));
  });
  const output = build.scope("feed-forward", () => {
    const normal = scaleNorm(context, `${name}.LayerNorm`, attended);
    const both = product(context, `${name}.Wi`, normal); // [T, 2F]
    const split = build.reshape(both, [both.shape[0], 2, spec.intermediateSize]);
    const [inner, gate] = parts(context, build.transpose(split, [1, 0, 2])); // [T, F]
    const gated = build.multiply(build.gelu(inner), gate);
    return build.add(
      attended,
      product(context, `${name}.Wo`, dropoutAt(context, `${name}.Wi`, gated)),
    );
  });
  const isLast = name === `encoder.layer.${spec.layers - 1}`;
  return isLast ? scaleNorm(context, "encoder.final_norm", output) : output;
}

/** The slices of the first axis. */
function parts({ build }: ModelContext, x: Tensor): Tensor[] {
  const [count, ...shape] = x.shape;
  return Array.from({ length: Number(count) }, (_, i) =>
    build.reshape(build.gatherRows(x, build.constant([i], [1], "int32")), shape),
  );
}

/** norm(gelu(x W^T)), in front of both heads' last layers. */
function transform(context: ModelContext, head: string, x: Tensor): Tensor {
  const dense = context.build.gelu(product(context, `${head}.dense`, x));
  return scaleNorm(context, `${head}.layer_norm`, dense);
}
