/** The journal of a run on disk: one JSON object a line, appended as it happens. */
import type { JournalEvent } from "../../method/train/events.js";
import { writing } from "../../platform/files/failures.js";
import { openToWrite } from "../../platform/files/files.js";

export interface Journal {
  write(event: JournalEvent): void;
  /** Returns when everything written is on disk, so that a state saved next never precedes its steps. */
  flush(): void;
  close(): void;
}

/** Opens a journal for appending. Opening and writing throw `disk-full` and `output-unwritable`. */
export function openJournal(path: string): Journal {
  const file = writing(path, () => openToWrite(path, "append"));
  return {
    write(event) {
      const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
      writing(path, () => file.write(line));
    },
    flush: () => writing(path, () => file.flush()),
    close: () => file.close(),
  };
}
