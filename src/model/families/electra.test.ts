/** ELECTRA's discriminator: an encoder without a masked-LM head. test/families.golden.test.ts has the generator. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { changedModel, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { trainOptions } from "../../../test/fixtures/training.js";
import { runTrain } from "../../commands/train.js";
import { resolveSettings, trainSchema } from "../../run/settings/schemas.js";
import { parseModelConfig } from "../checkpoint/config.js";
import { loadCheckpoint } from "../checkpoint/load.js";

const generator = fileURLToPath(new URL("../../../test/golden/families/electra", import.meta.url));
const at = temporaryFolder();

describe("a discriminator", () => {
  const discriminator = (name: string) =>
    changedModel(generator, at(name), {
      config: { architectures: ["ElectraForPreTraining"] },
      tensors: (tensor, values) => (tensor.startsWith("generator") ? undefined : values),
    });
  const train = (model: string, method: "stl" | "l3", folder: string) => {
    const given = trainOptions(model, at(folder), { method, maxSteps: 1, maxLength: 16 });
    return runTrain(resolveSettings(trainSchema, given), createTestHost());
  };

  it("is an encoder without heads", async () => {
    const { report, spec } = await loadCheckpoint(await discriminator("encoder"));
    expect(spec.labels).toBeUndefined();
    expect(report.missing.filter((name) => !name.startsWith("classification."))).toEqual([
      "mlm.dense.weight",
      "mlm.dense.bias",
      "mlm.layer_norm.weight",
      "mlm.layer_norm.bias",
      "mlm.bias",
    ]);
  });

  it("trains stl, and tells l3 how to grow what it lacks", async () => {
    const model = await discriminator("trained");
    await train(model, "stl", "stl");
    expect((await loadCheckpoint(at("stl/model"))).spec).toMatchObject({ embeddingSize: 8 });
    const error = await failure(train(model, "l3", "l3"));
    expect(error).toMatchObject({ code: "checkpoint-tensor" });
    expect(error.hint).toContain(`pretrain --model ${model}`);
  });
});

it("embeddings as wide as the layers are not projected", () => {
  const sizes = { vocab_size: 9, num_hidden_layers: 1, intermediate_size: 8 };
  const config = { ...sizes, hidden_size: 8, num_attention_heads: 2, max_position_embeddings: 4 };
  const names = (embedding_size: number) => {
    const spec = parseModelConfig({ ...config, model_type: "electra", embedding_size }, "x");
    return spec.family.bodyParameters(spec).map(({ name }) => name);
  };
  expect(names(4)).toContain("embeddings.project.weight");
  expect(names(8)).not.toContain("embeddings.project.weight");
});
