import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compare, compareOptions } from "../../../test/fixtures/comparing.js";
import { failure } from "../../../test/fixtures/failure.js";
import { fakeSlurm } from "../../../test/fixtures/fake-slurm.js";
import { readJsonLines, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { ticketSchema } from "./ticket.js";

const at = temporaryFolder();
const slurm = fakeSlurm(at);
const folder = at("comparison");
const options = compareOptions(tinyModel("bert"), folder, { methods: ["stl"], executor: "slurm" });
const host = () => createTestHost({ cacheFolder: at("cache") });

describe.skipIf(process.platform === "win32")("a comparison on Slurm", () => {
  it("is planned and submitted, told of, and cancelled", async () => {
    const { finished, failed, missing, files, jobs, notes } = await compare(options, host());
    expect({ finished, failed, missing, files }).toEqual({
      ...{ finished: 0, failed: 0, missing: 0 },
      files: [],
    });
    expect(jobs).toEqual([102, 101]);
    expect(notes[0]).toBe("2 runs with Slurm: job array 101 and job 102 for the report");
    expect(readdirSync(folder).sort()).toEqual(["commands.jsonl", "plan.json", "runs", "slurm"]);

    slurm.squeue("101_0|RUNNING|None|n1\n101_1|PENDING|Priority|\n");
    const told = await compare({ status: folder }, host());
    expect(told.notes[0]).toBe("job array 101: 1 pending (Priority), 1 running on n1");
    expect(told.status?.waiting).toBe(2);

    slurm.squeue("");
    const cancelled = await compare({ cancel: folder }, host());
    expect(cancelled.notes[0]).toContain("cancelled job array 101 and job 102 for the report");
    expect(slurm.calls()).toContain("scancel 102 101");
  });

  it("trains a run in a task, which notes that it was started, and forgets it at the end", async () => {
    const ticket = join(folder, "slurm/tickets.jsonl#2");
    const task = createTestHost({
      slurmTask: "101_1",
      async train() {
        const [file] = readdirSync(join(folder, "slurm/starts"));
        const text = readFileSync(join(folder, "slurm/starts", file), "utf8");
        expect(JSON.parse(text)).toEqual({ job: "101_1", steps: [0] });
      },
    });
    const { finished } = await compare({ ticket, outputDir: folder }, task);
    expect(finished).toBe(1);
    expect(readdirSync(join(folder, "slurm/starts"))).toEqual([]);
  });

  it("submits the expensive runs first", async () => {
    const outputDir = at("ordered");
    await compare({ ...options, outputDir, methods: ["tfidf", "stl"] }, host());
    const tickets = readJsonLines(join(outputDir, "slurm/tickets.jsonl"), ticketSchema);
    const order = tickets.map(({ settings: { method, seed } }) => `${method} ${seed}`);
    expect(order).toEqual(["stl 0", "stl 1", "tfidf 0", "tfidf 1"]);
  });

  it("is no part of a comparison by shards", async () => {
    const shard = compare({ ...options, outputDir: at("shard"), shard: "1/2" }, host());
    expect((await failure(shard)).code).toBe("invalid-setting");
    expect(existsSync(at("shard/plan.json"))).toBe(false);
  });
});
