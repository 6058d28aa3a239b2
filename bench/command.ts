/** The command line as a child process, and when it says something. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { L3MaskingError } from "../src/base/errors.js";

const running = new Set<ChildProcess>();

/** Ends all commands at once; for Ctrl-C. */
export function endCommands(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** How long a command took, and how long until the line that was waited for. */
export interface CommandTimes {
  readonly seconds: number;
  readonly secondsToLine: number | undefined;
}

/**
 * Runs `node` with some words and waits for its end. `isLine` tells the line of its standard output that is waited for.
 *
 * Throws `worker-failed` if it fails.
 */
export async function runNode(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  isLine: (line: string) => boolean = () => false,
): Promise<CommandTimes> {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  const child = spawn(process.execPath, words, {
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let secondsToLine: number | undefined;
  let heard = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    heard = line;
    if (secondsToLine === undefined && isLine(line)) secondsToLine = since();
  });
  child.stderr.on("data", (data: Buffer) => {
    heard = (heard + data.toString()).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const seconds = since();
  running.delete(child);
  if (code === 0) return { seconds, secondsToLine };
  throw new L3MaskingError(
    "worker-failed",
    `expected exit code 0 of node ${words.join(" ")}, got ${code}\n${heard}`,
  );
}

/** Words that run the built command line. */
export function commandLine(root: string, ...words: readonly string[]): string[] {
  return [join(root, "dist/apps/cli/main.js"), ...words];
}
