/** From the tensors of weight files to the parameters of a model. */
import { L3MaskingError } from "../../base/errors.js";
import { families } from "../families/families.js";
import type { Parameter, ParameterValues } from "../parameters.js";
import type { ModelSpec } from "../spec.js";
import type { StoredTensor, StoredType } from "./formats/stored-tensor.js";
import { storedName, storedRole } from "./stored-names.js";

/** The parameters found and what was not found or not used. */
export interface Assembly {
  readonly values: ParameterValues;
  /** Canonical names of the parameters of absent heads. */
  readonly missing: readonly string[];
  /** Stored names of tensors that no part of the model uses. */
  readonly unexpected: readonly string[];
  /** Element types of the tensors used. */
  readonly dtypes: readonly StoredType[];
  /** Number of labels, if the classification head was found. */
  readonly classes: number | undefined;
}

export interface AssemblyOptions {
  /** The checkpoint's path, for messages. */
  readonly where: string;
  /** False if the checkpoint is known to be no sequence classifier, whatever its tensors are called. */
  readonly sequenceClassifier: boolean;
}

/** Stored tensors by the canonical name of the parameter they hold. */
type Candidates = ReadonlyMap<string, readonly StoredTensor[]>;

/**
 * Reads every parameter of the model as float32, under its canonical name.
 *
 * The body must be whole: `checkpoint-tensor` names what is missing. A head is taken whole or not at
 * all; the classification head only from a sequence classifier, so that the pooler of a pretrained
 * BERT never passes for one. Throws `checkpoint-shape` if a tensor's shape disagrees with the
 * config, `checkpoint-tensor` if two copies of a tied parameter differ.
 */
export async function assembleParameters(
  spec: ModelSpec,
  stored: readonly StoredTensor[],
  options: AssemblyOptions,
): Promise<Assembly> {
  const head = headOf(spec, stored, options);
  const candidates = byCanonicalName(spec, stored, head);
  const body = spec.family.bodyParameters(spec);
  requireBody(spec, body, candidates, options.where);

  const classes = options.sequenceClassifier ? classCount(spec, candidates) : undefined;
  const heads = [
    spec.family.mlmHeadParameters(spec),
    // The names of an absent head do not depend on its number of classes.
    spec.family.classificationHeadParameters(spec, classes ?? 1),
  ];
  const isWhole = (head: readonly Parameter[]) =>
    head.every(({ name }) => candidates.has(name)) &&
    (classes !== undefined || head[0].part !== "classification-head");
  const used = [body, ...heads.filter(isWhole)].flat();

  const values = new Map<string, Float32Array>();
  const dtypes = new Set<StoredType>();
  const taken = new Set<StoredTensor>();
  for (const parameter of used) {
    const copies = candidates.get(parameter.name) ?? [];
    for (const copy of copies) {
      requireShape(parameter, copy);
      taken.add(copy);
      dtypes.add(copy.dtype);
    }
    values.set(parameter.name, await readTied(copies));
  }
  const loose = (head: readonly Parameter[]) => head.filter(({ name }) => !values.has(name));
  return {
    values,
    missing: heads.flatMap(loose).map(({ name }) => name),
    unexpected: stored
      .filter((tensor) => isUnexpected(spec, tensor, taken))
      .map(({ name }) => name),
    dtypes: [...dtypes],
    classes: values.has(OUT_WEIGHT) ? classes : undefined,
  };
}

const OUT_WEIGHT = "classification.out.weight";

/** Which head the tensors are of, where the names of heads do not tell: a sequence classifier's if it has the last layer of one. */
function headOf(
  { family }: ModelSpec,
  stored: readonly StoredTensor[],
  { sequenceClassifier }: AssemblyOptions,
): "mlm" | "classification" {
  const last = storedName(family, OUT_WEIGHT);
  const found = stored.some(({ name }) => name === last);
  return sequenceClassifier && found ? "classification" : "mlm";
}

function byCanonicalName(
  spec: ModelSpec,
  stored: readonly StoredTensor[],
  head: "mlm" | "classification",
): Candidates {
  const candidates = new Map<string, StoredTensor[]>();
  for (const tensor of stored) {
    const role = storedRole(spec.family, tensor.name, head);
    if (role.kind === "buffer") continue;
    const copies = candidates.get(role.canonical) ?? [];
    // The tied copy goes last: it is compared with the first.
    if (role.tied) copies.push(tensor);
    else copies.unshift(tensor);
    candidates.set(role.canonical, copies);
  }
  return candidates;
}

function requireBody(
  spec: ModelSpec,
  body: readonly Parameter[],
  candidates: Candidates,
  where: string,
): void {
  const missing = body.filter(({ name }) => !candidates.has(name));
  if (missing.length === 0) return;
  const names = missing.slice(0, 3).map(({ name }) => storedName(spec.family, name));
  const more = missing.length > names.length ? ` and ${missing.length - names.length} more` : "";
  const wrapped = wrappedName(spec, missing[0], candidates);
  const found = wrapped === undefined ? "" : `; there is ${wrapped.name}`;
  throw new L3MaskingError(
    "checkpoint-tensor",
    `expected all ${body.length} tensors of the ${spec.family.name} encoder in ${where}, found no ${names.join(", ")}${more}${found}`,
    {
      hint:
        wrapped === undefined
          ? `Check that the weights and config.json belong to the same ${spec.family.title} model.`
          : `Take ${JSON.stringify(wrapped.prefix)} off the names: the weights were saved from a module around the model, as torch.nn.DataParallel and torch.compile put there.`,
    },
  );
}

/** The name under which a file has a tensor of the encoder with something before it, other than another family's name. */
function wrappedName(
  { family }: ModelSpec,
  { name: canonical }: Parameter,
  candidates: Candidates,
): { readonly name: string; readonly prefix: string } | undefined {
  for (const ours of [storedName(family, canonical), canonical]) {
    for (const name of candidates.keys()) {
      if (!name.endsWith(`.${ours}`)) continue;
      const prefix = name.slice(0, -ours.length);
      if (!families.some((other) => prefix === `${other.storedPrefix}.`)) return { name, prefix };
    }
  }
  return undefined;
}

/** Labels of the classification head: as the config names them, else as the weights have rows. */
function classCount(spec: ModelSpec, candidates: Candidates): number | undefined {
  const out = candidates.get(OUT_WEIGHT)?.[0];
  if (out === undefined) return undefined;
  return spec.labels?.length ?? out.shape[0];
}

function requireShape(parameter: Parameter, tensor: StoredTensor): void {
  const { shape } = parameter;
  if (shape.length === tensor.shape.length && shape.every((size, i) => size === tensor.shape[i])) {
    return;
  }
  throw new L3MaskingError(
    "checkpoint-shape",
    `expected tensor ${tensor.name} to be [${shape.join(", ")}] by config.json, got [${tensor.shape.join(", ")}] in ${tensor.where}`,
    { hint: "Check that the weights and config.json belong to the same model." },
  );
}

/** The first copy's values; the others must equal them, else the model is not the tied one. */
async function readTied(copies: readonly StoredTensor[]): Promise<Float32Array> {
  const [first, ...others] = copies;
  const values = await first.read();
  for (const other of others) {
    const copy = await other.read();
    const difference = firstDifference(values, copy);
    if (difference === undefined) continue;
    throw new L3MaskingError(
      "checkpoint-tensor",
      `expected ${other.name} to equal ${first.name}, which it is tied to, got ${copy[difference]} against ${values[difference]} at element ${difference} in ${other.where}`,
      {
        hint: "Choose another checkpoint; models with untied output embeddings are not supported.",
      },
    );
  }
  return values;
}

/** Index of the first unequal element. A plain loop: word embeddings have tens of millions. */
function firstDifference(a: Float32Array, b: Float32Array): number | undefined {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return undefined;
}

function isUnexpected(
  spec: ModelSpec,
  tensor: StoredTensor,
  taken: ReadonlySet<StoredTensor>,
): boolean {
  return !taken.has(tensor) && storedRole(spec.family, tensor.name).kind === "parameter";
}
