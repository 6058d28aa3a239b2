/** What a process and all that it started use, as Linux counts it. */
import { readdirSync, readFileSync } from "node:fs";

export interface TreeUse {
  /** The most memory that they held together at one of the looks. */
  readonly peakBytes: number;
  /** Processor time of all threads, as of the last look. */
  readonly processorSeconds: number;
}

/** Clock ticks of /proc a second; the same on every Linux that Node runs on. */
const TICKS = 100;
const LOOK_MILLISECONDS = 50;

/** Looks at the tree of a process every 50 ms until `end`. Both figures are NaN where the system has no /proc. */
export function watchTree(pid: number): { end(): TreeUse } {
  let peakBytes = Number.NaN;
  // A process that has ended is counted by its last look.
  const seconds = new Map<number, number>();
  const look = () => {
    const found = treeOf(pid).flatMap((member) => useOf(member) ?? []);
    for (const { member, processorSeconds } of found) seconds.set(member, processorSeconds);
    const bytes = found.reduce((total, use) => total + use.bytes, 0);
    if (found.length > 0) peakBytes = Number.isNaN(peakBytes) ? bytes : Math.max(peakBytes, bytes);
  };
  look();
  const timer = setInterval(look, LOOK_MILLISECONDS);
  return {
    end() {
      clearInterval(timer);
      const total = [...seconds.values()].reduce((sum, each) => sum + each, 0);
      return { peakBytes, processorSeconds: seconds.size === 0 ? Number.NaN : total };
    },
  };
}

/** A process and its descendants. */
function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  const tasks = whileItLives(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return tasks.flatMap((task) => {
    const text = whileItLives(() => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8"));
    return (text ?? "").split(" ").filter(Boolean).map(Number);
  });
}

function useOf(member: number) {
  const status = whileItLives(() => readFileSync(`/proc/${member}/status`, "utf8"));
  const stat = whileItLives(() => readFileSync(`/proc/${member}/stat`, "utf8"));
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? "");
  if (resident === null || stat === undefined) return undefined;
  // The second field, a name in brackets, may hold spaces; user and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const processorSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
  return { member, bytes: 1024 * Number(resident[1]), processorSeconds };
}

/** Undefined once the process is gone, and on systems without /proc. */
function whileItLives<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
