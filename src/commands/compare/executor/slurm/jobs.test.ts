import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { findJobs, type Jobs, jobLines, jobNumbers, taskOf, writeJobs } from "./jobs.js";
import { schedulerTasks } from "./slurm-output.js";

const at = temporaryFolder();
const jobs: Jobs = {
  arrays: [
    { job: 17, first: 0, count: 4 },
    { job: 21, first: 4, count: 2 },
  ],
  report: 23,
};

describe("the jobs of a comparison", () => {
  it("are recorded in its folder", () => {
    expect(findJobs(at("none"))).toBeUndefined();
    mkdirSync(at("some/slurm"), { recursive: true });
    writeJobs(at("some"), jobs);
    expect(findJobs(at("some"))).toMatchObject(jobs);
    writeFileSync(at("some/slurm/jobs.json"), "{}");
    expect(() => findJobs(at("some"))).toThrow("is not a file that compare writes");
  });

  it("know the task of a ticket's line", () => {
    expect(jobNumbers(jobs)).toEqual([23, 17, 21]);
    expect(taskOf(jobs, 3)).toEqual({ job: 17, task: 3 });
    expect(taskOf(jobs, 5)).toEqual({ job: 21, task: 1 });
    expect(taskOf(jobs, 6)).toBeUndefined();
  });

  it("are told in a line each", () => {
    const queue = `17_0|COMPLETED|Resources|n1
17_1|RUNNING|None|n2
17_2|RUNNING|None|n1
17_3|NODE_FAIL|None|n2
21_0|PENDING|Resources|
21_1|PENDING|Priority|
`;
    expect(jobLines(jobs, schedulerTasks(queue))).toEqual([
      "job array 17: 1 completed, 1 node fail, 2 running on n1, n2",
      "job array 21: 2 pending (Priority, Resources)",
      "report 23: no longer known to Slurm",
    ]);
  });
});
