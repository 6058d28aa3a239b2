/** A small BERT with nothing wrong: config and weights. */

import { parseModelConfig } from "../../src/model/checkpoint/config.js";
import { writeSafetensors } from "../../src/model/checkpoint/formats/safetensors.js";
import { storedName } from "../../src/model/checkpoint/stored-names.js";
import { modelParameters } from "../../src/model/heads.js";
import { elementCount } from "../../src/model/parameters.js";

/** Fields of config.json. */
export const plainConfig = {
  model_type: "bert",
  architectures: ["BertForMaskedLM"],
  vocab_size: 12,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  max_position_embeddings: 8,
  type_vocab_size: 2,
  pad_token_id: 0,
};

const tensors = (() => {
  const spec = parseModelConfig(plainConfig, "config.json");
  return modelParameters(spec, { mlmHead: true }).map((parameter) => ({
    name: storedName(spec.family, parameter.name),
    shape: parameter.shape,
    values: new Float32Array(elementCount(parameter)),
  }));
})();

/** Names of the tensors that belong to `plainConfig`. */
export const plainNames: readonly string[] = tensors.map(({ name }) => name);

/** The bytes of a safetensors file that belongs to `plainConfig`. */
export const plainWeights: Uint8Array = Buffer.concat([
  ...writeSafetensors(tensors, { dtype: "F32" }),
]);
