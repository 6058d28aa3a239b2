/** The journal of a run on disk: one JSON object a line, appended as it happens. */
import { closeSync, fsyncSync, openSync } from "node:fs";
import type { JournalEvent } from "../../method/train/events.js";
import { writeBytes, writing } from "../../platform/files/durable.js";

export interface Journal {
  write(event: JournalEvent): void;
  /** Returns when everything written is on disk, so that a state that is saved next finds its steps there. */
  flush(): void;
  close(): void;
}

/** Opens a journal for appending. Opening and writing throw `disk-full` and `output-unwritable`. */
export function openJournal(path: string): Journal {
  const descriptor = writing(path, () => openSync(path, "a"));
  return {
    write(event) {
      const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
      writing(path, () => writeBytes(descriptor, line));
    },
    flush: () => writing(path, () => fsyncSync(descriptor)),
    close: () => closeSync(descriptor),
  };
}
