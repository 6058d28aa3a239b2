/** commands.jsonl of a comparison: every command that worked in the folder, with its wall time. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { writeDurably } from "../../platform/files/durable.js";
import { findText } from "../../platform/files/files.js";
import type { ComparedRun, WallTime } from "../../results/records/comparison.js";

const lineSchema = z.object({ command: z.string(), seconds: z.number().min(0) });

export interface CommandLog {
  /** Adds the command that is about to end. One that is killed leaves no line. */
  append(command: string, seconds: number): void;
  /** Of the last command, of all, and of the runs. */
  wallTime(runs: readonly Pick<ComparedRun, "timing">[]): WallTime;
}

/** Reads the log, if there is one. Throws `data-format` for a damaged line. */
export function openCommandLog(path: string): CommandLog {
  const lines = (findText(path) ?? "").split("\n").filter(Boolean);
  const times = lines.map((line, index) => secondsOf(line, `${path} line ${index + 1}`));
  return {
    append(command, seconds) {
      lines.push(JSON.stringify({ command, seconds }));
      // The whole file anew, so that a kill leaves no torn line.
      writeDurably(
        path,
        lines.map((line) => `${line}\n`),
      );
      times.push(seconds);
    },
    wallTime: (runs) => ({
      this_command_seconds: times.at(-1) ?? 0,
      all_commands_seconds: times.reduce((sum, seconds) => sum + seconds, 0),
      runs_seconds: runs.reduce(
        (sum, { timing }) => sum + timing.scoring_seconds + timing.training_seconds,
        0,
      ),
    }),
  };
}

function secondsOf(line: string, where: string): number {
  try {
    return lineSchema.parse(JSON.parse(line)).seconds;
  } catch (cause) {
    throw new L3MaskingError("data-format", `${where}: expected a command and its seconds`, {
      hint: "Remove the file; only the record of wall times is lost.",
      cause,
    });
  }
}
