/** The jobs of a comparison: `slurm/jobs.json` in its folder says which they are. */
import { z } from "zod";
import { findText } from "../../../../platform/files/files.js";
import { join } from "../../../../platform/paths.js";
import { parseRecord } from "../../../../results/records/parse.js";
import { writeJson } from "../../../../run/folder/run-folder.js";
import { SLURM_FOLDER } from "./batch-script.js";
import { hasEnded, type SchedulerTask } from "./slurm-output.js";

const JOBS_FILE = "jobs.json";

const count = z.int().min(0);
const schema = z.object({
  format: z.literal("l3masking-slurm"),
  version: z.literal(1),
  /** Job arrays; task 0 of one has the ticket in line `first` of tickets.jsonl, from 0. */
  arrays: z.array(z.object({ job: count, first: count, count })),
  /** The job that writes the report when all others have ended; null until it is submitted. */
  report: count.nullable(),
});

/** What was submitted for a comparison. */
export type Jobs = Omit<z.infer<typeof schema>, "format" | "version">;

/** Undefined where nothing was submitted. Throws `data-format` for a damaged record. */
export function findJobs(folder: string): Jobs | undefined {
  const path = join(folder, SLURM_FOLDER, JOBS_FILE);
  const text = findText(path);
  const hint = "Look for the jobs with squeue, and delete the file when there are none.";
  return text === undefined
    ? undefined
    : parseRecord(schema, text, { path, writer: "compare", hint });
}

export function writeJobs(folder: string, jobs: Jobs): void {
  const record: z.infer<typeof schema> = { format: "l3masking-slurm", version: 1, ...jobs };
  writeJson(join(folder, SLURM_FOLDER), JOBS_FILE, record);
}

/** Their numbers, that of the report first: it is not to begin while the others are being cancelled. */
export function jobNumbers({ arrays, report }: Jobs): number[] {
  return [...(report === null ? [] : [report]), ...arrays.map(({ job }) => job)];
}

/** The task of a ticket, by its line. */
export function taskOf({ arrays }: Jobs, line: number): { job: number; task: number } | undefined {
  const array = arrays.find(({ first, count }) => line >= first && line < first + count);
  return array && { job: array.job, task: line - array.first };
}

/** `job arrays 17, 21 and job 23 for the report` */
export function jobsText({ arrays, report }: Jobs): string {
  const numbers = arrays.map(({ job }) => job).join(", ");
  const runs = `job ${arrays.length === 1 ? "array" : "arrays"} ${numbers}`;
  return report === null ? runs : `${runs} and job ${report} for the report`;
}

/** `job array 17: 3 running on n1 and n2, 5 pending (Resources)`, a line for each job that Slurm still knows. */
export function jobLines(jobs: Jobs, tasks: readonly SchedulerTask[]): string[] {
  const arrays = jobs.arrays.map(({ job }) => lineOf(`job array ${job}`, job, tasks));
  const { report } = jobs;
  return [...arrays, ...(report === null ? [] : [lineOf(`report ${report}`, report, tasks)])];
}

function lineOf(title: string, job: number, tasks: readonly SchedulerTask[]): string {
  const own = tasks.filter((task) => task.job === job);
  const states = [...new Set(own.map(({ state }) => state))].sort();
  const parts = states.map((state) => stateText(own.filter((task) => task.state === state)));
  return `${title}: ${parts.length === 0 ? "no longer known to Slurm" : parts.join(", ")}`;
}

function stateText(tasks: readonly SchedulerTask[]): string {
  const { state } = tasks[0];
  const distinct = (values: readonly string[]) => [...new Set(values)].filter(Boolean).sort();
  const nodes = state === "RUNNING" ? distinct(tasks.map(({ node }) => node)) : [];
  const waiting = state === "PENDING" ? tasks : [];
  const reasons = distinct(waiting.map(({ reason }) => reason)).filter(
    (reason) => reason !== "None",
  );
  const where = nodes.length === 0 ? "" : ` on ${nodes.join(", ")}`;
  const why = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  return `${tasks.length} ${state.toLowerCase().replaceAll("_", " ")}${where}${why}`;
}

/** Is any of them still to run, or running? */
export function underWay(tasks: readonly SchedulerTask[]): boolean {
  return tasks.some((task) => !hasEnded(task));
}
