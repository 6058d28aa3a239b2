import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../../../../test/fixtures/failure.js";
import { fakeSlurm } from "../../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import { inventedTicket } from "../../../../../test/fixtures/tickets.js";
import { L3MaskingError } from "../../../../base/errors.js";
import { findFailure, runFolderOf, writeFailure } from "../../run-ticket.js";
import { readTicket } from "../../ticket.js";
import { findJobs } from "./jobs.js";
import { type Submission, sbatchOptions, submitTickets } from "./submit.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at, 3);

const tickets = ["a", "b", "c", "d"].map((name) => inventedTicket(name));

function submission(folder: string, options: readonly string[] = []): Submission {
  const place = {
    node: "/bin/node",
    program: "/main.js",
    folder,
    workingFolder: "/",
    cacheFolder: "/cache",
  };
  return { place, options, reportWords: ["compare", "--merge", folder] };
}

const going = { cancelled: () => false };

describe.skipIf(process.platform === "win32")("submitting to Slurm", () => {
  it("splits the runs into arrays that the cluster takes, and has the report wait for all", async () => {
    const folder = at("split");
    const jobs = await submitTickets(tickets, submission(folder, ["--partition=low"]), going);
    expect(jobs).toEqual({
      arrays: [
        { job: 101, first: 0, count: 3 },
        { job: 102, first: 3, count: 1 },
      ],
      report: 103,
    });
    expect(findJobs(folder)).toMatchObject(jobs);
    const own = `${folder}/slurm`;
    expect(slurm.calls()).toEqual([
      "scontrol show config",
      `sbatch --parsable --array=0-2 --partition=low ${own}/runs.sh 0`,
      `sbatch --parsable --array=0-0 --partition=low ${own}/runs.sh 3`,
      `sbatch --parsable --dependency=afterany:101:102 --partition=low ${own}/report.sh`,
    ]);
    expect(readTicket(`${own}/tickets.jsonl#4`)).toEqual(tickets[3]);
    expect(readFileSync(`${own}/runs.sh`, "utf8")).toContain("#SBATCH --requeue\n");
  });

  it("keeps a person's variables for sbatch, but for those that would undo the script's lines", async () => {
    Object.assign(process.env, { SBATCH_PARTITION: "low", SBATCH_EXPORT: "NONE" });
    const folder = at("environment");
    await submitTickets(tickets.slice(0, 1), { ...submission(folder), atOnce: 2 }, going);
    expect(slurm.calls()[1]).toContain("--array=0-0%2");
    expect(slurm.environment()).toContain("SBATCH_PARTITION=low\n");
    expect(slurm.environment()).not.toContain("SBATCH_EXPORT");
  });

  it("tries again what failed before", async () => {
    const folder = at("again");
    const run = runFolderOf(tickets[0], folder);
    writeFailure(run, new L3MaskingError("run-lost", "gone"));
    await submitTickets(tickets, submission(folder), going);
    expect(findFailure(run)).toBeUndefined();
  });

  it("leaves nothing behind when a job is refused, or on a stop", async () => {
    slurm.refuse(103, "sbatch: error: Batch job submission failed: Job violates policy");
    const folder = at("refused");
    const error = await failure(submitTickets(tickets, submission(folder), going));
    expect(error.code).toBe("slurm-failed");
    expect(error.message).toContain("error: Batch job submission failed: Job violates policy");
    expect(slurm.calls().at(-1)).toBe("scancel 101 102");
    expect(existsSync(`${folder}/slurm`)).toBe(false);

    let asked = 0;
    const stopping = { cancelled: () => ++asked > 1 };
    const stopped = await failure(submitTickets(tickets, submission(folder), stopping));
    expect(stopped.code).toBe("interrupted");
    expect(slurm.calls().at(-1)).toBe("scancel 104");
    expect(existsSync(`${folder}/slurm`)).toBe(false);
  });

  it.each(["--array=0-9", "--wrap=x", "-d afterok:1", "--no-requeue", "--wait"])(
    "refuses an option that it sets itself: %s",
    async (option) => {
      const options = (async () => sbatchOptions(`--time=30 ${option}`))();
      expect((await failure(options)).code).toBe("invalid-setting");
    },
  );

  it("says what to do where there is no Slurm", async () => {
    process.env.PATH = at("nothing");
    const error = await failure(submitTickets(tickets, submission(at("missing")), going));
    expect(error.code).toBe("slurm-missing");
    expect(error.hint).toContain("--shard");
    expect(existsSync(at("missing"))).toBe(false);
  });
});
