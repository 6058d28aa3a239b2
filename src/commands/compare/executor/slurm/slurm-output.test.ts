import { describe, expect, it } from "vitest";
import { hasEnded, largestArray, schedulerTasks, submittedJob } from "./slurm-output.js";

// As Slurm 22.05 printed it.
const queue = `6_[0-1]|PENDING|Resources|
1_0|RUNNING|None|n1
1_1|COMPLETED|None|n1
1_2|NODE_FAIL|None|n2
2|PENDING|Dependency|
`;

describe("squeue", () => {
  it("gives the tasks of arrays and single jobs", () => {
    expect(schedulerTasks(queue)).toEqual([
      { job: 6, task: 0, state: "PENDING", reason: "Resources", node: "" },
      { job: 6, task: 1, state: "PENDING", reason: "Resources", node: "" },
      { job: 1, task: 0, state: "RUNNING", reason: "None", node: "n1" },
      { job: 1, task: 1, state: "COMPLETED", reason: "None", node: "n1" },
      { job: 1, task: 2, state: "NODE_FAIL", reason: "None", node: "n2" },
      { job: 2, task: undefined, state: "PENDING", reason: "Dependency", node: "" },
    ]);
    expect(schedulerTasks(queue).map(hasEnded)).toEqual([false, false, false, true, true, false]);
  });

  it("may list ranges with a limit, and notices of the site", () => {
    const text = "Maintenance on Friday | see the wiki\n12_[0-2,7%4]|PENDING|JobArrayTaskLimit|\n";
    expect(schedulerTasks(text).map(({ task }) => task)).toEqual([0, 1, 2, 7]);
    expect(schedulerTasks("")).toEqual([]);
  });
});

describe("sbatch --parsable", () => {
  it.each([
    ["17\n", 17],
    ["17;cluster\n", 17],
    ["You have 3 projects.\n17\n", 17],
    ["", undefined],
    ["Submitted batch job 17\n", undefined],
  ])("%j", (text, job) => {
    expect(submittedJob(text)).toBe(job);
  });
});

describe("scontrol show config", () => {
  it("says how large an array may be", () => {
    const text =
      "KillWait                = 5 sec\nMaxArraySize            = 1001\nMaxJobCount = 10000\n";
    expect(largestArray(text)).toBe(1001);
    expect(largestArray("")).toBeUndefined();
  });
});
