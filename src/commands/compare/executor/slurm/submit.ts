/** Writes tickets and scripts into the folder of a comparison, and hands them to Slurm. */
import { L3MaskingError } from "../../../../base/errors.js";
import { shellWords } from "../../../../base/shell-words.js";
import { makeFolder, readText, remove } from "../../../../platform/files/files.js";
import { join } from "../../../../platform/paths.js";
import { writeWhole } from "../../../../run/folder/run-folder.js";
import type { Host } from "../../../../run/host/host.js";
import { FAILURE_FILE, runFolderOf } from "../../run-ticket.js";
import { parseTicket, type Ticket, ticketLine } from "../../ticket.js";
import {
  arrayScript,
  logFolder,
  mergeScript,
  type ScriptPlace,
  SLURM_FOLDER,
} from "./batch-script.js";
import { type Jobs, jobNumbers, writeJobs } from "./jobs.js";
import { cancelJobs, mostTasks, submit } from "./scheduler.js";

export interface Submission {
  readonly place: ScriptPlace;
  /** What a person adds to sbatch's words, for all jobs: those of `sbatchOptions`. */
  readonly options: readonly string[];
  /** Runs under way at once; as many as the cluster gives where absent. */
  readonly atOnce?: number | undefined;
  /** The words after the program that write the report. */
  readonly reportWords: readonly string[];
}

/** The tickets that were submitted, one a line; in the folder of the jobs. */
const TICKETS_FILE = "tickets.jsonl";

/** What would take away what following, stopping and going on rely on. */
const refused =
  /^(--(array|dependency|no-requeue|open-mode|output|parsable|signal|test-only|wait|wrap)(=|$)|-[adoW])/;

/**
 * Submits a job array of all tickets (several, where it would be larger than the cluster allows) and a job that writes the
 * report when they have ended. If one is refused or a stop comes meanwhile, what was submitted before is cancelled.
 *
 * Throws `slurm-missing`, `slurm-failed` and `interrupted`.
 */
export async function submitTickets(
  tickets: readonly Ticket[],
  { place, options, atOnce, reportWords }: Submission,
  host: Pick<Host, "cancelled">,
): Promise<Jobs> {
  const size = await mostTasks();
  const { folder } = place;
  const own = join(folder, SLURM_FOLDER);
  remove(own);
  makeFolder(logFolder(folder));
  const file = join(own, TICKETS_FILE);
  writeWhole(file, tickets.map((ticket) => `${ticketLine(ticket)}\n`).join(""));
  writeWhole(join(own, "runs.sh"), arrayScript(place, { tickets: file, atOnce }));
  writeWhole(join(own, "report.sh"), mergeScript(place, reportWords));
  // What failed before is tried again.
  for (const ticket of tickets) remove(join(runFolderOf(ticket, folder), FAILURE_FILE));
  let jobs: Jobs = { arrays: [], report: null };
  const submitted = (more: Partial<Jobs>) => {
    jobs = { ...jobs, ...more };
    writeJobs(folder, jobs);
  };
  try {
    for (let first = 0; first < tickets.length; first += size) {
      const count = Math.min(size, tickets.length - first);
      const most = atOnce === undefined ? "" : `%${atOnce}`;
      const words = [`--array=0-${count - 1}${most}`, ...options, join(own, "runs.sh")];
      requireGoingOn(host);
      const job = await submit([...words, String(first)]);
      submitted({ arrays: [...jobs.arrays, { job, first, count }] });
    }
    const after = `--dependency=afterany:${jobs.arrays.map(({ job }) => job).join(":")}`;
    requireGoingOn(host);
    submitted({ report: await submit([after, ...options, join(own, "report.sh")]) });
    return jobs;
  } catch (error) {
    if (jobs.arrays.length > 0) await cancelJobs(jobNumbers(jobs));
    remove(own);
    throw error;
  }
}

/** What was submitted for the comparison in a folder, in the order of the lines. Throws `data-format` for a damaged file. */
export function submittedTickets(folder: string): Ticket[] {
  const path = join(folder, SLURM_FOLDER, TICKETS_FILE);
  const lines = readText(path).trimEnd().split("\n");
  return lines.map((line, index) => parseTicket(line, `${path} line ${index + 1}`));
}

/** The words of --slurm-options. Throws `invalid-setting` for an open quote, and for an option that a comparison sets itself. */
export function sbatchOptions(line = ""): string[] {
  const options = shellWords(line, "slurm-options");
  const option = options.find((word) => refused.test(word));
  if (option === undefined) return options;
  throw new L3MaskingError(
    "invalid-setting",
    `expected options for partition, time, memory and the like in --slurm-options, got ${option}`,
    { hint: `Leave ${option} out: the comparison sets it itself.` },
  );
}

function requireGoingOn({ cancelled }: Pick<Host, "cancelled">): void {
  if (!cancelled()) return;
  throw new L3MaskingError("interrupted", "stopped before all jobs were submitted", {
    hint: "None is left with Slurm. Run the same command again.",
  });
}
