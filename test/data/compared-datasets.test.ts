/** Known data sets in a comparison: their files, names and notes. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { knownDatasets } from "../../src/data/known/known-datasets.js";
import { datasetSources } from "../../src/run/sources/dataset-sources.js";
import { createTestHost } from "../fixtures/host.js";

const beside = resolve(import.meta.dirname, "../../../shared/data");
const dataDir = resolve(process.env.L3MASKING_DATA ?? beside);
const present = existsSync(resolve(dataDir, "acl-arc/train.jsonl.gz"));
if (!present) {
  console.info(`Skipped: no data sets in ${dataDir}; set L3MASKING_DATA to their folder.`);
}

describe.skipIf(!present)("known data sets in a comparison", () => {
  it("are named, found and described beside folders", async () => {
    const host = createTestHost();
    const dataset = ["acl-arc", resolve(dataDir, "ohsumed")];
    const [known, folder] = await datasetSources({ dataset, dataDir }, host);
    expect(known).toMatchObject({
      name: "acl-arc",
      trainFile: resolve(dataDir, "acl-arc/train.jsonl.gz"),
      testFile: resolve(dataDir, "acl-arc/test.jsonl.gz"),
      notes: knownDatasets["acl-arc"].notes,
    });
    expect(host.notices()).toContain("data set acl-arc:");
    // By its path, ohsumed is a folder like any other: nothing is known of it.
    expect(folder).toMatchObject({ name: "ohsumed", notes: [] });
  });
});
