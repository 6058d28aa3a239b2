import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeSlurm } from "../../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { inventedTicket } from "../../../../../test/fixtures/tickets.js";
import { L3MaskingError } from "../../../../base/errors.js";
import { findFailure, runFolderOf, writeFailure } from "../../run-ticket.js";
import { type Following, followJobs } from "./follow.js";
import { schedulerTasks } from "./slurm-output.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);

const jobs = { arrays: [{ job: 17, first: 0, count: 2 }], report: 18 };

/** Follows runs a and b; `seconds` after the start a look finds what `world` says. */
function setUp(folder: string, world: (seconds: number) => string | undefined, stopAt = 1e9) {
  let milliseconds = 0;
  const told: string[] = [];
  const following: Following = {
    folder,
    host: { now: () => milliseconds, cancelled: () => milliseconds >= 1000 * stopAt },
    follow({ name }, status) {
      const error = status.state === "failed" ? ` ${status.error.code}` : "";
      told.push(`${milliseconds / 1000} ${name} ${status.state}${error}`);
    },
    async look() {
      const queue = world(milliseconds / 1000);
      return queue === undefined ? undefined : schedulerTasks(queue);
    },
    async wait(duration) {
      milliseconds += duration;
    },
  };
  const lines = new Map([inventedTicket("a"), inventedTicket("b")].map((run, line) => [run, line]));
  return { told, ended: followJobs(jobs, lines, following) };
}

function finish(folder: string, name: string) {
  const run = runFolderOf(inventedTicket(name), folder);
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "metrics.json"), "{}");
}

describe("following jobs", () => {
  it("tells of runs that run, finish and fail, until the report is written", async () => {
    const folder = at("ends");
    const { told, ended } = setUp(folder, (seconds) => {
      if (seconds === 10) finish(folder, "a");
      if (seconds === 20) {
        const error = new L3MaskingError("data-empty", "no rows", { hint: "x" });
        writeFailure(runFolderOf(inventedTicket("b"), folder), error);
      }
      return seconds < 30 ? "17_0|RUNNING|None|n1\n17_1|PENDING|Priority|" : "18|COMPLETED|None|n1";
    });
    expect(await ended).toBe(true);
    expect(told).toEqual(["0 a running", "10 a finished", "20 b failed data-empty"]);
  });

  it("counts a run as lost 90 s after its job is gone, not while it is queued again", async () => {
    const folder = at("lost");
    finish(folder, "b");
    const { told, ended } = setUp(folder, (seconds) => {
      // Gone for a moment, then queued again.
      if (seconds === 20) return "18|PENDING|Dependency|";
      if (seconds < 50) return "17_0|PENDING|BeginTime|";
      return "17_0|NODE_FAIL|None|n1";
    });
    expect(await ended).toBe(true);
    expect(told).toEqual(["0 b finished", "140 a failed run-lost"]);
    const failed = findFailure(runFolderOf(inventedTicket("a"), folder));
    expect(failed?.message).toBe(
      "its job 17_0 ended as NODE_FAIL and left neither result nor failure",
    );
    expect(failed?.hint).toContain(join(folder, "slurm/logs/17_0.log"));
  });

  it("takes what a shared folder shows late, and waits while the controller does not answer", async () => {
    const folder = at("late");
    finish(folder, "b");
    const { told, ended } = setUp(folder, (seconds) => {
      if (seconds === 300) finish(folder, "a");
      return seconds < 250 ? undefined : "";
    });
    expect(await ended).toBe(true);
    expect(told).toEqual(["0 b finished", "300 a finished"]);
  });

  it("ends on a stop, and leaves the jobs alone", async () => {
    const { ended } = setUp(at("stop"), () => "17_0|RUNNING|None|n1", 3);
    expect(await ended).toBe(false);
    expect(slurm.calls()).toEqual([]);
  });
});
