/** Comparisons on a real Slurm whose machines fail. Minutes: a lost machine's runs are taken over after three. */
import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ticketSchema } from "../../src/commands/compare/ticket.js";
import { readJsonLines, temporaryFolder } from "../fixtures/folders.js";
import { tinyModel } from "../fixtures/host.js";
import { filesBelow, main } from "../fixtures/killing.js";
import { soundFiles } from "../fixtures/sounds.js";
import { labMissing, type SlurmLab, startSlurmLab, until } from "./slurm-lab.js";

const missing = labMissing();
if (missing !== undefined) console.warn(`test/cluster/slurm.test.ts: skipped, ${missing}`);

const MINUTE = 60_000;

describe.skipIf(missing !== undefined)("comparisons on Slurm", () => {
  const at = temporaryFolder();
  const folder = at("comparison");
  let lab: SlurmLab;

  beforeAll(async () => {
    mkdirSync(at("lab"));
    lab = await startSlurmLab(at("lab"));
  });
  afterAll(() => lab.stop());

  /** `l3masking compare WORDS` as a person calls it; gives what it prints. */
  function compare(...words: readonly string[]): Promise<{ status: number; text: string }> {
    const env = { ...lab.environment, L3MASKING_CACHE: at("cache") };
    return new Promise((resolve) => {
      execFile(process.execPath, [main, "compare", ...words], { env }, (error, out, err) => {
        resolve({ status: Number(error?.code ?? 0), text: `${out}${err}` });
      });
    });
  }

  const comparison = (output: string, seeds: string, steps: number) => [
    ...["--train-file", soundFiles.trainFile, "--validation-file", soundFiles.validationFile],
    ...["--test-file", soundFiles.testFile, "--model", tinyModel("bert")],
    ...["--methods", "stl,rtm,l3", "--seeds", seeds, "--max-length", "32", "--batch-size", "12"],
    ...["--max-steps", String(steps), "--eval-steps", String(steps / 4), "--save-steps", "20"],
    ...["--learning-rate", "3e-3", "--head-initialization", "random", "--threads", "1"],
    ...["--bootstrap-samples", "100", "--output-dir", output],
  ];
  const twelve = comparison(folder, "0-3", 160);
  const slurm = ["--executor", "slurm", "--slurm-options", "--partition=low --time=30"];

  const tickets = () => readJsonLines(join(folder, "slurm/tickets.jsonl"), ticketSchema);
  const runFile = (name: string, file: string) => join(folder, "runs", name, file);
  const steps = (name: string) =>
    existsSync(runFile(name, "journal.jsonl"))
      ? readFileSync(runFile(name, "journal.jsonl"), "utf8").split('"type":"step"').length - 1
      : 0;
  const queue = () =>
    lab
      .call("squeue", "--noheader", "--array", "--states=all", "--format=%i|%T|%N")
      .trim()
      .split("\n")
      .map((line) => line.trim().split("|"))
      .map(([job = "", state = "", node = ""]) => ({ job, state, node }));

  /** A run that no start can mend. */
  function poison(name: string): void {
    mkdirSync(join(folder, "runs", name), { recursive: true });
    writeFileSync(runFile(name, "config.json"), "{");
  }

  /** The report in a folder without the times in it. */
  const report = (place: string, file: string) =>
    readFileSync(join(at(place), file), "utf8")
      .replaceAll(/The runs took .* together/g, "")
      .replaceAll(/<section id="[^"]*timing-section">.*?<\/section>/gs, "");

  /** What the runs in a folder learned and said, step by step. */
  const learned = (place: string) => {
    const isKept = ([name]: readonly [string, string]) =>
      /journal|predictions|model\.safetensors/.test(name) && !name.includes("state/");
    return new Map([...filesBelow(at(`${place}/runs`))].filter(isKept));
  };

  it("are submitted in arrays that the cluster takes, and cancelled", async () => {
    const submitted = await compare(...twelve, ...slurm);
    expect(submitted.text).toMatch(/12 runs with Slurm: job arrays \d+, \d+ and job \d+ for/);
    expect(submitted.status).toBe(0);
    expect(tickets().length).toBe(12);
    const again = await compare(...twelve, ...slurm);
    expect(again.text).toContain("output-in-use");
    const cancelled = await compare("--cancel", folder);
    expect(cancelled.status).toBe(0);
    expect(queue().filter(({ state }) => /RUN|PEND/.test(state))).toEqual([]);
  });

  it(
    "end with the report of one machine, though a node dies, a walltime ends and a run is poisoned",
    async () => {
      const names = tickets().map(({ name }) => name);
      const poisoned = names[6];
      rmSync(folder, { recursive: true });
      poison(poisoned);
      expect((await compare(...twelve)).status).toBe(5);
      renameSync(folder, at("one"));
      poison(poisoned);

      const submitted = await compare(...twelve, ...slurm, "--json");
      expect(submitted.status).toBe(0);
      const [reportJob, first] = /"jobs":\[([\d,]+)\]/.exec(submitted.text)?.[1].split(",") ?? [];
      /** Tasks that run on a node and have trained some steps. */
      const training = (node: string) =>
        queue().filter(({ job, state, node: place }) => {
          const [array, task] = job.split("_");
          const runs = array === first && state === "RUNNING" && place === node;
          return runs && steps(names[Number(task)]) > 20;
        });
      await until(
        "runs train on both nodes",
        () => training("n1").length > 0 && training("n2").length > 0,
        2 * MINUTE,
      );

      // It hangs until its time ends.
      const [{ job: slow }] = training("n2");
      const ticket = Number(slow.split("_")[1]) + 1;
      const found = execFileSync("pgrep", ["-f", `tickets.jsonl#${ticket}$`], { encoding: "utf8" });
      const pid = Number(found.trim());
      process.kill(pid, "SIGSTOP");
      lab.call("scontrol", "update", `JobId=${slow}`, "TimeLimit=2");
      lab.kill("n1");
      await until("Slurm tells the run that its time ends", () => isAskedToStop(pid), 2 * MINUTE);
      process.kill(pid, "SIGCONT");
      await until(
        "it has saved and is queued again",
        () => lab.call("scontrol", "show", "job", slow).includes("Restarts=1"),
        2 * MINUTE,
      );
      lab.call("scontrol", "update", `JobId=${slow}`, "TimeLimit=30");

      await until(
        "the report is written",
        () => existsSync(join(folder, "report.html")),
        8 * MINUTE,
      );
      await until("no job is left", () =>
        queue().every(({ state }) => !/RUN|PEND|COMPLETING/.test(state)),
      );
      expect(queue().map(({ job }) => job)).toContain(reportJob);
      for (const file of ["results.md", "report.html", "figures.csv"]) {
        expect(report("comparison", file)).toBe(report("one", file));
      }
      expect(learned("comparison")).toEqual(learned("one"));
      const failure = readFileSync(runFile(poisoned, "failure.json"), "utf8");
      expect(failure).toContain("checkpoint-missing");
      expect(readdirSync(join(folder, "slurm/starts"))).toEqual([]);
    },
    12 * MINUTE,
  );

  it(
    "are followed with --wait",
    async () => {
      const waited = await compare(...comparison(at("waited"), "0", 40), ...slurm, "--wait");
      expect(waited.text).toContain("3 runs finished");
      expect(waited.status).toBe(0);
      expect(existsSync(at("waited/results.md"))).toBe(true);
      expect(queue().filter(({ state }) => /RUN|PEND/.test(state))).toEqual([]);
    },
    3 * MINUTE,
  );
});

/** Whether a process that hangs has a TERM before it. */
function isAskedToStop(pid: number): boolean {
  const [, pending = ""] =
    /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return (Number.parseInt(pending, 16) & (1 << (constants.signals.SIGTERM - 1))) !== 0;
}
