/** The families of models: one line here for each file of a family. */
import type { Tokenizer } from "../../text/encoding.js";
import type { ModelFamily } from "../spec.js";
import { bert } from "./bert.js";
import { distilbert } from "./distilbert.js";
import { electra } from "./electra.js";
import { modernbert } from "./modernbert.js";
import { mpnet } from "./mpnet.js";
import { roberta } from "./roberta.js";
import { camembert, xlmRoberta } from "./xlm-roberta.js";

/** Of several that fit, the first counts. */
export const families: readonly ModelFamily[] = [
  bert,
  roberta,
  xlmRoberta,
  camembert,
  distilbert,
  electra,
  mpnet,
  modernbert,
];

/** Families that people ask for and that are not computed, by `model_type`, and why. */
export const refusedFamilies: Readonly<Record<string, string>> = {
  deberta:
    "its attention is a sum of three products, of contents and of positions, which no operation here computes",
  "deberta-v2":
    "its attention is a sum of three products, of contents and of positions, which no operation here computes, and DeBERTa-v3 learned to tell replaced tokens, not to predict masked ones",
};

/** "BERT, RoBERTa or DistilBERT" */
export const familyTitles = alternatives(families.map(({ title }) => title));

function alternatives(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)]
    .filter((name) => name !== "")
    .join(" or ");
}

/**
 * The family of a new model for a tokenizer whose rows begin with `firstToken`: XLM-RoBERTa where its tokens mark spaces, RoBERTa where nothing
 * tells.
 */
export function familyForTokenizer(
  firstToken: string,
  spelling: Tokenizer["spelling"],
): ModelFamily {
  if (spelling === "marked") return xlmRoberta;
  return families.find(({ specialNames }) => specialNames.first === firstToken) ?? roberta;
}
