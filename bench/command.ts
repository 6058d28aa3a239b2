/** The command line as a child process, and when it says something. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { L3MaskingError } from "../src/base/errors.js";
import { type TreeUse, watchTree } from "./process-tree.js";

const running = new Set<ChildProcess>();

/** Ends all commands at once; for Ctrl-C. */
export function endCommands(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** What a run of a command took. */
export interface CommandRun extends TreeUse {
  readonly seconds: number;
  /** Until the line that was waited for; undefined if it did not come. */
  readonly secondsToLine: number | undefined;
  /** The last line of its standard output. */
  readonly lastLine: string;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The line of its standard output that is waited for. */
  readonly isLine?: (line: string) => boolean;
}

/** Runs a program with some words and waits for its end. Throws `worker-failed` if it fails. */
export async function runCommand(
  program: string,
  words: readonly string[],
  { environment = {}, isLine = () => false }: CommandOptions = {},
): Promise<CommandRun> {
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  const child = spawn(program, words, {
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const watch = watchTree(child.pid ?? Number.NaN);
  let secondsToLine: number | undefined;
  let lastLine = "";
  let heard = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    lastLine = line;
    if (secondsToLine === undefined && isLine(line)) secondsToLine = since();
  });
  child.stderr.on("data", (data: Buffer) => {
    heard = (heard + data.toString()).slice(-2000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const seconds = since();
    if (code === 0) return { seconds, secondsToLine, lastLine, ...watch.end() };
    throw new L3MaskingError(
      "worker-failed",
      `expected exit code 0 of ${program} ${words.join(" ")}, got ${code}\n${lastLine}\n${heard}`,
    );
  } finally {
    watch.end();
    running.delete(child);
  }
}

/** `runCommand` of this Node. */
export function runNode(words: readonly string[], options?: CommandOptions): Promise<CommandRun> {
  return runCommand(process.execPath, words, options);
}

/** Words that run the built command line. */
export function commandLine(root: string, ...words: readonly string[]): string[] {
  return [join(root, "dist/apps/cli/main.js"), ...words];
}
