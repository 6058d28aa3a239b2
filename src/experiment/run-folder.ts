/** The folder of a run: made once, never mixed with another run's files. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { L3MaskingError } from "../errors.js";

/** Files by which a folder is known to hold a run. */
const runFiles = ["config.json", "journal.jsonl", "metrics.json", "model", "state"];

/**
 * Makes sure that a new run may be written to a folder, before any work is done. Throws `output-exists` if
 * it holds a run already, and `invalid-setting` if it is not a folder.
 */
export function requireFreeFolder(folder: string): void {
  const found = existsSync(folder) ? readFolder(folder) : [];
  const occupied = runFiles.find((name) => found.includes(name));
  if (occupied !== undefined) {
    throw new L3MaskingError(
      "output-exists",
      `expected an output folder without a run, but ${join(folder, occupied)} exists`,
      { hint: "Choose another --output-dir, or remove the old run." },
    );
  }
}

/** Makes the folder of a run and records its settings there. */
export function createRunFolder(folder: string, record: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeJson(folder, "config.json", record);
}

/** Writes a file of the run as indented JSON. */
export function writeJson(folder: string, name: string, content: unknown): void {
  writeFileSync(join(folder, name), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Writes rows as JSON lines. */
export function writeJsonLines(path: string, rows: readonly unknown[]): void {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new L3MaskingError("invalid-setting", `expected ${folder} to be a folder`, {
      hint: "Choose another --output-dir.",
      cause,
    });
  }
}
