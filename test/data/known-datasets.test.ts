/** The registry of known data sets against the files themselves: checksums, sizes, rows, labels, and what its notes count. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { knownDatasetNames, knownDatasets } from "../../src/data/known/known-datasets.js";
import { readRecords, readUnzipped } from "../../src/data/read.js";
import { resolveDataset } from "../../src/run/sources/known-dataset.js";
import { createTestHost } from "../fixtures/host.js";

const beside = resolve(import.meta.dirname, "../../../shared/data");
const dataDir = resolve(process.env.L3MASKING_DATA ?? beside);
const present = existsSync(resolve(dataDir, "acl-arc/train.jsonl.gz"));
if (!present) {
  console.info(`Skipped: no data sets in ${dataDir}; set L3MASKING_DATA to their folder.`);
}

describe.skipIf(!present).each(knownDatasetNames)("the registry's %s", (name) => {
  const dataset = knownDatasets[name];

  it("is found in the folder, with the checksums of the registry", async () => {
    const places = { dataDir, cacheFolder: "/no/cache/is/expected" };
    const files = await resolveDataset(dataset, places, createTestHost());
    const { trainFile, validationFile, testFile } = files;
    for (const [split, path] of [
      ["train", trainFile],
      ["dev", validationFile],
      ["test", testFile],
    ] as const) {
      expect(path).toBe(resolve(dataDir, name, `${split}.jsonl.gz`));
      const bytes = await readUnzipped(path);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const { records } = await readRecords(path, { labels: "required" });
      expect({ rows: records.length, bytes: bytes.length, sha256 }).toEqual(dataset.splits[split]);
      for (const { label } of records) expect(Object.keys(dataset.labels)).toContain(label);
    }
    const { records } = await readRecords(trainFile, { labels: "required" });
    expect(new Set(records.map(({ label }) => label)).size).toBe(
      Object.keys(dataset.labels).length,
    );
  });
});

describe.skipIf(!present)("the notes of the registry", () => {
  it("on ACL-ARC's encodings count right", async () => {
    const rows = await Promise.all(
      ["train", "dev", "test"].map(async (split) => {
        const path = resolve(dataDir, "acl-arc", `${split}.jsonl.gz`);
        return (await readRecords(path, { labels: "required" })).records;
      }),
    );
    // A lead byte of UTF-8 as a Latin character, before another character that is not ASCII.
    const garbled = rows.flat().filter(({ text }) => /[\u00c2\u00c3\u00e2][^\0-\x7f]/.test(text));
    const [note] = knownDatasets["acl-arc"].notes.filter((text) => text.includes("encoding"));
    expect(note).toContain(`in ${garbled.length} rows`);
  });
});
