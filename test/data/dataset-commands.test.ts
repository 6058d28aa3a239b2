/**
 * The commands on known data sets in README.md and docs/datasets.md, run as written but for length, with a tiny random
 * model in place of `roberta-base` and ACL-ARC in the cache.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readJson, temporaryFolder } from "../fixtures/folders.js";
import { tinyModel } from "../fixtures/host.js";

const root = resolve(import.meta.dirname, "../..");
const dataDir = resolve(process.env.L3MASKING_DATA ?? join(root, "../shared/data"));
const present = existsSync(join(dataDir, "acl-arc/train.jsonl.gz"));
if (!present) {
  console.info(`Skipped: no data sets in ${dataDir}; set L3MASKING_DATA to their folder.`);
}

const lines = ["docs/datasets.md"].flatMap((page) =>
  readFileSync(join(root, page), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("npx l3masking") && line.includes(" --dataset ")),
);

const recordSchema = z.object({
  settings: z.object({ dataset: z.string(), preset: z.string().optional() }),
  rows: z.record(z.string(), z.number()),
});

describe.skipIf(!present)("commands on known data sets", () => {
  const at = temporaryFolder();
  const run = (words: readonly string[]) =>
    promisify(execFile)(process.execPath, [join(root, "dist/apps/cli/main.js"), ...words], {
      cwd: at("."),
      env: { ...process.env, L3MASKING_CACHE: at("cache"), NO_COLOR: "1" },
    });

  it("run as written", async () => {
    cpSync(tinyModel("roberta"), at("roberta-base"), { recursive: true });
    cpSync(join(dataDir, "acl-arc"), at("cache/datasets/acl-arc"), { recursive: true });
    writeFileSync(at("more.txt"), "We follow Collins .\nNothing else .\n");
    writeFileSync(at("papers.csv"), "text\nTheir parser is used .\n");
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const [index, line] of lines.entries()) {
      const words = line.split(" ").slice(2);
      const folder = words.indexOf("--output-dir") + 1;
      if (words[0] !== "train") {
        const { stdout, stderr } = await run(words);
        expect(stderr).toContain("! 52 of the 139 test rows");
        expect(stdout).toContain("52 of 139 test rows (37.4 %)");
        continue;
      }
      // Two pages may name the same folder.
      words[folder] = `runs/${index}`;
      await run([...words, "--max-steps", "2", "--max-length", "8", "--threads", "1"]);
      const { settings, rows } = recordSchema.parse(readJson(at(`runs/${index}/config.json`)));
      expect(settings.dataset).toBe("acl-arc");
      expect(settings.preset).toBe(line.includes("--preset") ? "published" : undefined);
      const unlabelled = line.includes("--unlabeled-file") ? { unlabelled: 3 } : {};
      expect(rows).toEqual({ train: 1688, dev: 114, test: 139, ...unlabelled });
    }
  });

  it("refuse a name that does not exist, with the nearest one", async () => {
    const ended = run(["check", "--dataset", "acl_arc"]);
    await expect(ended).rejects.toMatchObject({ code: 2 });
    await expect(ended).rejects.toThrow("Did you mean acl-arc?");
  });
});
