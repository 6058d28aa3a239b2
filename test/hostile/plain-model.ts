/** A small BERT with nothing wrong: config and weights. */

import { writeSafetensors } from "../../src/model/checkpoint/formats/safetensors.js";
import { storedName } from "../../src/model/families/names.js";
import { bodyParameters, elementCount, mlmHeadParameters } from "../../src/model/parameters.js";
import { parseModelConfig } from "../../src/model/spec.js";

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
  return [...bodyParameters(spec), ...mlmHeadParameters(spec)].map((parameter) => ({
    name: storedName("bert", parameter.name),
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
