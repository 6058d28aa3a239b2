/** What a command is: what help says of it, its settings, and the function that runs it. */
import type { z } from "zod";
import type { Host } from "../run/host/host.js";

/** What the command line shows of a command. */
export interface CommandHelp {
  readonly summary: string;
  /** Words that belong to no flag. */
  readonly operands?: Operands;
  readonly examples: readonly string[];
  /** Is an interrupt the way to end it, and no failure? */
  readonly endsByInterrupt?: boolean;
}

export interface Operands {
  /** "DIR" for a single word, "TEXT..." for any number. */
  readonly syntax: string;
  readonly description: string;
  /** The setting that the words stand for; "files" for the files of the splits, which their names tell apart. */
  readonly fills: string;
}

interface CommandParts<Schema extends z.ZodObject, Result> {
  /** Absent for a call of the library that the command line does not have. */
  readonly help?: CommandHelp;
  /** Loads the schema of its settings: help of all commands does without. */
  settings(): Promise<Schema>;
  /** Loads the function that runs it, and with it all that the command needs. */
  load(): Promise<(settings: z.output<Schema>, host: Host) => Promise<Result>>;
}

export interface Command<Result> {
  readonly help: CommandHelp | undefined;
  settings(): Promise<z.ZodObject>;
  load(): Promise<unknown>;
  /** Throws the errors of `resolveSettings` and `requireOutputsApart` for what it is given, and the command's own. */
  run(given: unknown, host: Host): Promise<Result>;
}

/** A command that checks what it is given against its settings, then runs. */
export function command<Schema extends z.ZodObject, Result>({
  help,
  settings,
  load,
}: CommandParts<Schema, Result>): Command<Result> {
  return {
    help,
    settings,
    load,
    async run(given, host) {
      const [{ recordsOf }, { resolveSettings }, { requireOutputsApart }] = await Promise.all([
        import("../run/settings/schemas.js"),
        import("../run/settings/resolve.js"),
        import("../run/folder/outputs-apart.js"),
      ]);
      const schema = await settings();
      const resolved = resolveSettings(schema, given);
      requireOutputsApart({
        records: recordsOf(schema),
        values: resolved,
        caches: [host.cacheFolder, host.hub.cacheFolder],
      });
      const run = await load();
      return run(resolved, host);
    },
  };
}
