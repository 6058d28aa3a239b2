/**
 * Bad input of `train`, one case for each kind: what was expected, what came, where, how to mend it; and no
 * output folder is made.
 */
import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../src/base/errors.js";
import { commands } from "../src/commands/table.js";
import type { TrainOptions } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { changedModel, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "./fixtures/host.js";
import { toJsonLines } from "./fixtures/sounds.js";
import { trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const bert = tinyModel("bert");

const file = (name: string, content: string) => {
  writeFileSync(at(name), content);
  return at(name);
};
const rows = (name: string, labels: readonly (string | undefined)[]) =>
  file(name, toJsonLines(labels.map((label, i) => ({ text: `moo ${i}`, label }))));

interface BadInput {
  readonly what: string;
  readonly options: () => Promise<Partial<TrainOptions>> | Partial<TrainOptions>;
  readonly code: ErrorCode;
  /** Parts of message and hint together. */
  readonly says: readonly string[];
}

const cases: readonly BadInput[] = [
  {
    what: "a file that is missing",
    options: () => {
      rows("train.jsonl", ["a", "b"]);
      return { trainFile: at("trian.jsonl") };
    },
    code: "file-missing",
    says: [at("trian.jsonl"), "train.jsonl"],
  },
  {
    what: "a column that does not exist",
    options: () => ({ textColumn: "txt" }),
    code: "data-column",
    says: ["train.jsonl", '"txt"', 'columns "text", "label"', "--text-column text"],
  },
  {
    what: "a label in dev that train lacks",
    options: () => ({ validationFile: rows("dev.jsonl", ["animal", "engin"]) }),
    code: "data-label",
    says: ["dev line 2", '"engin"', '"engine"'],
  },
  {
    what: "a row without a label",
    options: () => ({ trainFile: rows("unlabelled.jsonl", ["animal", undefined, "water"]) }),
    code: "data-label",
    says: [at("unlabelled.jsonl"), "line 2: expected a label", 'column "label"'],
  },
  {
    what: "an empty train file",
    options: () => ({ trainFile: file("empty.jsonl", "") }),
    code: "data-empty",
    says: [at("empty.jsonl")],
  },
  {
    what: "a train file of empty texts",
    options: () => ({ trainFile: file("blank.jsonl", '{"text": " ", "label": "a"}\n') }),
    code: "data-empty",
    says: ["train"],
  },
  {
    what: "a train file of one class",
    options: () => ({ trainFile: rows("one.jsonl", ["a", "a"]) }),
    code: "data-classes",
    says: ["at least 2 labels", '"a"', "--label-column"],
  },
  {
    what: "malformed JSON",
    options: () => ({
      trainFile: file("bad.jsonl", '{"text": "moo", "label": "a"}\n{"text": "baa", "label" "b"}\n'),
    }),
    code: "data-format",
    says: [at("bad.jsonl"), "line 2, column 25", 'expected ":" after a name'],
  },
  {
    what: "a row of a CSV file with too many fields",
    options: () => ({ trainFile: file("bad.csv", "text,label\nmoo,a\nbaa,b,c\n") }),
    code: "data-format",
    says: [at("bad.csv"), "line 3", "expected 2 fields", "got 3"],
  },
  {
    what: "bytes that are not UTF-8",
    options: () => {
      writeFileSync(at("latin.csv"), Buffer.from("text,label\nmoo,a\ncaf\xe9,b\n", "latin1"));
      return { trainFile: at("latin.csv") };
    },
    code: "data-encoding",
    says: [at("latin.csv"), "line 3", "UTF-8"],
  },
  {
    what: "a folder that holds no checkpoint",
    options: () => ({ model: at("no-model") }),
    code: "checkpoint-missing",
    says: [at("no-model")],
  },
  {
    what: "a checkpoint whose shapes disagree with its config",
    options: async () => ({
      model: await changedModel(bert, at("narrow"), { config: { intermediate_size: 48 } }),
    }),
    code: "checkpoint-shape",
    says: ["bert.encoder.layer.0.intermediate.dense.weight", "[48, 32]", "[64, 32]"],
  },
  {
    what: "a pickle with a call in it",
    options: () => {
      cpSync(bert, at("pickle"), { recursive: true });
      rmSync(at("pickle/model.safetensors"));
      const hostile = new URL("./golden/checkpoints/hostile/zip.bin", import.meta.url);
      cpSync(fileURLToPath(hostile), at("pickle/pytorch_model.bin"));
      return { model: at("pickle") };
    },
    code: "checkpoint-pickle",
    says: [at("pickle/pytorch_model.bin"), "posix.system"],
  },
  {
    what: "a checkpoint without a tokenizer",
    options: () => {
      cpSync(bert, at("mute"), { recursive: true });
      rmSync(at("mute/tokenizer.json"));
      return { model: at("mute") };
    },
    code: "checkpoint-missing",
    says: [at("mute"), "tokenizer.json"],
  },
  {
    what: "a tokenizer with more ids than the model",
    options: async () => ({
      model: await changedModel(savedClassifier("bert"), at("small"), {
        config: { vocab_size: 300 },
        tensors: (name, values) =>
          name.includes("word_embeddings") ? values.slice(0, 300 * 32) : values,
      }),
    }),
    code: "checkpoint-config",
    says: ["at most 300 ids", "got 360"],
  },
  {
    what: "texts longer than the model reads",
    options: () => ({ maxLength: 65 }),
    code: "invalid-setting",
    says: ["at most 64", "got 65", "--max-length"],
  },
  {
    what: "a setting out of range",
    options: () => ({ mlmProbability: 1.5 }),
    code: "invalid-setting",
    says: ["mlmProbability", "--mlm-probability"],
  },
];

describe("train refuses", () => {
  it.each(cases.map((badInput) => [badInput.what, badInput] as const))(
    "%s",
    async (what, { options, code, says }) => {
      const outputDir = at(what);
      const given = { ...trainOptions(bert, outputDir), ...(await options()) };
      const host = createTestHost();
      const error = await failure(commands.train.run(given, host));
      expect(error.code).toBe(code);
      const text = `${error.message}\n${error.hint}`;
      for (const part of says) expect(text).toContain(part);
      expect(existsSync(outputDir)).toBe(false);
      expect(host.openSessions).toBe(0);
    },
  );
});
