import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelParameters } from "../heads.js";
import { memoryBytes } from "./formats/bytes.js";
import { type NamedTensor, readSafetensors, writeSafetensors } from "./formats/safetensors.js";
import { digestOf, expectFailure, golden, goldenPath } from "./golden.cases.js";
import { loadCheckpoint } from "./load.js";

let workshop: string;
beforeAll(async () => {
  workshop = await mkdtemp(join(tmpdir(), "checkpoint-"));
});
afterAll(() => rm(workshop, { recursive: true }));

/** A copy of a golden checkpoint to be damaged. */
async function copyOf(name: string): Promise<string> {
  const folder = await mkdtemp(join(workshop, "copy-"));
  await cp(goldenPath(name), folder, { recursive: true });
  return folder;
}

async function editJson(path: string, edit: (json: Record<string, unknown>) => void) {
  const json = JSON.parse(await readFile(path, "utf8"));
  edit(json);
  await writeFile(path, JSON.stringify(json));
}

/** The tensors of a golden checkpoint under the names of its file, changed and written again. */
async function rewrite(
  name: string,
  change: (tensors: NamedTensor[]) => readonly NamedTensor[],
): Promise<string> {
  const folder = await copyOf(name);
  const path = join(folder, "model.safetensors");
  const stored = await readSafetensors(memoryBytes("x", await readFile(path)));
  const tensors = await Promise.all(
    stored.map(async ({ name: key, shape, read }) => ({ name: key, shape, values: await read() })),
  );
  await writeFile(path, writeSafetensors(change(tensors), { dtype: "F32" }));
  return folder;
}

const classificationNames = [
  "classification.dense.weight",
  "classification.dense.bias",
  "classification.out.weight",
  "classification.out.bias",
];
const mlmNames = [
  "mlm.dense.weight",
  "mlm.dense.bias",
  "mlm.layer_norm.weight",
  "mlm.layer_norm.bias",
  "mlm.bias",
];

describe("loadCheckpoint", () => {
  it.each([
    ["bert-safetensors-f32", "safetensors", ["F32"], classificationNames],
    ["bert-safetensors-f16", "safetensors", ["F16"], classificationNames],
    ["roberta-safetensors-f32", "safetensors", ["F32"], classificationNames],
    ["roberta-safetensors-bf16", "safetensors", ["BF16"], classificationNames],
    ["roberta-sharded", "safetensors", ["F32"], classificationNames],
    ["roberta-bin-zip", "torch-zip", ["F32"], classificationNames],
    ["bert-bin-zip-f16", "torch-zip", ["F16"], classificationNames],
    ["roberta-bin-legacy", "torch-legacy", ["F32"], classificationNames],
    ["bert-pretraining-legacy", "torch-legacy", ["F32"], classificationNames],
    ["bert-base-no-prefix", "safetensors", ["F32"], [...mlmNames, ...classificationNames]],
    ["bert-classifier", "safetensors", ["F32"], mlmNames],
    ["roberta-classifier", "safetensors", ["F32"], mlmNames],
  ])("reads %s as PyTorch does", async (name, format, dtypes, missing) => {
    const { spec, values, report } = await loadCheckpoint(goldenPath(name));
    const expected = golden.checkpoints[name];
    expect(Object.fromEntries([...values].map(([key, tensor]) => [key, digestOf(tensor)]))).toEqual(
      Object.fromEntries(Object.entries(expected.values).map(([key, { sha256 }]) => [key, sha256])),
    );
    const isClassifier = !missing.includes("classification.out.weight");
    expect(spec.labels).toEqual(isClassifier ? golden.labels : undefined);
    expect(report).toMatchObject({ format, dtypes, missing, loaded: values.size });
    expect([...report.unexpected].sort()).toEqual(expected.unexpected);

    const parameters = modelParameters(spec, { mlmHead: true, classes: 3 });
    for (const key of values.keys()) {
      const parameter = parameters.find((candidate) => candidate.name === key);
      expect(parameter?.shape).toEqual(expected.values[key].shape);
    }
  });

  it("names the shards it read", async () => {
    const { report } = await loadCheckpoint(goldenPath("roberta-sharded"));
    expect(report.files).toEqual([
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
    ]);
  });

  it("gives equal files equal digests, and changed files others", async () => {
    const digest = async (folder: string) => (await loadCheckpoint(folder)).digest;
    const original = await digest(goldenPath("bert-classifier"));
    expect(original).toMatch(/^[0-9a-f]{64}$/);
    expect(await digest(await copyOf("bert-classifier"))).toBe(original);
    const changedWeights = await rewrite("bert-classifier", ([first, ...others]) => [
      { ...first, values: first.values.map((x) => -x) },
      ...others,
    ]);
    expect(await digest(changedWeights)).not.toBe(original);
    const changedConfig = await copyOf("bert-classifier");
    await editJson(join(changedConfig, "config.json"), (json) => {
      json.layer_norm_eps = 1e-5;
    });
    expect(await digest(changedConfig)).not.toBe(original);
  });

  it("prefers safetensors to a pickle", async () => {
    const folder = await copyOf("bert-classifier");
    await cp(goldenPath("hostile/zip.bin"), join(folder, "pytorch_model.bin"));
    expect((await loadCheckpoint(folder)).report.files).toEqual(["model.safetensors"]);
  });

  it("reads sharded pickles", async () => {
    const folder = await copyOf("bert-bin-zip-f16");
    await cp(join(folder, "pytorch_model.bin"), join(folder, "part-1.bin"));
    await rm(join(folder, "pytorch_model.bin"));
    await writeFile(
      join(folder, "pytorch_model.bin.index.json"),
      JSON.stringify({ weight_map: { "cls.predictions.bias": "part-1.bin" } }),
    );
    expect((await loadCheckpoint(folder)).report).toMatchObject({
      files: ["part-1.bin"],
      format: "torch-zip",
    });
  });

  it("names labels by their ids where the config does not name them", async () => {
    const folder = await copyOf("bert-classifier");
    await editJson(join(folder, "config.json"), (json) => {
      delete json.id2label;
      delete json.label2id;
    });
    expect((await loadCheckpoint(folder)).spec.labels).toEqual(["LABEL_0", "LABEL_1", "LABEL_2"]);
  });

  it("takes no classification head from a token classifier", async () => {
    const folder = await copyOf("bert-classifier");
    await editJson(join(folder, "config.json"), (json) => {
      json.architectures = ["BertForTokenClassification"];
    });
    const { spec, values, report } = await loadCheckpoint(folder);
    expect(spec.labels).toBeUndefined();
    expect(values.has("classification.out.weight")).toBe(false);
    expect(report.missing).toEqual([...mlmNames, ...classificationNames]);
    expect([...report.unexpected].sort()).toEqual([
      "bert.pooler.dense.bias",
      "bert.pooler.dense.weight",
      "classifier.bias",
      "classifier.weight",
    ]);
  });

  it("takes no head that is not whole", async () => {
    const folder = await rewrite("bert-classifier", (tensors) =>
      tensors.filter(({ name }) => name !== "bert.pooler.dense.bias"),
    );
    const { spec, report } = await loadCheckpoint(folder);
    expect(spec.labels).toBeUndefined();
    expect(report.missing).toEqual([...mlmNames, ...classificationNames]);
    expect(report.unexpected).toHaveLength(3);
  });

  it("accepts the second copy of a tied parameter, alone or with the first", async () => {
    const word = "bert.embeddings.word_embeddings.weight";
    const decoder = "cls.predictions.decoder.weight";
    const both = await rewrite("bert-safetensors-f32", (tensors) => [
      ...tensors,
      ...tensors.filter(({ name }) => name === word).map((t) => ({ ...t, name: decoder })),
    ]);
    const alone = await rewrite("bert-safetensors-f32", (tensors) =>
      tensors.map((t) => (t.name === word ? { ...t, name: decoder } : t)),
    );
    const expected = golden.checkpoints["bert-safetensors-f32"].values;
    for (const folder of [both, alone]) {
      const { values, report } = await loadCheckpoint(folder);
      expect(report.unexpected).toEqual([]);
      const embeddings = values.get("embeddings.word_embeddings.weight") ?? new Float32Array();
      expect(digestOf(embeddings)).toBe(expected["embeddings.word_embeddings.weight"].sha256);
    }
  });
});

describe("checkpoints that do not load", () => {
  it("a folder that is not there, or is a file", async () => {
    const absent = join(workshop, "absent");
    await expectFailure(() => loadCheckpoint(absent), "checkpoint-missing", "nothing", absent);
    const file = goldenPath("expected.json");
    await expectFailure(() => loadCheckpoint(file), "checkpoint-missing", "a file", file);
  });

  it("a folder without config.json", async () => {
    const folder = await copyOf("bert-classifier");
    await rm(join(folder, "config.json"));
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-missing", "config.json");
  });

  it("a config that is no JSON", async () => {
    const folder = await copyOf("bert-classifier");
    await writeFile(join(folder, "config.json"), "{");
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-config", "JSON", "config.json");
  });

  it("a folder without weights, or with another framework's", async () => {
    const folder = await copyOf("bert-classifier");
    await rm(join(folder, "model.safetensors"));
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-missing", "none", folder);
    await writeFile(join(folder, "tf_model.h5"), "");
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-missing", "tf_model.h5", folder);
  });

  it("weights whose shapes disagree with the config", async () => {
    const folder = await copyOf("bert-classifier");
    await editJson(join(folder, "config.json"), (json) => {
      json.vocab_size = 31;
    });
    await expectFailure(
      () => loadCheckpoint(folder),
      "checkpoint-shape",
      "bert.embeddings.word_embeddings.weight",
      "[31, 8]",
      "[30, 8]",
    );
  });

  it("a classifier with another number of labels than its config", async () => {
    const folder = await copyOf("roberta-classifier");
    await editJson(join(folder, "config.json"), (json) => {
      json.id2label = { 0: "no", 1: "yes" };
    });
    await expectFailure(
      () => loadCheckpoint(folder),
      "checkpoint-shape",
      "classifier.out_proj.weight",
      "[2, 8]",
      "[3, 8]",
    );
  });

  it("a body that is not whole", async () => {
    const folder = await copyOf("bert-classifier");
    await editJson(join(folder, "config.json"), (json) => {
      json.num_hidden_layers = 2;
    });
    await expectFailure(
      () => loadCheckpoint(folder),
      "checkpoint-tensor",
      "bert.encoder.layer.1.attention.self.query.weight",
      "and 13 more",
      folder,
    );
  });

  it("weights of the other family", async () => {
    const folder = await copyOf("roberta-classifier");
    await editJson(join(folder, "config.json"), (json) => {
      json.model_type = "bert";
    });
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-tensor", "bert encoder");
  });

  it.each(["module.", "_orig_mod.", "model.module."])(
    "weights that were saved with what wraps the model: %s",
    async (prefix) => {
      for (const family of ["bert.", ""]) {
        const folder = await rewrite("bert-safetensors-f32", (tensors) =>
          tensors.map((tensor) => ({
            ...tensor,
            name: prefix + tensor.name.replace(/^bert\./, family),
          })),
        );
        await expectFailure(
          () => loadCheckpoint(folder),
          "checkpoint-tensor",
          `there is ${prefix}`,
          "embeddings.word_embeddings.weight",
        );
        await expect(loadCheckpoint(folder)).rejects.toMatchObject({
          hint: expect.stringContaining(JSON.stringify(prefix)),
        });
      }
    },
  );

  it("an output embedding that is not tied", async () => {
    const folder = await rewrite("bert-safetensors-f32", (tensors) => [
      ...tensors,
      { name: "cls.predictions.decoder.weight", shape: [30, 8], values: new Float32Array(240) },
    ]);
    await expectFailure(
      () => loadCheckpoint(folder),
      "checkpoint-tensor",
      "cls.predictions.decoder.weight",
      "bert.embeddings.word_embeddings.weight",
      "element 0",
    );
  });

  it("a pickle with a command in it", async () => {
    const folder = await copyOf("bert-bin-zip-f16");
    await cp(goldenPath("hostile/zip.bin"), join(folder, "pytorch_model.bin"));
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-pickle", "posix.system");
  });

  it.each([
    "../model.safetensors",
    "/etc/passwd",
    "..",
    "a/b.safetensors",
    "a\\b.safetensors",
    ".hidden",
    "",
  ])("an index that points at %j", async (name) => {
    const folder = await copyOf("roberta-sharded");
    await editJson(join(folder, "model.safetensors.index.json"), (json) => {
      json.weight_map = { "roberta.embeddings.LayerNorm.bias": name };
    });
    await expectFailure(
      () => loadCheckpoint(folder),
      "checkpoint-format",
      "plain file names",
      JSON.stringify(name),
    );
  });

  it("an index that names no files", async () => {
    const folder = await copyOf("roberta-sharded");
    for (const text of ["{}", '{"weight_map": {}}', '{"weight_map": {"a": 1}}', "["]) {
      await writeFile(join(folder, "model.safetensors.index.json"), text);
      await expectFailure(() => loadCheckpoint(folder), "checkpoint-format", "index.json");
    }
  });

  it("a shard that is not there", async () => {
    const folder = await copyOf("roberta-sharded");
    await rm(join(folder, "model-00002-of-00002.safetensors"));
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-missing", "model-00002");
  });

  it("shards that do not belong together", async () => {
    const folder = await copyOf("roberta-sharded");
    const [first, second] = ["1", "2"].map((n) =>
      join(folder, `model-0000${n}-of-00002.safetensors`),
    );
    await cp(second, join(workshop, "second"));
    await cp(first, second);
    await expectFailure(() => loadCheckpoint(folder), "checkpoint-tensor", "once", first, second);
    await cp(join(workshop, "second"), first);
    await writeFile(second, writeSafetensors([], { dtype: "F32" }));
    await expectFailure(
      () => loadCheckpoint(folder),
      "checkpoint-tensor",
      "found none",
      "model-0000",
    );
  });
});
