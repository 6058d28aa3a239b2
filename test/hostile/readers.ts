/** Reads a hostile file as the commands do, to the last tensor or token. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRecords } from "../../src/data/read.js";
import { openFile } from "../../src/model/checkpoint/folder.js";
import { readSafetensors } from "../../src/model/checkpoint/formats/safetensors.js";
import type { StoredTensor } from "../../src/model/checkpoint/formats/stored-tensor.js";
import { readTorchBin } from "../../src/model/checkpoint/formats/torch-bin.js";
import { loadCheckpoint } from "../../src/model/checkpoint/load.js";
import { loadTokenizer } from "../../src/text/load.js";
import type { Files, Kind } from "./case.js";
import { plainConfig, plainWeights } from "./plain-model.js";

/** What a file of a kind is called where the case does not say. */
export const usualNames: Readonly<Record<Kind, string>> = {
  config: "config.json",
  index: "model.safetensors.index.json",
  safetensors: "model.safetensors",
  "torch-zip": "pytorch_model.bin",
  "torch-legacy": "pytorch_model.bin",
  tokenizer: "tokenizer.json",
  vocabulary: "vocab.txt",
  csv: "rows.csv",
  tsv: "rows.tsv",
  json: "rows.json",
  jsonl: "rows.jsonl",
  txt: "rows.txt",
  parquet: "rows.parquet",
};

/** Writes the files of a case into a folder, with those that its kind needs beside them; gives the path of the first. */
export function writeFiles(folder: string, kind: Kind, made: string | Uint8Array | Files): string {
  const files: Files =
    typeof made === "string" || made instanceof Uint8Array ? { [usualNames[kind]]: made } : made;
  const beside: Files =
    kind === "config"
      ? { "model.safetensors": plainWeights }
      : kind === "index"
        ? { "config.json": JSON.stringify(plainConfig) }
        : {};
  for (const [name, content] of Object.entries({ ...beside, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return join(folder, Object.keys(files)[0]);
}

/** Texts that a tokenizer must survive. */
const texts = ["", "moo a ab", "\ud800x\udc00", "\u4e00\u0301 \u00df\u0130", "b".repeat(2000)];

/** Reads the file at `path`, one of those that `writeFiles` wrote into `folder`. */
export async function readFileOf(kind: Kind, folder: string, path: string): Promise<void> {
  switch (kind) {
    case "config":
    case "index":
      await loadCheckpoint(folder);
      return;
    case "safetensors":
      return readTensors(path, async (source) => readSafetensors(source));
    case "torch-zip":
    case "torch-legacy":
      return readTensors(path, async (source) => (await readTorchBin(source)).tensors);
    case "tokenizer":
    case "vocabulary": {
      const tokenizer = await loadTokenizer(folder);
      for (const text of texts) tokenizer.encode(text, 64);
      tokenizer.files();
      return;
    }
    case "txt":
      await readRecords(path, { labels: "unread" });
      return;
    default:
      await readRecords(path, { labels: "required" });
  }
}

type OpenSource = Awaited<ReturnType<typeof openFile>>["source"];

async function readTensors(
  path: string,
  read: (source: OpenSource) => Promise<readonly StoredTensor[]>,
): Promise<void> {
  const file = await openFile(path);
  try {
    for (const tensor of await read(file.source)) await tensor.read();
  } finally {
    await file.close();
  }
}
