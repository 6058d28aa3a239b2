import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fakeSlurm } from "../../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { writeJobs } from "./jobs.js";
import { slurmStatus } from "./status.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);

describe.skipIf(process.platform === "win32")("the status of jobs", () => {
  it("has a line for each, whether Slurm answers or not", async () => {
    const folder = at("jobs");
    mkdirSync(`${folder}/slurm`, { recursive: true });
    writeJobs(folder, { arrays: [{ job: 17, first: 0, count: 2 }], report: 18 });
    slurm.squeue("17_0|RUNNING|None|n1\n17_1|PENDING|Resources|\n18|PENDING|Dependency|\n");
    expect(await slurmStatus(folder)).toEqual([
      "job array 17: 1 pending (Resources), 1 running on n1",
      "report 18: 1 pending (Dependency)",
    ]);
    slurm.squeue("", 1, "Unable to contact slurm controller");
    const jobs = "job array 17 and job 18 for the report";
    expect(await slurmStatus(folder)).toEqual([`${jobs}: Slurm does not answer`]);
    process.env.PATH = at("nothing");
    expect((await slurmStatus(folder)).join()).toContain(`${jobs}: a login node`);
    expect(await slurmStatus(at("none"))).toEqual([]);
  });
});
