/** MPNet (Song et al. 2020): BERT's layers, whose attention adds a learned term for the distance of key and query, the same in every layer. */
import * as z from "zod";
import type { Tensor } from "../../engine/graph/graph.js";
import { mpnetNames } from "../../text/special-tokens.js";
import type { Parameter } from "../parameters.js";
import type { AttentionView, ModelContext, ModelFamily, ModelSizes, ModelSpec } from "../spec.js";
import { bert, readBertConfig } from "./bert.js";
import { configError, readFields } from "./config-fields.js";

/** transformers computes with so many buckets, whatever a config says. */
const BUCKETS = 32;
/** Keys this far away or farther share the last bucket of their side. */
const MOST_DISTANCE = 128;
/** The table of positions begins where padding, which has the id 1, ends. */
const PAD_ID = 1;
const relativeTable = "encoder.relative_attention_bias.weight";

export const mpnet: ModelFamily = {
  ...bert,
  name: "mpnet",
  storedPrefix: "mpnet",
  title: "MPNet",
  classPrefix: "MPNet",
  specialNames: mpnetNames,
  pairSeparators: 2,
  positions: "after padding",
  tokenTypes: false,
  newModel: { typeVocabularySize: 0, layerNormEpsilon: 1e-12 },
  readConfig,
  configEntries(spec, labels) {
    const { type_vocab_size: _, ...entries } = bert.configEntries(spec, labels);
    return { ...entries, relative_attention_num_buckets: BUCKETS };
  },
  storedNames: {
    "encoder.layer.*.attention.self.query": "mpnet.encoder.layer.*.attention.attn.q",
    "encoder.layer.*.attention.self.key": "mpnet.encoder.layer.*.attention.attn.k",
    "encoder.layer.*.attention.self.value": "mpnet.encoder.layer.*.attention.attn.v",
    "encoder.layer.*.attention.output.dense": "mpnet.encoder.layer.*.attention.attn.o",
    "encoder.layer.*.attention.output.LayerNorm": "mpnet.encoder.layer.*.attention.LayerNorm",
    "mlm.dense": "lm_head.dense",
    "mlm.layer_norm": "lm_head.layer_norm",
    "mlm.bias": "lm_head.bias",
    "classification.dense": "classifier.dense",
    "classification.out": "classifier.out_proj",
  },
  tiedDecoder: "lm_head.decoder",
  bodyParameters: (spec) => [...bert.bodyParameters(spec), relativeParameter(spec)],
  attentionViews,
};

const configSchema = z.object({
  relative_attention_num_buckets: z.int().nullish(),
  pad_token_id: z.int().nullish(),
});

function readConfig(json: unknown, where: string): ModelSizes {
  const config = readFields(configSchema, json, "MPNet", where);
  requireUsual("relative_attention_num_buckets", config.relative_attention_num_buckets, BUCKETS);
  requireUsual("pad_token_id", config.pad_token_id, PAD_ID);
  const sizes = readBertConfig(json, where, { title: "MPNet", padId: PAD_ID });
  return { ...sizes, typeVocabularySize: 0 };

  function requireUsual(field: string, found: number | null | undefined, usual: number): void {
    if ((found ?? usual) === usual) return;
    throw configError(
      `expected ${field} ${usual}, got ${found} in ${where}`,
      `transformers computes MPNet with ${usual}; choose a checkpoint that says so.`,
    );
  }
}

function relativeParameter({ heads }: ModelSpec): Parameter {
  // Its name calls it a bias, and transformers' Trainer lets those be.
  const decay = false;
  return { name: relativeTable, shape: [BUCKETS, heads], part: "body", decay, initial: "normal" };
}

function attentionViews(context: ModelContext, sameText: Tensor): () => AttentionView {
  const { build, weight } = context;
  const distances = Array.from({ length: 2 * MOST_DISTANCE + 1 }, (_, i) => i - MOST_DISTANCE);
  const buckets = build.constant(distances.map(relativeBucket), [distances.length], "int32");
  const operands = [weight(relativeTable), buckets];
  const [relative] = build.apply("relativeBias", operands, { slots: "S" }); // [1, A, S, S]
  const bias = build.add(relative, sameText); // [R, A, S, S]
  return () => ({ bias });
}

/**
 * The bucket of a key that is `distance` slots after its query: for each side one bucket for each of the distances 0 to 7, and 8 that grow
 * with the logarithm up to 128. Reference: Raffel et al. 2020 (T5), which MPNet takes it from.
 */
export function relativeBucket(distance: number): number {
  const side = BUCKETS / 2;
  const exact = side / 2;
  const far = Math.abs(distance);
  const share = Math.log(far / exact) / Math.log(MOST_DISTANCE / exact);
  const bucket =
    far < exact ? far : Math.min(exact + Math.floor(share * (side - exact) + 1e-6), side - 1);
  return (distance > 0 ? side : 0) + bucket;
}
