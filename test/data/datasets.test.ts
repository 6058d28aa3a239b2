/**
 * The readers and the check against the published data sets: rows, class counts, lengths, repeated
 * and shared texts as counted once with other tools. Needs a folder with acl-arc, ohsumed and imdb.
 */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../src/data/check/check.js";
import type { DatasetCheck } from "../../src/data/check/check-result.js";
import { formatCheck } from "../../src/data/check/check-text.js";
import { buildDataset, type SplitRecords } from "../../src/data/dataset.js";
import { readRecords } from "../../src/data/read.js";

const beside = resolve(import.meta.dirname, "../../../shared/data");
const folder = resolve(process.env.L3MASKING_DATA ?? beside);
const present = existsSync(resolve(folder, "acl-arc/train.jsonl.gz"));
if (!present) {
  console.info(`Skipped: no data sets in ${folder}; set L3MASKING_DATA to their folder.`);
}

async function splitsOf(name: string): Promise<SplitRecords> {
  const read = async (split: string) => {
    const path = resolve(folder, name, `${split}.jsonl.gz`);
    return (await readRecords(path, { labels: "required" })).records;
  };
  return { train: await read("train"), dev: await read("dev"), test: await read("test") };
}

/** [rows, mean, median, p95, max, empty, repeated] of each split. */
function splitFacts({ splits }: DatasetCheck): (number | undefined)[][] {
  return splits.map(({ rows, lengths, emptyTexts, repeatedRows }) => [
    rows,
    lengths === undefined ? undefined : Number(lengths.mean.toFixed(1)),
    lengths?.median,
    lengths?.p95,
    lengths?.max,
    emptyTexts,
    repeatedRows,
  ]);
}

/** [texts, rows of the second split, of those with the same label] of train-dev, train-test, dev-test. */
function overlapFacts({ overlaps }: DatasetCheck): number[][] {
  return overlaps.map(({ texts, rows, rowsSameLabel }) => [texts, rows, rowsSameLabel]);
}

describe.skipIf(!present)("published data sets", () => {
  it("counts ACL-ARC, and says that test texts were seen in training", async () => {
    const splits = await splitsOf("acl-arc");
    const check = checkDataset(splits);
    expect(splitFacts(check)).toEqual([
      [1688, 42.0, 37, 85, 224, 0, 418],
      [114, 40.3, 39, 76, 109, 0, 2],
      [139, 42.6, 39, 88, 119, 0, 4],
    ]);
    expect(overlapFacts(check)).toEqual([
      [43, 43, 42],
      [48, 52, 47],
      [7, 9, 8],
    ]);
    expect(check.splits[0].conflictingTexts).toBe(20);
    expect(check.labels).toEqual([
      "Background",
      "CompareOrContrast",
      "Extends",
      "Future",
      "Motivation",
      "Uses",
    ]);
    expect(check.splits.map(({ labelRows }) => labelRows)).toEqual([
      [867, 305, 63, 60, 76, 317],
      [59, 21, 4, 4, 5, 21],
      [71, 25, 5, 5, 7, 26],
    ]);
    expect(check.warnings[0].code).toBe("test-seen-in-train");
    expect(formatCheck(check)).toContain("52 of 139 test rows (37.4 %)");
    const dataset = buildDataset({ ...splits, splitSeed: 0 });
    expect(dataset.seenInTraining.reduce((sum, seen) => sum + seen, 0)).toBe(52);
  });

  it("counts Ohsumed, which shares no text between splits", async () => {
    const check = checkDataset(await splitsOf("ohsumed"));
    expect(splitFacts(check)).toEqual([
      [3011, 186.1, 183, 297, 427, 0, 0],
      [346, 182.0, 184, 301, 415, 0, 0],
      [4043, 186.3, 182, 308, 596, 0, 0],
    ]);
    expect(overlapFacts(check)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(check.labels).toHaveLength(23);
    expect(check.smallestClass).toEqual({ label: "C22", rows: 9 });
    expect(check.warnings.find(({ code }) => code === "label-missing")?.message).toContain(
      "the labels C03 and C22",
    );
  });

  it("reads IMDb's 50,000 reviews in seconds", async () => {
    const started = process.cpuUsage();
    const splits = await splitsOf("imdb");
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(20);
    const check = checkDataset(splits);
    expect(splitFacts(check)).toEqual([
      [22500, 231.2, 173, 592, 2459, 0, 83],
      [2500, 234.0, 172, 601, 1070, 0, 1],
      [25000, 226.2, 170, 576, 2235, 0, 201],
    ]);
    expect(overlapFacts(check)).toEqual([
      [14, 14, 14],
      [110, 110, 110],
      [13, 13, 13],
    ]);
    expect(check.splits.map(({ labelRows }) => labelRows)).toEqual([
      [11202, 11298],
      [1298, 1202],
      [12500, 12500],
    ]);
  });
});
