/** Hostile files by chance: each is decided by a seed, a kind and a number, so any can be made again. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCodes, L3MaskingError } from "../../src/base/errors.js";
import { randomStream } from "../../src/base/random.js";
import type { Files, HostileCase, Kind } from "./case.js";
import { hostileCases } from "./corpus.js";
import { mutate } from "./mutate.js";
import { readFileOf, usualNames, writeFiles } from "./readers.js";

export const kinds: readonly Kind[] = [
  "config",
  "index",
  "safetensors",
  "torch-zip",
  "torch-legacy",
  "tokenizer",
  "vocabulary",
  "csv",
  "tsv",
  "json",
  "jsonl",
  "txt",
  "parquet",
];

/** Larger files of the corpus are no seeds: they would only make each try slow. */
const MAX_SEED_BYTES = 20_000;

/** Milliseconds for one input, on a busy machine. */
export const MAX_MILLISECONDS = 10_000;

/** What a try ended with: "accepted", a code, or what is wrong with us. */
export interface Outcome {
  readonly result: string;
  readonly finding: string | undefined;
  readonly milliseconds: number;
}

interface Seeds {
  readonly sound: readonly Files[];
  readonly hostile: readonly Files[];
}

const seeds = new Map<Kind, Seeds>();

/** The files of the corpus that tries of a kind start from; making them takes a while. */
export function seedsOf(kind: Kind): Seeds {
  const known = seeds.get(kind);
  if (known !== undefined) return known;
  const small = ({ files }: { files: Files }) =>
    Object.values(files).every((content) => content.length <= MAX_SEED_BYTES);
  const made = hostileCases
    .filter((hostile) => hostile.kind === kind && hostile.seed !== false)
    .map((hostile) => ({ files: filesOf(hostile), sound: hostile.expected === "accepted" }))
    .filter(small);
  const found: Seeds = {
    sound: made.filter(({ sound }) => sound).map(({ files }) => files),
    hostile: made.map(({ files }) => files),
  };
  seeds.set(kind, found);
  return found;
}

function filesOf({ kind, make }: HostileCase): Files {
  const made = make();
  return typeof made === "string" || made instanceof Uint8Array
    ? { [usualNames[kind]]: made }
    : made;
}

/** The files of one try. */
export function fuzzedFiles(seed: number, kind: Kind, number: number): Files {
  const random = randomStream(seed, "fuzz", kind, number);
  const { sound, hostile } = seedsOf(kind);
  // Changes of a sound file go deeper than those of one that is refused at once.
  const from = random.integer(3) < 2 ? sound : hostile;
  return mutate(kind, from[random.integer(from.length)], random);
}

/** A folder to try files in. */
export function openTrials(): {
  try(kind: Kind, files: Files): Promise<Outcome>;
  close(): void;
} {
  const root = mkdtempSync(join(tmpdir(), "l3masking-fuzz-"));
  const folder = join(root, "trial");
  return {
    async try(kind, files) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const path = writeFiles(folder, kind, files);
      return judged(() => readFileOf(kind, folder, path), root);
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Runs an action and says what it ended with; `folder` must stand in its message. */
export async function judged(action: () => Promise<void>, folder: string): Promise<Outcome> {
  const started = performance.now();
  let result = "accepted";
  let finding: string | undefined;
  try {
    await action();
  } catch (error) {
    if (error instanceof L3MaskingError) {
      result = error.code;
      if (errorCodes[error.code] === "internal") finding = `${error.code}: ${error.message}`;
      else if (!error.message.includes(folder)) finding = `no path: ${error.message}`;
    } else {
      result = "another error";
      finding = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
  const milliseconds = performance.now() - started;
  if (milliseconds > MAX_MILLISECONDS) finding ??= `${Math.round(milliseconds)} ms`;
  return { result, finding: finding ?? pollution(), milliseconds };
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const untouched = prototypes.map((prototype) => Reflect.ownKeys(prototype).length);

/** What a file has done to the prototypes of all objects; undefined if nothing. */
export function pollution(): string | undefined {
  const changed = prototypes.some((p, i) => Reflect.ownKeys(p).length !== untouched[i]);
  return changed || "polluted" in {} ? "a prototype was changed" : undefined;
}
