import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../../test/fixtures/failure.js";
import { fakeSlurm } from "../../../../test/fixtures/fake-slurm.js";
import { temporaryFolder } from "../../../../test/fixtures/folders.js";
import { createTestHost } from "../../../../test/fixtures/host.js";
import { inventedTicket } from "../../../../test/fixtures/tickets.js";
import { runFolderOf } from "../run-ticket.js";
import { readTicket, type Ticket } from "../ticket.js";
import type { ExecutorContext, WorkElsewhere } from "./executor.js";
import { requireSlurm, trainBySlurm } from "./slurm.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);

const ticket = (name: string) => inventedTicket(name, { trainFile: "t", model: "m", threads: 16 });
const tickets = ["a", "b"].map(ticket);

function finish(folder: string, { name }: Ticket): void {
  const run = runFolderOf(ticket(name), folder);
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "metrics.json"), "{}");
}

function setUp(
  folder: string,
  settings: Partial<ExecutorContext["settings"]> = {},
  host = createTestHost(),
) {
  const left: WorkElsewhere[] = [];
  const told: string[] = [];
  const context: ExecutorContext = {
    folder,
    host,
    settings: { wait: false, ...settings },
    follow: ({ name }, { state }) => told.push(`${name} ${state}`),
    leave: (work) => left.push(work),
  };
  return { left, told, host, train: (some = tickets) => trainBySlurm(some, context) };
}

describe.skipIf(process.platform === "win32")("training by Slurm", () => {
  it("leaves the runs to jobs, with the processors and options that were asked for", async () => {
    const folder = at("leaves");
    const slurmOptions = "--partition=low --comment='two words'";
    const { left, told, train } = setUp(folder, { slurmOptions, threads: 4, jobs: 8 });
    await train();
    expect(left).toEqual([
      { text: "2 runs with Slurm: job array 101 and job 102 for the report", jobs: [102, 101] },
    ]);
    expect(told).toEqual([]);
    expect(slurm.calls()[1]).toContain("--array=0-1%8 --partition=low --comment=two words");
    expect(readFileSync(join(folder, "slurm/runs.sh"), "utf8")).toContain("--cpus-per-task=4\n");
    expect(readTicket(join(folder, "slurm/tickets.jsonl#1")).settings.threads).toBe(4);
    expect(readFileSync(join(folder, "slurm/report.sh"), "utf8")).toContain(
      `compare --merge ${folder} --output-dir ${folder}\n`,
    );
  });

  it("says before the work on texts that there is no Slurm, or what an option may not be", async () => {
    await requireSlurm({ slurmOptions: "--time=30" });
    expect((await failure(requireSlurm({ slurmOptions: "--wait" }))).code).toBe("invalid-setting");
    process.env.PATH = at("nothing");
    const error = await failure(requireSlurm({}));
    expect(error.code).toBe("slurm-missing");
    expect(error.message).toContain("sbatch");
  });

  it("does not count the processors of the machine that submits", async () => {
    await setUp(at("threads")).train();
    const [line] = readFileSync(join(at("threads"), "slurm/tickets.jsonl"), "utf8").split("\n");
    expect(line).not.toContain('"threads"');
  });

  it("submits nothing where nothing is left to train", async () => {
    await setUp(at("done")).train([]);
    expect(slurm.calls()).toEqual([]);
  });

  it("follows with wait, and leaves the report to the caller then", async () => {
    const folder = at("follows");
    for (const run of tickets) finish(folder, run);
    const { left, told, train } = setUp(folder, { wait: true });
    await train();
    expect(told).toEqual(["a finished", "b finished"]);
    expect(left).toEqual([]);
    expect(slurm.calls().at(-1)).toBe("scancel 102");
  });

  it("refuses a second submission while jobs are under way, and follows those with wait", async () => {
    const folder = at("again");
    await setUp(folder).train();
    const scripts = readFileSync(join(folder, "slurm/tickets.jsonl"), "utf8");
    slurm.squeue("101_1|RUNNING|None|n1\n");
    const error = await failure(setUp(folder).train());
    expect(error.code).toBe("output-in-use");
    expect(error.hint).toContain(`--cancel ${folder}`);
    const other = failure(setUp(folder, { wait: true }).train([ticket("c")]));
    expect((await other).code).toBe("output-in-use");

    // A stop ends the following.
    const stopping = createTestHost({ stopAt: () => true });
    const { left, told, train } = setUp(folder, { wait: true }, stopping);
    await train([tickets[1]]);
    expect(told).toEqual(["b running"]);
    expect(left).toMatchObject([{ jobs: [102, 101] }]);
    expect(slurm.calls().some((call) => call.startsWith("scancel"))).toBe(false);
    expect(readFileSync(join(folder, "slurm/tickets.jsonl"), "utf8")).toBe(scripts);
  });

  it("does not submit while it cannot know whether jobs are under way", async () => {
    const folder = at("silent");
    await setUp(folder).train();
    slurm.squeue("", 1, "Unable to contact slurm controller\n");
    expect((await failure(setUp(folder).train())).code).toBe("slurm-failed");
    expect(existsSync(join(folder, "slurm/jobs.json"))).toBe(true);
  });
});
