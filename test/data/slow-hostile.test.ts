/** Hostile files that take seconds or a hundred megabytes each: refused in bounded time and memory. Needs 4 GB. */
import { mkdirSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/folders.js";
import { slowCases } from "../hostile/corpus.js";
import { judged } from "../hostile/fuzz.js";
import { readFileOf, writeFiles } from "../hostile/readers.js";

const at = temporaryFolder();

/** Milliseconds for a file on a busy machine. */
const PATIENCE = 120_000;

describe("slow files", () => {
  it.each(slowCases.map((hostile) => [hostile.kind, hostile.what, hostile] as const))(
    "%s: %s",
    async (kind, _what, { expected, says, make }) => {
      const folder = at("case");
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const path = writeFiles(folder, kind, make());
      let message = "";
      const { result, finding, milliseconds } = await judged(async () => {
        await readFileOf(kind, folder, path).catch((error: unknown) => {
          message = error instanceof Error ? error.message : String(error);
          throw error;
        });
      }, folder);
      rmSync(folder, { recursive: true, force: true });
      if (milliseconds < PATIENCE) expect(finding === undefined || / ms$/.test(finding)).toBe(true);
      expect(`${result} ${message}`).toMatch(new RegExp(`^${expected} `));
      expect(message).toContain(says);
      expect(milliseconds).toBeLessThan(PATIENCE);
    },
  );
});
