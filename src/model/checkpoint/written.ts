/** The files of a saved model, which Python's transformers and transformers.js read. */
import { L3MaskingError } from "../../base/errors.js";
import { modelParameters } from "../heads.js";
import { elementCount, type Parameter, type ParameterValues } from "../parameters.js";
import type { ModelFamily, ModelSpec } from "../spec.js";
import { configJson } from "./config.js";
import { isPlainFileName } from "./files.js";
import { type NamedTensor, type WrittenType, writeSafetensors } from "./formats/safetensors.js";
import { storedName } from "./stored-names.js";

export type CheckpointKind = "sequence-classification" | "masked-lm" | "encoder";

export interface ModelToWrite {
  readonly spec: ModelSpec;
  /** By canonical name; parameters of the other head are left out. */
  readonly values: ParameterValues;
  readonly kind: CheckpointKind;
  /** Label names by id; a sequence classifier needs them here or in `spec`. */
  readonly labels?: readonly string[];
  /** Can a text have several of them? As `spec` says where it is absent. */
  readonly severalLabels?: boolean;
  /** File name -> content; see `Tokenizer.files`. */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  /** Element type of the weights; F32 unless told. */
  readonly dtype?: WrittenType;
}

export const WEIGHTS = "model.safetensors";

/** What transformers calls the classes of each kind, after the family's name. */
const classSuffixes: Readonly<Record<CheckpointKind, string>> = {
  "sequence-classification": "ForSequenceClassification",
  "masked-lm": "ForMaskedLM",
  encoder: "Model",
};

const dtypeNames: Readonly<Record<WrittenType, string>> = { F32: "float32", F16: "float16" };

/**
 * config.json, model.safetensors (Hugging Face names) and the tokenizer's files: the pieces of each by its name. The weights' pieces are
 * made as they are taken; `values` must not change until then.
 *
 * Throws `checkpoint-tensor` if a parameter is missing or, as its piece is taken, does not fit F16, `checkpoint-shape` if one has the
 * wrong size, `checkpoint-config` if a classifier has no labels.
 */
export function writtenFiles(checkpoint: ModelToWrite): ReadonlyMap<string, Iterable<Uint8Array>> {
  const { spec, values, kind, tokenizerFiles } = checkpoint;
  const dtype = checkpoint.dtype ?? "F32";
  const labels = kind === "sequence-classification" ? requireLabels(checkpoint) : undefined;
  const heads = labels ? { classes: labels.length } : { mlmHead: kind === "masked-lm" };
  const tensors = modelParameters(spec, heads).map((parameter) =>
    storedTensor(spec.family, parameter, values),
  );
  const suffix = classSuffixes[kind];
  const config = {
    ...configJson(spec, {
      architecture: `${spec.family.classPrefix}${suffix}`,
      ...(labels && { labels, severalLabels: checkpoint.severalLabels ?? spec.severalLabels }),
    }),
    // The second name is read by transformers before 4.56 and by transformers.js.
    dtype: dtypeNames[dtype],
    torch_dtype: dtypeNames[dtype],
  };
  const files = new Map<string, Iterable<Uint8Array>>([
    ["config.json", [encode(`${JSON.stringify(config, undefined, 2)}\n`)]],
    [WEIGHTS, writeSafetensors(tensors, { dtype })],
  ]);
  for (const [name, content] of tokenizerFiles) {
    requireFreeName(name, files);
    files.set(name, [encode(content)]);
  }
  return files;
}

function requireLabels({ labels, spec }: ModelToWrite): readonly string[] {
  const names = labels ?? spec.labels ?? [];
  if (names.length === 0 || new Set(names).size !== names.length) {
    throw new L3MaskingError(
      "checkpoint-config",
      `expected distinct label names for a classifier, got [${names.join(", ")}]`,
      { hint: "Pass the label names in id order." },
    );
  }
  return names;
}

function storedTensor(
  family: ModelFamily,
  parameter: Parameter,
  values: ParameterValues,
): NamedTensor {
  const found = values.get(parameter.name);
  if (found === undefined) {
    throw new L3MaskingError(
      "checkpoint-tensor",
      `expected values for ${parameter.name} to save, found none`,
      { hint: "Pass the body and the head that belongs to the kind of checkpoint." },
    );
  }
  if (found.length !== elementCount(parameter)) {
    throw new L3MaskingError(
      "checkpoint-shape",
      `expected ${elementCount(parameter)} values for ${parameter.name} [${parameter.shape.join(", ")}], got ${found.length}`,
      { hint: "Pass the values of the model that the spec describes." },
    );
  }
  return { name: storedName(family, parameter.name), shape: parameter.shape, values: found };
}

function requireFreeName(name: string, files: ReadonlyMap<string, unknown>): void {
  if (isPlainFileName(name) && !files.has(name)) return;
  throw new L3MaskingError(
    "checkpoint-config",
    `expected plain names of tokenizer files, other than those of the model, got ${JSON.stringify(name)}`,
    { hint: "Pass the files as the tokenizer names them." },
  );
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
