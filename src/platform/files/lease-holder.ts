/** Who holds a folder: a process, and among whose process numbers it counts. */
import { hostname, networkInterfaces } from "node:os";
import { z } from "zod";
import { systemCode } from "./failures.js";
import { readLink, readText } from "./files.js";

const schema = z.object({
  command: z.string(),
  pid: z.number().int().min(1),
  host: z.string(),
  /** Day and time, ISO 8601. */
  since: z.string(),
  /** When the process began, as the system counts; null where it does not tell. A later process may get the same pid. */
  process_start: z.string().nullable(),
  /** Where the pid means this process: one start of one machine, and one PID namespace in it; null where that is unknown. */
  pid_space: z.string().nullable(),
});

export type Holder = z.infer<typeof schema>;

/** This process. `since`: day and time, ISO 8601. */
export function thisProcess(command: string, since: string): Holder {
  return {
    command,
    pid: process.pid,
    host: hostname(),
    since,
    process_start: processStart(process.pid) ?? null,
    pid_space: pidSpace() ?? null,
  };
}

/** The holder that a file names; undefined for one that is damaged or of another version. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function titleOf(holder: Holder | undefined): string {
  if (holder === undefined) return "another command";
  const { command, pid, host, since } = holder;
  return `${command} (process ${pid} on ${host} since ${since})`;
}

/** Whether a holder still runs, as this process sees it; undefined where its pid means nothing here. */
export function isRunning({ pid, pid_space, process_start }: Holder): boolean | undefined {
  if (pid_space === null || pid_space !== pidSpace()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    if (systemCode(error) === "ESRCH") return false;
  }
  const start = processStart(pid);
  return process_start === null || start === undefined || start === process_start;
}

/**
 * What is the same for two processes only if they see each other by their pids. On Linux the start of the machine and the PID
 * namespace; elsewhere, where there are no namespaces, the name and all network addresses of the machine, as two machines may
 * have one name. Undefined where there is nothing certain.
 */
export function pidSpace(): string | undefined {
  if (process.platform === "linux") {
    try {
      const boot = readText("/proc/sys/kernel/random/boot_id").trim();
      return `${boot} ${readLink("/proc/self/ns/pid")}`;
    } catch {
      return undefined;
    }
  }
  const addresses = Object.values(networkInterfaces())
    .flatMap((cards) => cards ?? [])
    .filter(({ internal, mac }) => !internal && mac !== "00:00:00:00:00:00")
    .map(({ mac }) => mac);
  if (addresses.length === 0) return undefined;
  return [hostname(), ...[...new Set(addresses)].sort()].join(" ");
}

/** Fields of /proc/PID/stat after the name, which ends with the last parenthesis: state first, start time the 20th. */
const STATE = 0;
const START_TIME = 19;

/**
 * Clock ticks from the start of the machine to that of the process; "ended" for one that only waits to be forgotten;
 * undefined where the system has no /proc.
 */
function processStart(pid: number): string | undefined {
  let text: string;
  try {
    text = readText(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[STATE] === "Z" || fields[STATE] === "X" ? "ended" : fields[START_TIME];
}
