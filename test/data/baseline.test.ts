/** The baseline on published data sets, against scikit-learn's figures. Needs a folder with acl-arc, ohsumed and imdb. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readRecords } from "../../src/data/read.js";
import { measureBaseline } from "../fixtures/baseline.js";
import golden from "../golden/baseline.json" with { type: "json" };

const beside = resolve(import.meta.dirname, "../../../shared/data");
const folder = resolve(process.env.L3MASKING_DATA ?? beside);
const present = existsSync(resolve(folder, "acl-arc/train.jsonl.gz"));
if (!present) {
  console.info(`Skipped: no data sets in ${folder}; set L3MASKING_DATA to their folder.`);
}

async function rowsOf(name: string, split: string) {
  const path = resolve(folder, name, `${split}.jsonl.gz`);
  const { records } = await readRecords(path, { labels: "required" });
  return records.map(({ text, label }) => ({ text, label: label ?? "" }));
}

/** Ohsumed takes two minutes, with 23 labels and some 300,000 n-grams. */
describe.skipIf(!present).each(golden.published)("the baseline on $name", (expected) => {
  it("is scikit-learn's to half a point", { timeout: 900_000 }, async () => {
    const all = await rowsOf(expected.name, "train");
    const train = all.slice(0, expected.first ?? all.length);
    const test = await rowsOf(expected.name, "test");
    const measured = measureBaseline(train, test);
    expect(Math.abs(measured.measures.accuracy - expected.accuracy)).toBeLessThanOrEqual(0.005);
    expect(Math.abs(measured.measures.macro_f1 - expected.macro_f1)).toBeLessThanOrEqual(0.005);
  });
});
