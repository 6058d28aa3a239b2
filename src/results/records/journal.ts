/** Reads journal.jsonl of a run back into events. */
import { type JournalEvent, journalEvent } from "../../method/train/events.js";
import { parseRecord, parseRecordLines } from "./parse.js";

const writer = "a run";
const hint =
  "The journal was edited or is incomplete: start the run again in another --output-dir.";

/** The events of a whole journal in their order. Throws `data-format` naming the first line that is not an event. */
export function parseJournal(text: string, path: string): JournalEvent[] {
  return parseRecordLines(journalEvent, text, { path, writer, hint });
}

/** The event of one line; `path` says where that line is, for the `data-format` error. */
export function parseJournalLine(line: string, path: string): JournalEvent {
  return parseRecord(journalEvent, line, { path, writer, hint });
}
