/** journal.jsonl of a run as events again. */
import { type JournalEvent, journalEvent } from "../../method/train/events.js";
import { parseRecord, parseRecordLines } from "./parse.js";

const writer = "a run";
const hint = "The journal was changed or torn: start the run again in another --output-dir.";

/** The events of a whole journal in their order. Throws `data-format` naming the first line that is none. */
export function parseJournal(text: string, path: string): JournalEvent[] {
  return parseRecordLines(journalEvent, text, { path, writer, hint });
}

/** The event of one line; `path` is its place, for the `data-format` error of what is none. */
export function parseJournalLine(line: string, path: string): JournalEvent {
  return parseRecord(journalEvent, line, { path, writer, hint });
}
