/** XLM-RoBERTa (Conneau et al. 2020): RoBERTa's computation with a vocabulary of a hundred languages; CamemBERT (Martin et al. 2020): the same for French. */
import type { ModelFamily } from "../spec.js";
import { readBertConfig } from "./bert.js";
import { roberta } from "./roberta.js";

export const xlmRoberta: ModelFamily = {
  ...roberta,
  name: "xlm-roberta",
  title: "XLM-RoBERTa",
  classPrefix: "XLMRoberta",
  readConfig: (json, where) => readBertConfig(json, where, { title: "XLM-RoBERTa", padId: 1 }),
};

export const camembert: ModelFamily = {
  ...roberta,
  name: "camembert",
  title: "CamemBERT",
  classPrefix: "Camembert",
  readConfig: (json, where) => readBertConfig(json, where, { title: "CamemBERT", padId: 1 }),
};
