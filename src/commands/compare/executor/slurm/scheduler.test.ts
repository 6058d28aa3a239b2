import { describe, expect, it } from "vitest";
import { failure } from "../../../../../test/fixtures/failure.js";
import { fakeSlurm } from "../../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { cancelJobs, tasksOf } from "./scheduler.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);

describe.skipIf(process.platform === "win32")("Slurm's commands", () => {
  it("list the tasks of jobs, whatever a person has set for squeue", async () => {
    process.env.SQUEUE_STATES = "PENDING";
    slurm.squeue("17_0|RUNNING|None|n1\n");
    expect(await tasksOf([17, 18])).toEqual([
      { job: 17, task: 0, state: "RUNNING", reason: "None", node: "n1" },
    ]);
    expect(slurm.calls()).toEqual([
      "squeue --noheader --array --states=all --format=%i|%T|%r|%N --jobs=17,18",
    ]);
  });

  it("know nothing of jobs that ended long ago; a controller that is away says nothing", async () => {
    slurm.squeue("", 1, "slurm_load_jobs error: Invalid job id specified\n");
    expect(await tasksOf([17])).toEqual([]);
    slurm.squeue("", 1, "slurm_load_jobs error: Unable to contact slurm controller\n");
    expect(await tasksOf([17])).toBeUndefined();
  });

  it("cancel jobs", async () => {
    await cancelJobs([18, 17]);
    expect(slurm.calls()).toEqual(["scancel 18 17"]);
    process.env.PATH = at("nothing");
    expect((await failure(cancelJobs([17]))).code).toBe("slurm-missing");
  });
});
