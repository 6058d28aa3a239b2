/** A real Slurm on this machine. */
import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/folders.js";
import { labMissing, startSlurmLab } from "./slurm-lab.js";

const missing = labMissing();
if (missing !== undefined) console.warn(`test/cluster/slurm.test.ts: skipped, ${missing}`);

const at = temporaryFolder();

it.skipIf(missing !== undefined)("two nodes are ready for jobs", async () => {
  mkdirSync(at("lab"));
  const lab = await startSlurmLab(at("lab"));
  try {
    expect(lab.call("srun", "--nodes=2", "hostname").trim().split("\n").sort()).toEqual([
      "n1.lab",
      "n2.lab",
    ]);
  } finally {
    lab.stop();
  }
});
