/**
 * What a checkpoint's config.json says, checked and named once; and the way back, for a folder that Python's transformers
 * and transformers.js read.
 */

import * as z from "zod";
import { isObject } from "../../base/strict-json.js";
import { configError, readFields } from "../families/config-fields.js";
import { families, familyTitles, refusedFamilies } from "../families/families.js";
import type { ModelFamily, ModelSpec } from "../spec.js";

/** The problem_type of heads that give one label, and of those that give several or none. */
const ONE_LABEL = "single_label_classification";
const SEVERAL_LABELS = "multi_label_classification";

/** Labels of a classifier. */
const MAX_LABELS = 2 ** 16;

// Whole lists are checked by hand: zod notes the fault of every element, and a file can have millions.
function isShortList(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.length <= 100 && value.every((name) => typeof name === "string")
  );
}

function isLabelTable(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.keys(value).length <= MAX_LABELS;
}

const configSchema = z.object({
  model_type: z.string().nullish(),
  architectures: z.custom<string[]>(isShortList, "expected a short list of class names").nullish(),
  problem_type: z.string().nullish(),
  num_labels: z.int().positive().max(MAX_LABELS).nullish(),
  id2label: z
    .custom<Record<string, unknown>>(
      isLabelTable,
      `expected an object of at most ${MAX_LABELS} label names by id`,
    )
    .nullish(),
});

type Config = z.infer<typeof configSchema>;

/**
 * Reads the parsed config.json of a checkpoint.
 *
 * `where` is the file's path, for messages. Throws `checkpoint-config` if a field is missing or out
 * of range, or if the file asks for a computation other than the encoder we build: another
 * architecture, another activation than the exact (erf) GELU, relative positions, a decoder.
 */
export function parseModelConfig(json: unknown, where: string): ModelSpec {
  const config = readFields(configSchema, json, familyTitles, where);
  const family = familyOf(config, where);
  const sizes = family.readConfig(json, where);
  const problem = config.problem_type;
  const otherProblem = problem === ONE_LABEL || problem === SEVERAL_LABELS ? undefined : problem;
  const spec: ModelSpec = {
    family,
    ...sizes,
    firstPosition: firstPosition(family, sizes.padId),
    labels: mayBeClassifier(config) ? labelNames(config, where) : undefined,
    ...(problem === SEVERAL_LABELS && { severalLabels: true }),
    ...(typeof otherProblem === "string" && { otherProblem }),
  };
  checkSizes(spec, where);
  return spec;
}

/** Label names by id of a parsed config.json; undefined where it has none. Throws `checkpoint-config` as `parseModelConfig` does. */
export function readLabelNames(json: unknown, where: string): readonly string[] | undefined {
  return labelNames(readFields(configSchema, json, "text classification", where), where);
}

/** A classifier's labels as config.json has them. `several` says whether a text can have several. */
export function labelEntries(labels: readonly string[], several: boolean): Record<string, unknown> {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    problem_type: several ? SEVERAL_LABELS : ONE_LABEL,
  };
}

/** Position id of a row's first token. */
export function firstPosition({ positions }: ModelFamily, padId: number): number {
  return positions === "after padding" ? padId + 1 : 0;
}

/** What config.json says beside the sizes. */
export interface ConfigDetails {
  /** Hugging Face class, e.g. `RobertaForSequenceClassification`. */
  readonly architecture: string;
  /** Label names by id; makes the file a classifier's, which gives one label a text or, where that is said, several. */
  readonly labels?: readonly string[];
  readonly severalLabels?: boolean | undefined;
}

/**
 * The content of a config.json that `parseModelConfig`, Python's transformers and transformers.js
 * read. The inverse of `parseModelConfig`, with the labels taken from `details`.
 */
export function configJson(spec: ModelSpec, details: ConfigDetails): Record<string, unknown> {
  const classifier = details.labels && labelEntries(details.labels, details.severalLabels === true);
  return {
    architectures: [details.architecture],
    model_type: spec.family.name,
    ...spec.family.configEntries(spec, classifier ?? {}),
  };
}

function familyOf(config: Config, where: string): ModelFamily {
  const { model_type: modelType, architectures } = config;
  const found = families.find(({ name, aliases, classPrefix }) =>
    modelType
      ? [name, ...aliases].includes(modelType)
      : // Files older than the model_type field still name their class.
        architectures?.some((each) => new RegExp(`^${classPrefix}(For|Model)`, "i").test(each)),
  );
  if (found !== undefined) return found;
  const known = families.flatMap(({ name, aliases }) => [name, ...aliases]).join(", ");
  const fields = families.map(({ name }) => `"model_type": "${name}"`).join(" or ");
  const reason =
    modelType && Object.hasOwn(refusedFamilies, modelType) ? refusedFamilies[modelType] : "";
  throw configError(
    `expected model_type to be one of ${known}, got ${JSON.stringify(modelType ?? null)} in ${where}`,
    modelType
      ? `Choose a checkpoint of the ${familyTitles} family${reason ? `; ${modelType} is not supported, as ${reason}` : ""}.`
      : `Add ${fields} to config.json.`,
  );
}

/**
 * Whether `architectures` leaves it open that the model is a sequence classifier: token classifiers and others have labels
 * too, and every masked language model that transformers saved may name some.
 */
export function mayBeClassifier({ architectures }: Pick<Config, "architectures">): boolean {
  return (
    !architectures?.length ||
    architectures.some((name) => name.endsWith("ForSequenceClassification"))
  );
}

/** Label names in id order; the ids must be 0 .. C-1 and the names distinct. Names may be numbers and truth values, as in transformers. */
function labelNames(config: Config, where: string): readonly string[] | undefined {
  if (!config.id2label) {
    const count = config.num_labels;
    return count ? Array.from({ length: count }, (_, id) => `LABEL_${id}`) : undefined;
  }
  const names = new Map(
    Object.entries(config.id2label).map(([id, name]) => [
      /^\d+$/.test(id) ? String(Number(id)) : id,
      labelName(id, name, where),
    ]),
  );
  const labels = Array.from({ length: names.size }, (_, id) => {
    const name = names.get(String(id));
    if (name === undefined) {
      throw configError(
        `expected id2label to name the ids 0 to ${names.size - 1}, found no ${id} in ${where}`,
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
      "Give each label a distinct name in id2label.",
    );
  }
  return labels.length === 0 ? undefined : labels;
}

function labelName(id: string, name: unknown, where: string): string {
  if (typeof name === "string" || typeof name === "number" || typeof name === "boolean") {
    return String(name);
  }
  throw configError(
    `expected id2label to name label ${id}, got ${JSON.stringify(name)} in ${where}`,
    "Give each label a name in id2label.",
  );
}

function checkSizes(spec: ModelSpec, where: string): void {
  if (spec.hiddenSize % spec.heads !== 0) {
    throw configError(
      `expected hidden_size to be a multiple of num_attention_heads, got ${spec.hiddenSize} and ${spec.heads} in ${where}`,
      "Use the config.json that belongs to the weights.",
    );
  }
  if (spec.padId >= spec.vocabularySize) {
    throw configError(
      `expected pad_token_id below vocab_size ${spec.vocabularySize}, got ${spec.padId} in ${where}`,
      "Use the config.json that belongs to the weights.",
    );
  }
  if (spec.firstPosition >= spec.maxPositions) {
    throw configError(
      `expected max_position_embeddings above the first position ${spec.firstPosition}, got ${spec.maxPositions} in ${where}`,
      "Use the config.json that belongs to the weights.",
    );
  }
}
