import { expect, it } from "vitest";
import { usableJobs, usableThreads } from "./threads.js";

it("uses as many threads as asked for, all processors by default", () => {
  expect(usableThreads(undefined, 4)).toEqual({ threads: 4 });
  expect(usableThreads(1, 4)).toEqual({ threads: 1 });
  expect(usableThreads(4, 4)).toEqual({ threads: 4 });
});

it("uses no more than there are processors, and says so", () => {
  expect(usableThreads(40_000, 4)).toEqual({
    threads: 4,
    notice: {
      type: "notice",
      level: "warning",
      text: "--threads 40000: using 4, since this process may use 4 processors",
    },
  });
  expect(usableThreads(2, 1).notice?.text).toContain("1 processor");
});

it("trains as many runs at once as asked for, but no more than there are processors", () => {
  expect(usableJobs(2, 2)).toEqual({ jobs: 2 });
  expect(usableJobs(2000, 2)).toEqual({
    jobs: 2,
    notice: {
      type: "notice",
      level: "warning",
      text: "--jobs 2000: training 2 runs at once, since this process may use 2 processors",
    },
  });
  expect(usableJobs(2, 1).notice?.text).toContain("training 1 run at once");
});
