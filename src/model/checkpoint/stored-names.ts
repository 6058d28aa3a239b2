/** Names of parameters in weight files to and from the canonical names of a family's parameters. */
import { wordEmbeddings } from "../parameters.js";
import type { ModelFamily } from "../spec.js";

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
 * Where two heads have the same names, as in ModernBERT, `head` tells which of them the file has.
 *
 * A BERT pooler is named as the classification head's dense layer; whether it is one depends on the
 * checkpoint being a sequence classifier, which the name does not tell.
 */
export function storedRole(
  family: ModelFamily,
  stored: string,
  head: "mlm" | "classification" = "mlm",
): StoredRole {
  const name = stored.replace(/(LayerNorm|layer_norm)\.(gamma|beta)$/, (_, module, parameter) =>
    parameter === "gamma" ? `${module}.weight` : `${module}.bias`,
  );
  const prefix = `${family.storedPrefix}.`;
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (buffers.has(bare)) return { kind: "buffer" };
  for (const spelling of [name, prefix + bare]) {
    const candidates = Object.entries(family.storedNames).flatMap(([canonical, ours]) => {
      return renamed(spelling, ours, canonical) ?? [];
    });
    const found = candidates.find((name) => name.startsWith(head)) ?? candidates[0];
    if (found !== undefined) return { kind: "parameter", canonical: found, tied: false };
    const ofDecoder = renamed(spelling, family.tiedDecoder, "");
    if (ofDecoder === ".weight") {
      return { kind: "parameter", canonical: wordEmbeddings, tied: true };
    }
    if (ofDecoder === ".bias") return { kind: "parameter", canonical: "mlm.bias", tied: true };
  }
  return { kind: "parameter", canonical: bare, tied: false };
}

/** The name under which a canonical parameter is stored. */
export function storedName(family: ModelFamily, canonical: string): string {
  for (const [ours, stored] of Object.entries(family.storedNames)) {
    const found = renamed(canonical, ours, stored);
    if (found !== undefined) return found;
  }
  return `${family.storedPrefix}.${canonical}`;
}

/** The name with another beginning; undefined if it does not begin with `from`. A part `*` of both is the same number. */
function renamed(name: string, from: string, to: string): string | undefined {
  const parts = name.split(".");
  const beginning = from.split(".");
  const fits = beginning.every((part, i) =>
    part === "*" ? /^\d+$/.test(parts[i] ?? "") : part === parts[i],
  );
  if (!fits) return undefined;
  const number = parts[beginning.indexOf("*")] ?? "";
  return [to.replace("*", number), ...parts.slice(beginning.length)].join(".");
}
