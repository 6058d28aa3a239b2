/** The journal of a run on disk: one JSON object a line, appended as it happens. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { JournalEvent } from "./events.js";

export interface Journal {
  write(event: JournalEvent): void;
  close(): void;
}

/** Opens a journal for appending. */
export function openJournal(path: string): Journal {
  const descriptor = openSync(path, "a");
  return {
    write: (event) => {
      writeSync(descriptor, `${JSON.stringify(event)}\n`);
    },
    close: () => closeSync(descriptor),
  };
}
