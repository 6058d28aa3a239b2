/** The models that benchmarks work with, and where their weights come from. */
import { join } from "node:path";
import { L3MaskingError } from "../../src/base/errors.js";
import { randomStream } from "../../src/base/random.js";
import {
  createParameterStore,
  type ParameterStore,
} from "../../src/method/train/parameter-store.js";
import { parseModelConfig } from "../../src/model/checkpoint/config.js";
import { loadCheckpoint } from "../../src/model/checkpoint/load.js";
import { initialize, type Parameter, type ParameterValues } from "../../src/model/parameters.js";
import type { ModelSpec } from "../../src/model/spec.js";
import type { ModelSource } from "./work-file.js";

/** Fields of a RoBERTa config.json that both sides build the model from. */
type Config = Readonly<Record<string, string | number>>;

const common = {
  model_type: "roberta",
  type_vocab_size: 1,
  layer_norm_eps: 1e-5,
  bos_token_id: 0,
  pad_token_id: 1,
  eos_token_id: 2,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  max_position_embeddings: 514,
} as const;

/** RoBERTa-base: 12 layers of 768, a vocabulary of 50265. */
export const robertaBase: Config = {
  ...common,
  vocab_size: 50265,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
};

/** Small enough for a check that everything runs; the vocabulary is that of minilm. */
export const quickModel: Config = {
  ...common,
  vocab_size: 30522,
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 256,
};

/** A model of random weights. */
export function randomModel(config: Config): ModelSource {
  return { config: { ...config }, maskedFolder: null, classifierFolder: null };
}

/** The model that comes with the repository. */
export function shippedModel(root: string): ModelSource {
  return { config: null, maskedFolder: join(root, "models/minilm"), classifierFolder: null };
}

export interface LoadedSource {
  readonly spec: ModelSpec;
  /** Empty for random weights; the classification head only from a classifier's folder. */
  readonly values: ParameterValues;
}

/** Spec and given weights of a source. Throws `input-mismatch` for one with neither config nor folder. */
export async function loadSource(source: ModelSource): Promise<LoadedSource> {
  const values = new Map<string, Float32Array>();
  const specs: ModelSpec[] = [];
  if (source.config !== null) specs.push(parseModelConfig(source.config, "the work file"));
  for (const folder of [source.classifierFolder, source.maskedFolder]) {
    if (folder === null) continue;
    const checkpoint = await loadCheckpoint(folder);
    for (const [name, value] of checkpoint.values) values.set(name, value);
    specs.push(checkpoint.spec);
  }
  const [spec] = specs;
  if (spec === undefined) {
    throw new L3MaskingError(
      "input-mismatch",
      "expected a config or a folder of a model, got none",
    );
  }
  return { spec, values };
}

/** Weights alone, without room for gradients: those given, else random ones. */
export function weightStore(
  { spec, values }: LoadedSource,
  parameters: readonly Parameter[],
): ParameterStore {
  const store = createParameterStore(parameters, { training: false });
  for (const parameter of parameters) {
    const target = store.weight(parameter.name);
    const given = values.get(parameter.name);
    if (given !== undefined) target.set(given);
    else initialize(parameter, target, spec.initializerRange, randomStream(0, "init"));
  }
  return store;
}
