/**
 * A side of a benchmark as a child process that lives through all turns: one JSON object a line asks for work, one
 * answers when it is done. A side that is not asked does nothing, so the other has the machine to itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import * as z from "zod";
import { L3MaskingError } from "../../src/base/errors.js";

/** What a side is asked to do. */
export type Request = { readonly do: string } & Readonly<
  Record<string, string | number | readonly number[]>
>;

export const answerSchema = z.strictObject({
  /** Of the work alone, measured inside the side. */
  seconds: z.number(),
  values: z.record(z.string(), z.number()),
  list: z.array(z.number()).default([]),
});

export const readySchema = z.strictObject({ versions: z.record(z.string(), z.string()) });
export const errorSchema = z.strictObject({ error: z.string() });

export type Answer = z.infer<typeof answerSchema>;

export interface Side {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  ask(request: Request): Promise<Answer>;
  close(): Promise<void>;
}

export interface SideProgram {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const children = new Set<ChildProcess>();

/** Ends all sides at once; for Ctrl-C. */
export function endSides(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** How much of what a side says on standard error is shown when it fails. */
const TAIL = 2000;

/** Starts a side and waits until it is ready. Throws `worker-failed` with its last words if it ends or fails. */
export async function openSide(program: SideProgram): Promise<Side> {
  const { name, command, words, environment } = program;
  const child = spawn(command, words, {
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.add(child);
  let heard = "";
  child.stderr.on("data", (data: Buffer) => {
    heard = (heard + data.toString()).slice(-TAIL);
  });
  const failed = (what: string) =>
    new L3MaskingError("worker-failed", `${name} ${what}${heard === "" ? "" : `\n${heard}`}`, {
      hint: `Run it by hand: ${[command, ...words].join(" ")}`,
    });

  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  let ended: L3MaskingError | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => waiting?.resolve(line));
  const exited = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      ended = failed(`could not be started: ${error.message}`);
      waiting?.reject(ended);
      resolve();
    });
    child.once("close", (code, signal) => {
      children.delete(child);
      ended ??= failed(`ended (${signal ?? `exit code ${code}`})`);
      waiting?.reject(ended);
      resolve();
    });
  });
  // A side that has ended answers no more; the error of `close` says so.
  child.stdin.on("error", () => undefined);

  const nextLine = async (): Promise<unknown> => {
    const line = await new Promise<string>((resolve, reject) => {
      if (ended !== undefined) reject(ended);
      else waiting = { resolve, reject };
    });
    waiting = undefined;
    const value: unknown = JSON.parse(line);
    const error = errorSchema.safeParse(value);
    if (error.success) throw failed(`failed: ${error.data.error}`);
    return value;
  };

  const { versions } = readySchema.parse(await nextLine());
  return {
    name,
    versions,
    async ask(request) {
      const answer = nextLine();
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answerSchema.parse(await answer);
    },
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}
