/**
 * Hugging Face parameter names to and from the canonical names of model/parameters.ts.
 *
 * The body's canonical name is the Hugging Face name without the family prefix. Heads have a list
 * for each family, because every class calls them differently.
 */
import { wordEmbeddings } from "../parameters.js";
import type { ModelFamily } from "../spec.js";

interface HeadName {
  readonly stored: string;
  readonly canonical: string;
}

/** Names we write and read. */
const headNames: Readonly<Record<ModelFamily, readonly HeadName[]>> = {
  bert: [
    ...linear("cls.predictions.transform.dense", "mlm.dense"),
    ...linear("cls.predictions.transform.LayerNorm", "mlm.layer_norm"),
    { stored: "cls.predictions.bias", canonical: "mlm.bias" },
    ...linear("bert.pooler.dense", "classification.dense"),
    ...linear("classifier", "classification.out"),
  ],
  roberta: [
    ...linear("lm_head.dense", "mlm.dense"),
    ...linear("lm_head.layer_norm", "mlm.layer_norm"),
    { stored: "lm_head.bias", canonical: "mlm.bias" },
    ...linear("classifier.dense", "classification.dense"),
    ...linear("classifier.out_proj", "classification.out"),
  ],
};

/** Second copies of tied parameters: read, compared, never written. */
const tiedNames: Readonly<Record<ModelFamily, readonly HeadName[]>> = {
  bert: tiedDecoder("cls.predictions.decoder"),
  roberta: tiedDecoder("lm_head.decoder"),
};

/** Constants that old files store beside the parameters. */
const buffers: ReadonlySet<string> = new Set([
  "embeddings.position_ids",
  "embeddings.token_type_ids",
]);

/** What a tensor of a weight file is by its name. */
export type StoredRole =
  | {
      readonly kind: "parameter";
      /** Canonical name, if the model has such a parameter. */
      readonly canonical: string;
      /** True for the second copy of a tied parameter. */
      readonly tied: boolean;
    }
  | { readonly kind: "buffer" };

/**
 * The role of a stored tensor. Accepts names with and without the family prefix, and LayerNorm's old
 * `gamma` and `beta`. Names of tensors we do not know come back as a canonical name that no parameter
 * has.
 *
 * A BERT pooler is named as the classification head's dense layer; whether it is one depends on the
 * checkpoint being a sequence classifier, which the name does not tell.
 */
export function storedRole(family: ModelFamily, stored: string): StoredRole {
  const name = stored.replace(/(LayerNorm|layer_norm)\.(gamma|beta)$/, (_, module, parameter) =>
    parameter === "gamma" ? `${module}.weight` : `${module}.bias`,
  );
  const prefix = `${family}.`;
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (buffers.has(bare)) return { kind: "buffer" };
  const isNamed = (head: HeadName) => head.stored === name || head.stored === `${prefix}${bare}`;
  const tied = tiedNames[family].find(isNamed);
  if (tied) return { kind: "parameter", canonical: tied.canonical, tied: true };
  const head = headNames[family].find(isNamed);
  return { kind: "parameter", canonical: head?.canonical ?? bare, tied: false };
}

/** The Hugging Face name of a canonical parameter. */
export function storedName(family: ModelFamily, canonical: string): string {
  const head = headNames[family].find((name) => name.canonical === canonical);
  return head?.stored ?? `${family}.${canonical}`;
}

function linear(stored: string, canonical: string): HeadName[] {
  return ["weight", "bias"].map((part) => ({
    stored: `${stored}.${part}`,
    canonical: `${canonical}.${part}`,
  }));
}

function tiedDecoder(stored: string): HeadName[] {
  return [
    { stored: `${stored}.weight`, canonical: wordEmbeddings },
    { stored: `${stored}.bias`, canonical: "mlm.bias" },
  ];
}
