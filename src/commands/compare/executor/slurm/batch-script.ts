/** The scripts that Slurm runs for a comparison: one for the tasks of a job array, one for the job that writes the report. */
import { shellWord } from "../../../../base/shell-words.js";
import { basename, join } from "../../../../platform/paths.js";

/** What both scripts need. All paths are absolute, and the same on every node. */
export interface ScriptPlace {
  /** The program that runs ours, and ours. */
  readonly node: string;
  readonly program: string;
  /** Of the comparison. */
  readonly folder: string;
  /** Where the command was given: relative paths start there. */
  readonly workingFolder: string;
  /** Of the caches. */
  readonly cacheFolder: string;
  /** Processors of a run; Slurm's default where absent. */
  readonly threads?: number | undefined;
}

/** What the comparison's folder holds of its jobs. */
export const SLURM_FOLDER = "slurm";

/** Seconds before the end of its walltime at which a run is told to save its state; Slurm may be up to 60 s early. */
export const SAVING_SECONDS = 120;

/** The folder of what the jobs print. */
export function logFolder(folder: string): string {
  return join(folder, SLURM_FOLDER, "logs");
}

/** What a task printed, or with `job` alone the job that writes the report. */
export function logFile(folder: string, job: number, task?: number): string {
  return join(logFolder(folder), `${job}${task === undefined ? "" : `_${task}`}.log`);
}

/**
 * The script of a job array, whose tasks 0 to `count` - 1 are the tickets in the lines of `tickets` after the first `$1`. Before
 * the walltime ends it is sent USR2 (`B:`, to the script itself), stops the run, which saves its state, and has Slurm queue the task again.
 * A TERM, as from `scancel`, stops the run too.
 */
export function arrayScript(
  place: ScriptPlace,
  { tickets, atOnce }: { readonly tickets: string; readonly atOnce?: number | undefined },
): string {
  const { node, program, folder } = place;
  return `${head(place, "%A_%a.log", place.threads)}#SBATCH --signal=B:USR2@${SAVING_SECONDS}
# Submitted with --array=0-LAST${atOnce === undefined ? "" : `%${atOnce}`} and the number of the lines before its first.
ticket=$(( \${1:-0} + SLURM_ARRAY_TASK_ID + 1 ))
${beginning(place)}
run=
again=no
stopped=no
stop() {
  stopped=yes
  [ -z "$run" ] || kill -TERM "$run" 2>/dev/null
}
trap 'again=yes; stop' USR2
trap stop TERM
${[node, program, "compare", "--output-dir", folder].map(shellWord).join(" ")} --ticket ${shellWord(tickets)}"#$ticket" &
run=$!
# A signal may have come just before.
[ "$stopped" = no ] || stop
wait "$run"
code=$?
# A signal ends the waiting, not the run.
while kill -0 "$run" 2>/dev/null; do
  wait "$run"
  code=$?
done
trap '' USR2 TERM
if [ "$again" = yes ] && [ "$code" = 130 ]; then
  # Not by SLURM_JOB_ID: one task's is that of the whole array.
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
`;
}

/** The script of the job that writes the report, when no run is under way any more. */
export function mergeScript(place: ScriptPlace, words: readonly string[]): string {
  const { node, program } = place;
  return `${head(place, "%j.log")}${beginning(place)}
exec ${[node, program, ...words].map(shellWord).join(" ")}
`;
}

/** `log` names what a job prints in Slurm's patterns. */
function head({ folder }: ScriptPlace, log: string, threads?: number): string {
  const logs = logFolder(folder).replaceAll("%", "%%");
  const options = [
    `--job-name=${quoted(`l3masking ${basename(folder)}`)}`,
    `--output=${quoted(join(logs, log))}`,
    "--open-mode=append",
    "--requeue",
    ...(threads === undefined ? [] : [`--cpus-per-task=${threads}`]),
  ];
  return `#!/bin/bash\n${options.map((option) => `#SBATCH ${option}\n`).join("")}`;
}

function beginning({ workingFolder, cacheFolder }: ScriptPlace): string {
  return `cd ${shellWord(workingFolder)} || exit
export L3MASKING_CACHE=${shellWord(cacheFolder)}`;
}

/** As sbatch reads the value of an option in a script. */
function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}
