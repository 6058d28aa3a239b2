/** The status of a comparison for people, line by line. */
import { counted } from "../../base/figures.js";
import type { ComparisonStatus, RunUnderWay } from "../../commands/compare/status.js";
import { toFlag } from "../../run/settings/resolve.js";
import { formatDuration } from "./progress.js";

/** Runs under way that are named. */
const SHOWN_RUNS = 40;

export function statusText(status: ComparisonStatus): string {
  const { folder, planned, finished, running, failed, stopped, waiting, seconds_left } = status;
  const { choosing = [] } = status;
  const failures = failed.reduce((sum, { count }) => sum + count, 0);
  const counts: readonly (readonly [string, number, string])[] = [
    ["finished", finished, ""],
    ["running", running.length, ""],
    ["failed", failures, ""],
    ["stopped", stopped, "begun, and nobody is at work on them"],
    ["waiting", waiting, ""],
  ];
  return [
    `${folder}: ${planned} ${planned === 1 ? "run" : "runs"}`,
    ...counts.map(([title, count, note]) => {
      const line = `  ${title.padEnd(8)}  ${String(count).padStart(6)}`;
      return note === "" || count === 0 ? line : `${line}  ${note}`;
    }),
    ...(seconds_left === undefined
      ? []
      : [`  about ${formatDuration(seconds_left)} left with ${running.length} at once`]),
    ...(choosing.length === 0
      ? []
      : [
          `  they choose ${choosing.map((name) => `--${toFlag(name)}`).join(", ")}; runs with what is chosen come after them`,
        ]),
    ...running.slice(0, SHOWN_RUNS).map(runLine),
    ...(running.length > SHOWN_RUNS ? [`and ${running.length - SHOWN_RUNS} more running`] : []),
    ...failed.map(({ code, message, count, name, attempts }) => {
      const many = count === 1 ? name : `${name} and ${count - 1} more`;
      return `failed  ${many} (${counted(attempts, "attempt")}): ${code}: ${message}`;
    }),
  ].join("\n");
}

/** Without a sign of life for this long a process has probably ended. */
const QUIET_SECONDS = 180;

function runLine({ name, progress, quiet_seconds }: RunUnderWay): string {
  const steps = progress
    ? [`${progress.done}/${progress.total} steps`]
    : ["preparing or evaluating"];
  const left = progress?.seconds_left ?? undefined;
  return [
    `running  ${name}`,
    ...steps,
    ...(left === undefined ? [] : [`${formatDuration(left)} left`]),
    ...(quiet_seconds > QUIET_SECONDS
      ? [`no sign of life for ${formatDuration(quiet_seconds)}`]
      : []),
  ].join("  ");
}
