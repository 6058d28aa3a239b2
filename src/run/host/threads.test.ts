import { expect, it } from "vitest";
import { usableThreads } from "./threads.js";

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
