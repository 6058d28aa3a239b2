/** How much memory a command can still take: what the machine can give, or less where a control group says so. */
import { readFileSync } from "node:fs";

export interface AvailableMemory {
  readonly bytes: number;
  /** What sets the bound. */
  readonly bound: "machine" | "control group";
}

/** The text of a file of the system; undefined where there is none. */
export type ReadSystemFile = (path: string) => string | undefined;

/** Of this process, now. */
export function availableMemory(): AvailableMemory {
  return leastAvailable(systemFile, process.availableMemory());
}

/**
 * The least of what the machine has (MemAvailable of /proc/meminfo, else `otherwise`: what Node calls available) and what each control group of
 * the process allows, from its own up to the root: the limit, less what the group holds and cannot give back. Both
 * versions of control groups are read.
 */
export function leastAvailable(read: ReadSystemFile, otherwise: number): AvailableMemory {
  const kibibytes = numberAfter(read("/proc/meminfo"), "MemAvailable:");
  const ofMachine = kibibytes === undefined ? otherwise : kibibytes * 1024;
  const ofGroups = groupFolders(read("/proc/self/cgroup") ?? "")
    .map(({ folder, names }) => roomIn(folder, names, read))
    .filter((bytes) => bytes !== undefined);
  const least = Math.min(...ofGroups);
  return least < ofMachine
    ? { bytes: least, bound: "control group" }
    : { bytes: ofMachine, bound: "machine" };
}

interface GroupFiles {
  readonly limit: string;
  readonly usage: string;
  /** Of memory.stat: pages of files that nobody reads just now. They count as used, but make room when it is needed. */
  readonly reclaimable: string;
}

const version1: GroupFiles = {
  limit: "memory.limit_in_bytes",
  usage: "memory.usage_in_bytes",
  reclaimable: "total_inactive_file",
};
const version2: GroupFiles = {
  limit: "memory.max",
  usage: "memory.current",
  reclaimable: "inactive_file",
};

/**
 * The folders of the groups that /proc/self/cgroup names, "hierarchy:controllers:path", and of those above them. In a
 * container a path may be that of the host, whose folder is missing; the root is then the container's own group.
 */
function groupFolders(text: string): { folder: string; names: GroupFiles }[] {
  return text.split("\n").flatMap((line) => {
    const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    const isVersion2 = hierarchy === "0" && controllers === "";
    if (!isVersion2 && !controllers?.split(",").includes("memory")) return [];
    const root = isVersion2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const steps = path.split("/").filter((step) => step !== "");
    return Array.from({ length: steps.length + 1 }, (_, depth) => ({
      folder: [root, ...steps.slice(0, steps.length - depth)].join("/"),
      names: isVersion2 ? version2 : version1,
    }));
  });
}

/** Undefined for a group without a limit ("max", or more than any machine has). */
function roomIn(folder: string, names: GroupFiles, read: ReadSystemFile): number | undefined {
  const limit = Number(read(`${folder}/${names.limit}`) ?? Number.NaN);
  const usage = Number(read(`${folder}/${names.usage}`) ?? Number.NaN);
  if (!(limit < Number.MAX_SAFE_INTEGER) || Number.isNaN(usage)) return undefined;
  const reclaimable = numberAfter(read(`${folder}/memory.stat`), names.reclaimable) ?? 0;
  return Math.max(0, limit - (usage - reclaimable));
}

/** The number that follows a word at the start of a line. */
function numberAfter(text: string | undefined, word: string): number | undefined {
  const line = text?.split("\n").find((candidate) => candidate.split(/\s+/)[0] === word);
  return line === undefined ? undefined : Number(line.split(/\s+/)[1]);
}

function systemFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Another system, or another version of control groups.
    return undefined;
  }
}
