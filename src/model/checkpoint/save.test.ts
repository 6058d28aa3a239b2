import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryBytes } from "./formats/bytes.js";
import { readSafetensors } from "./formats/safetensors.js";
import { expectFailure, golden, goldenPath } from "./golden.cases.js";
import { loadCheckpoint } from "./load.js";
import { type SavedCheckpoint, saveCheckpoint } from "./save.js";

let workshop: string;
beforeAll(async () => {
  workshop = await mkdtemp(join(tmpdir(), "saved-"));
});
afterAll(() => rm(workshop, { recursive: true }));

const tokenizerFiles = new Map([["vocab.txt", "[PAD]\n"]]);

/** A golden checkpoint, ready to be saved again. */
async function goldenToSave(name: string, kind: SavedCheckpoint["kind"]): Promise<SavedCheckpoint> {
  const { spec, values } = await loadCheckpoint(goldenPath(name));
  return { spec, values, kind, tokenizerFiles };
}

async function tensorShapes(path: string): Promise<Record<string, readonly number[]>> {
  const tensors = await readSafetensors(memoryBytes("x", await readFile(path)));
  return Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
}

async function readConfig(folder: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
}

describe("saveCheckpoint", () => {
  it.each([
    ["bert-classifier", "sequence-classification"],
    ["roberta-classifier", "sequence-classification"],
    ["bert-safetensors-f32", "masked-lm"],
    ["roberta-safetensors-f32", "masked-lm"],
  ] as const)("writes %s as transformers does, and reads it back", async (name, kind) => {
    const folder = join(workshop, "round-trip", name);
    const checkpoint = await goldenToSave(name, kind);
    await saveCheckpoint(folder, checkpoint);

    // The golden folder was written by transformers: same tensors, same config.
    const original = goldenPath(name);
    expect(await tensorShapes(join(folder, "model.safetensors"))).toEqual(
      await tensorShapes(join(original, "model.safetensors")),
    );
    const config = await readConfig(folder);
    const theirs = await readConfig(original);
    for (const key of ["architectures", "model_type", "id2label", "label2id", "dtype"]) {
      expect(config[key]).toEqual(theirs[key]);
    }
    expect(config.torch_dtype).toBe("float32");
    expect(config.problem_type).toBe(
      kind === "masked-lm" ? undefined : "single_label_classification",
    );

    const back = await loadCheckpoint(folder);
    expect(back.spec).toEqual(checkpoint.spec);
    expect(new Map(back.values)).toEqual(new Map(checkpoint.values));
    expect(back.report.unexpected).toEqual([]);
    expect(await readFile(join(folder, "vocab.txt"), "utf8")).toBe("[PAD]\n");
  });

  it("leaves the other head out and takes labels that are given", async () => {
    const folder = join(workshop, "labels");
    const checkpoint = await goldenToSave("roberta-classifier", "sequence-classification");
    const mlm = (await loadCheckpoint(goldenPath("roberta-safetensors-f32"))).values;
    const labels = ["b", "a", "c"];
    await saveCheckpoint(folder, {
      ...checkpoint,
      values: new Map([...mlm, ...checkpoint.values]),
      labels,
    });
    const back = await loadCheckpoint(folder);
    expect(back.spec.labels).toEqual(labels);
    expect([...back.values.keys()].filter((name) => name.startsWith("mlm."))).toEqual([]);
    expect((await readConfig(folder)).label2id).toEqual({ b: 0, a: 1, c: 2 });
  });

  it("writes half precision if told", async () => {
    const folder = join(workshop, "half");
    const checkpoint = await goldenToSave("bert-safetensors-f16", "masked-lm");
    await saveCheckpoint(folder, { ...checkpoint, dtype: "F16" });
    const back = await loadCheckpoint(folder);
    expect(back.report.dtypes).toEqual(["F16"]);
    expect(new Map(back.values)).toEqual(new Map(checkpoint.values));
    expect(await readConfig(folder)).toMatchObject({ dtype: "float16", torch_dtype: "float16" });
  });

  it("fills an empty folder and refuses one with files, unless told to replace it", async () => {
    const parent = await mkdtemp(join(workshop, "place-"));
    const folder = join(parent, "model");
    const checkpoint = await goldenToSave("bert-classifier", "sequence-classification");
    await mkdir(folder);
    await saveCheckpoint(folder, checkpoint);
    await writeFile(join(folder, "old.txt"), "");
    await expectFailure(() => saveCheckpoint(folder, checkpoint), "output-exists", folder);
    expect(await readdir(folder)).toContain("old.txt");

    await saveCheckpoint(folder, { ...checkpoint, replace: true });
    expect((await readdir(folder)).sort()).toEqual([
      "config.json",
      "model.safetensors",
      "vocab.txt",
    ]);
    expect(await readdir(parent)).toEqual(["model"]);
    // Readable by the group that the user's umask lets in, unlike a temporary folder.
    expect((await stat(folder)).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  it("refuses a file in the folder's place", async () => {
    const file = join(workshop, "file");
    await writeFile(file, "");
    const checkpoint = await goldenToSave("bert-classifier", "sequence-classification");
    const action = () => saveCheckpoint(file, { ...checkpoint, replace: true });
    await expectFailure(action, "output-exists", file);
  });

  it("leaves nothing behind when it fails", async () => {
    const parent = await mkdtemp(join(workshop, "failed-"));
    const folder = join(parent, "model");
    const checkpoint = await goldenToSave("bert-classifier", "sequence-classification");
    await saveCheckpoint(folder, checkpoint);
    const values = new Map(checkpoint.values);
    // Found out only while the weights are being written.
    values.set("classification.out.bias", Float32Array.of(1e9, 0, 0));
    await expectFailure(
      () => saveCheckpoint(folder, { ...checkpoint, values, dtype: "F16", replace: true }),
      "checkpoint-tensor",
      "classifier.bias",
    );
    expect(await readdir(parent)).toEqual(["model"]);
    expect(new Map((await loadCheckpoint(folder)).values)).toEqual(new Map(checkpoint.values));
  });
});

describe("what cannot be saved", () => {
  const cases: [
    string,
    (saved: SavedCheckpoint) => Partial<SavedCheckpoint>,
    Parameters<typeof expectFailure>[1],
    string[],
  ][] = [
    [
      "a parameter is missing",
      ({ values }) => ({
        values: new Map([...values].filter(([name]) => name !== "embeddings.LayerNorm.bias")),
      }),
      "checkpoint-tensor",
      ["embeddings.LayerNorm.bias"],
    ],
    [
      "a parameter has the wrong size",
      ({ values }) => ({
        values: new Map([...values, ["embeddings.LayerNorm.bias", new Float32Array(9)]]),
      }),
      "checkpoint-shape",
      ["embeddings.LayerNorm.bias", "8 values", "got 9"],
    ],
    [
      "the labels are of another number",
      () => ({ labels: ["x", "y"] }),
      "checkpoint-shape",
      ["classification.out.weight"],
    ],
    ["a label is repeated", () => ({ labels: ["x", "y", "x"] }), "checkpoint-config", ["x, y, x"]],
    [
      "a classifier has no labels",
      ({ spec }) => ({ spec: { ...spec, labels: undefined } }),
      "checkpoint-config",
      ["label names"],
    ],
    [
      "a tokenizer file would leave the folder",
      () => ({ tokenizerFiles: new Map([["../vocab.txt", ""]]) }),
      "checkpoint-config",
      ["../vocab.txt"],
    ],
    [
      "a tokenizer file would replace the config",
      () => ({ tokenizerFiles: new Map([["config.json", ""]]) }),
      "checkpoint-config",
      ["config.json"],
    ],
  ];
  it.each(cases)("refuses when %s", async (_, change, code, parts) => {
    const checkpoint = await goldenToSave("bert-classifier", "sequence-classification");
    expect(checkpoint.spec.labels).toEqual(golden.labels);
    const folder = join(workshop, "refused");
    const action = () => saveCheckpoint(folder, { ...checkpoint, ...change(checkpoint) });
    await expectFailure(action, code, ...parts);
    await expect(stat(folder)).rejects.toThrow("ENOENT");
  });
});
