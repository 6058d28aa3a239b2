import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../../../../test/fixtures/failure.js";
import { fakeSlurm } from "../../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { createTestHost } from "../../../../../test/fixtures/host.js";
import { cancelSlurmJobs } from "./cancel.js";
import { writeJobs } from "./jobs.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);

describe.skipIf(process.platform === "win32")("cancelling a comparison", () => {
  it("cancels the report first, and waits until the runs have saved", async () => {
    const folder = at("jobs");
    mkdirSync(`${folder}/slurm`, { recursive: true });
    writeJobs(folder, { arrays: [{ job: 17, first: 0, count: 2 }], report: 18 });
    slurm.squeue("17_0|COMPLETING|None|n1\n");
    setTimeout(() => slurm.squeue("17_0|CANCELLED|None|n1\n"), 200);
    const text = await cancelSlurmJobs(folder, createTestHost());
    expect(text).toBe("job array 17 and job 18 for the report");
    const calls = slurm.calls().map((line) => line.replace(/ --.*/, ""));
    expect(calls).toEqual(["scancel 18 17", "squeue", "squeue"]);
  });

  it("says where nothing was submitted", async () => {
    const error = await failure(cancelSlurmJobs(at("nothing"), createTestHost()));
    expect(error.code).toBe("file-missing");
    expect(slurm.calls()).toEqual([]);
  });
});
