/** RoBERTa (Liu et al. 2019): BERT's graph, with positions after that of padding, and heads under other names. */
import { robertaNames } from "../../text/special-tokens.js";
import type { ModelFamily } from "../spec.js";
import { bert, readBertConfig } from "./bert.js";

export const roberta: ModelFamily = {
  ...bert,
  name: "roberta",
  storedPrefix: "roberta",
  aliases: [],
  title: "RoBERTa",
  classPrefix: "Roberta",
  specialNames: robertaNames,
  positions: "after padding",
  tokenTypes: false,
  pairSeparators: 2,
  newModel: { typeVocabularySize: 1, layerNormEpsilon: 1e-5 },
  readConfig: (json, where) => readBertConfig(json, where, { title: "RoBERTa", padId: 1 }),
  storedNames: {
    "mlm.dense": "lm_head.dense",
    "mlm.layer_norm": "lm_head.layer_norm",
    "mlm.bias": "lm_head.bias",
    "classification.dense": "classifier.dense",
    "classification.out": "classifier.out_proj",
  },
  tiedDecoder: "lm_head.decoder",
};
