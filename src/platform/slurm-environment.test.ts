import { expect, it } from "vitest";
import { slurmTask } from "./slurm-environment.js";

it("a task of a job array has two numbers", () => {
  const array = { SLURM_JOB_ID: "20", SLURM_ARRAY_JOB_ID: "17", SLURM_ARRAY_TASK_ID: "3" };
  expect(slurmTask(array)).toBe("17_3");
  expect(slurmTask({ SLURM_JOB_ID: "20" })).toBeUndefined();
  expect(slurmTask({})).toBeUndefined();
});
