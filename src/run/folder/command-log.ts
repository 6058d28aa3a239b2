/** commands.jsonl of a comparison: every command that ran in the folder, with its wall time. */
import { z } from "zod";
import { findText } from "../../platform/files/files.js";
import { parseRecordLines } from "../../results/records/parse.js";
import { writeJsonLines } from "./run-folder.js";

const entry = z.object({ command: z.string(), seconds: z.number().min(0) });

export interface CommandLog {
  /** Adds the command that is about to end. A killed command leaves no line. */
  append(command: string, seconds: number): void;
}

/** Reads the log, if there is one. Throws `data-format` for a damaged line. */
export function openCommandLog(path: string): CommandLog {
  const entries = parseRecordLines(entry, findText(path) ?? "", {
    path,
    writer: "a comparison",
    hint: "Delete the file; only the record of wall times is lost.",
  });
  return {
    append(command, seconds) {
      entries.push({ command, seconds });
      // Rewritten as a whole, so that a kill leaves no partial line.
      writeJsonLines(path, entries);
    },
  };
}
