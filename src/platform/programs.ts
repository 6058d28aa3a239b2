/** Other programs of this machine, run to their end. */
import { spawn } from "node:child_process";
import { systemCode } from "./files/failures.js";

/** How a program ended. */
export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of this process without the variables whose names are refused. */
export function environmentWithout(isRefused: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isRefused(name)));
}

/**
 * Runs a program that stands on the path, without a shell; undefined where there is none of that name. A Ctrl-C at the terminal is
 * for this process alone.
 */
export function runProgram(
  name: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ProgramEnd | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, words, {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own.
      detached: true,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => {
      if (systemCode(error) === "ENOENT") resolve(undefined);
      else reject(error);
    });
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
