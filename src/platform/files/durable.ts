/** Files that a kill or a power cut leaves whole: written beside, flushed, renamed. */
import { dirname } from "../paths.js";
import { writing } from "./failures.js";
import { entryAt, openToWrite, realPath, remove, rename, syncFolder } from "./files.js";
import { partialPlace } from "./held-folders.js";

/**
 * Writes a file so that a reader finds the old content or the new one, never a part, and so that it stays once this
 * returns; see `openDurably`. Throws what `writeError` gives.
 */
export function writeDurably(path: string, pieces: Iterable<string | Uint8Array>): void {
  const file = openDurably(path);
  try {
    writing(path, () => {
      for (const piece of pieces) file.write(piece);
    });
  } catch (error) {
    file.abandon();
    throw error;
  }
  file.finish();
}

/** A file that is being written. */
export interface DurableFile {
  write(piece: string | Uint8Array): void;
  /** Gives the file its name; nothing can be written after that. */
  finish(): void;
  /** Leaves what was there before. */
  abandon(): void;
}

/**
 * Begins a file whose content goes to PATH.partial (or into the lease of a folder that this thread holds), is flushed, takes
 * the place of PATH, and the folder is flushed. A link
 * is followed; what is no regular file (a pipe, a device) is written to directly. Throws what `writeError` gives, as all
 * of the file's functions do.
 */
export function openDurably(path: string): DurableFile {
  const target = writing(path, () => placeOf(path));
  const place = target === undefined ? path : writing(path, () => partialPlace(target));
  const file = writing(path, () => openToWrite(place, "replace"));
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  const abandon = () => {
    close();
    if (target !== undefined) remove(place);
  };
  const encoder = new TextEncoder();
  return {
    write(piece) {
      const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
      writing(path, () => file.write(bytes));
    },
    abandon,
    finish() {
      writing(path, () => {
        try {
          if (target !== undefined) file.flush();
          close();
          if (target !== undefined) rename(place, target);
        } catch (error) {
          abandon();
          throw error;
        }
        if (target !== undefined) syncFolder(dirname(target));
      });
    },
  };
}

/** Where a file is replaced by renaming; undefined for what is no regular file. */
function placeOf(path: string): string | undefined {
  const found = entryAt(path);
  if (found === undefined) return path;
  return found.kind === "file" ? realPath(path) : undefined;
}
