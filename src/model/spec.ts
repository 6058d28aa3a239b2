/**
 * What a checkpoint's config.json says about the encoder, checked and named once; and the way back,
 * for a folder that Python's transformers and transformers.js read.
 */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";

export interface ModelSpec {
  readonly family: "bert" | "roberta";
  readonly vocabularySize: number; // V
  readonly hiddenSize: number; // H
  readonly layers: number;
  readonly heads: number; // A
  readonly intermediateSize: number; // F
  readonly maxPositions: number; // rows of the position table
  readonly typeVocabularySize: number;
  readonly layerNormEpsilon: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly initializerRange: number;
  readonly padId: number;
  /** Position id of a row's first token: padId + 1 for RoBERTa, 0 for BERT. */
  readonly firstPosition: number;
  /** Label names by id, if the checkpoint is a classifier. */
  readonly labels: readonly string[] | undefined;
  /** What the head was trained for, where that is not one label per text. */
  readonly otherProblem?: (typeof otherProblems)[number];
}

/** Values of problem_type whose heads give something else than one label. */
const otherProblems = ["multi_label_classification", "regression"] as const;

export type ModelFamily = ModelSpec["family"];

/** CamemBERT and XLM-RoBERTa are RoBERTa's computation under other names. */
const familyOfModelType: ReadonlyMap<string, ModelFamily> = new Map([
  ["bert", "bert"],
  ["roberta", "roberta"],
  ["camembert", "roberta"],
  ["xlm-roberta", "roberta"],
]);

/** Largest table side and layer count we believe; anything beyond is a damaged file. */
const MAX_SIZE = 2 ** 24;
const MAX_LAYERS = 1024;
/** Labels of a classifier. */
const MAX_LABELS = 2 ** 16;

// Whole lists are checked by hand: zod notes the fault of every element, and a file can have millions.
function isShortList(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.length <= 100 && value.every((name) => typeof name === "string")
  );
}

function isLabelTable(value: unknown): value is Record<string, string | number> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names: readonly unknown[] = Object.values(value);
  return (
    names.length <= MAX_LABELS &&
    names.every((name) => typeof name === "string" || typeof name === "number")
  );
}

const size = z.int().positive().max(MAX_SIZE);
const probability = z.number().min(0).lt(1);

const configSchema = z.object({
  model_type: z.string().nullish(),
  architectures: z.custom<string[]>(isShortList, "expected a short list of class names").nullish(),
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: z.int().positive().max(MAX_LAYERS),
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size,
  // The defaults below are those of Hugging Face's BertConfig and RobertaConfig, which leave
  // fields out of old files.
  type_vocab_size: size.nullish(),
  layer_norm_eps: z.number().positive().nullish(),
  hidden_dropout_prob: probability.nullish(),
  attention_probs_dropout_prob: probability.nullish(),
  initializer_range: z.number().positive().nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  hidden_act: z.string().nullish(),
  position_embedding_type: z.string().nullish(),
  is_decoder: z.boolean().nullish(),
  problem_type: z.string().nullish(),
  num_labels: z.int().positive().max(MAX_LABELS).nullish(),
  id2label: z
    .custom<Record<string, string | number>>(
      isLabelTable,
      `expected an object of at most ${MAX_LABELS} label names by id`,
    )
    .nullish(),
});

type Config = z.infer<typeof configSchema>;

/**
 * Reads the parsed config.json of a BERT or RoBERTa checkpoint.
 *
 * `where` is the file's path, for messages. Throws `checkpoint-config` if a field is missing or out
 * of range, or if the file asks for a computation other than the encoder we build: another
 * architecture, another activation than the exact (erf) GELU, relative positions, a decoder.
 */
export function parseModelConfig(json: unknown, where: string): ModelSpec {
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    throw configError(
      `expected the config of a BERT or RoBERTa model, got ${issueList(parsed.error)} in ${where}`,
      "Take config.json from the same place as the weights.",
    );
  }
  const config = parsed.data;
  const family = modelFamily(config, where);
  refuseOtherComputations(config, where);
  const otherProblem = otherProblems.find((name) => name === config.problem_type);
  const padId = config.pad_token_id ?? (family === "roberta" ? 1 : 0);
  const spec: ModelSpec = {
    family,
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
    initializerRange: config.initializer_range ?? 0.02,
    padId,
    firstPosition: family === "roberta" ? padId + 1 : 0,
    labels: labelNames(config, where),
    ...(otherProblem !== undefined && { otherProblem }),
  };
  checkSizes(spec, where);
  return spec;
}

/** What config.json says beside the sizes. */
export interface ConfigDetails {
  /** Hugging Face class, e.g. `RobertaForSequenceClassification`. */
  readonly architecture: string;
  /** Label names by id; makes the file a single-label classifier's. */
  readonly labels?: readonly string[];
}

/**
 * The content of a config.json that `parseModelConfig`, Python's transformers and transformers.js
 * read. The inverse of `parseModelConfig`, with the labels taken from `details`.
 */
export function configJson(spec: ModelSpec, details: ConfigDetails): Record<string, unknown> {
  const classifier = details.labels && {
    id2label: Object.fromEntries(details.labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(details.labels.map((label, id) => [label, id])),
    problem_type: "single_label_classification",
  };
  return {
    architectures: [details.architecture],
    model_type: spec.family,
    attention_probs_dropout_prob: spec.attentionDropout,
    hidden_act: "gelu",
    hidden_dropout_prob: spec.hiddenDropout,
    hidden_size: spec.hiddenSize,
    ...classifier,
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

function modelFamily(config: Config, where: string): ModelFamily {
  const { model_type: modelType, architectures } = config;
  // Files older than the model_type field still name their class.
  const fromClass = (["bert", "roberta"] as const).find((family) =>
    architectures?.some((name) => new RegExp(`^${family}(For|Model)`, "i").test(name)),
  );
  const family = modelType ? familyOfModelType.get(modelType) : fromClass;
  if (family === undefined) {
    const known = [...familyOfModelType.keys()].join(", ");
    throw configError(
      `expected model_type to be one of ${known}, got ${JSON.stringify(modelType ?? null)} in ${where}`,
      modelType
        ? "Choose a checkpoint of the BERT or RoBERTa family."
        : 'Add "model_type": "bert" or "model_type": "roberta" to config.json.',
    );
  }
  return family;
}

function refuseOtherComputations(config: Config, where: string): void {
  const activation = config.hidden_act ?? "gelu";
  if (activation !== "gelu") {
    throw configError(
      `expected hidden_act "gelu", got ${JSON.stringify(activation)} in ${where}`,
      "Choose a checkpoint with the exact GELU; other activations are not supported.",
    );
  }
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
}

/** Label names in id order; the ids must be 0 .. C-1 and the names distinct. */
function labelNames(config: Config, where: string): readonly string[] | undefined {
  if (!config.id2label) {
    const count = config.num_labels;
    return count ? Array.from({ length: count }, (_, id) => `LABEL_${id}`) : undefined;
  }
  const names = new Map(Object.entries(config.id2label).map(([id, name]) => [id, String(name)]));
  const labels = Array.from({ length: names.size }, (_, id) => {
    const name = names.get(String(id));
    if (name === undefined) {
      throw configError(
        `expected id2label to name the ids 0 to ${names.size - 1}, got no ${id} in ${where}`,
        "Number the labels in id2label from 0 without gaps.",
      );
    }
    return name;
  });
  const seen = new Set<string>();
  const repeated = labels.find((label) => seen.size === seen.add(label).size);
  if (repeated !== undefined) {
    throw configError(
      `expected distinct names in id2label, got ${JSON.stringify(repeated)} twice in ${where}`,
      "Give each label its own name in id2label.",
    );
  }
  return labels.length === 0 ? undefined : labels;
}

function checkSizes(spec: ModelSpec, where: string): void {
  if (spec.hiddenSize % spec.heads !== 0) {
    throw configError(
      `expected hidden_size to be a multiple of num_attention_heads, got ${spec.hiddenSize} and ${spec.heads} in ${where}`,
      "Take config.json from the same place as the weights.",
    );
  }
  if (spec.padId >= spec.vocabularySize) {
    throw configError(
      `expected pad_token_id below vocab_size ${spec.vocabularySize}, got ${spec.padId} in ${where}`,
      "Take config.json from the same place as the weights.",
    );
  }
  if (spec.firstPosition >= spec.maxPositions) {
    throw configError(
      `expected max_position_embeddings above the first position ${spec.firstPosition}, got ${spec.maxPositions} in ${where}`,
      "Take config.json from the same place as the weights.",
    );
  }
}

/** Faults of a file that a message tells. */
const SHOWN_FAULTS = 5;

function issueList({ issues }: z.ZodError): string {
  const shown = issues
    .slice(0, SHOWN_FAULTS)
    .map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  if (issues.length > SHOWN_FAULTS) shown.push(`and ${issues.length - SHOWN_FAULTS} more`);
  return shown.join("; ");
}

function configError(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("checkpoint-config", message, { hint });
}
