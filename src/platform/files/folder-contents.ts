/** What is in a folder, for those who look at it from a page. */
import type { ZipFile } from "../../base/zip.js";
import { join } from "../paths.js";
import { entryAt, listFolder, readBytes } from "./files.js";

export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Bytes of a file; 0 for a folder. */
  readonly size: number;
}

/** The files and folders in a folder by name, without pipes and devices. Throws the system's error where there is no folder. */
export function entriesIn(folder: string): FolderEntry[] {
  return listFolder(folder)
    .sort()
    .flatMap((name): FolderEntry[] => {
      const entry = entryAt(join(folder, name));
      if (entry === undefined || entry.kind === "other") return [];
      return [{ name, kind: entry.kind, size: entry.kind === "file" ? entry.size : 0 }];
    });
}

/** Every file below a folder, as the files of an archive below `name`. Throws the system's error for what cannot be read. */
export function filesToZip(folder: string, name: string): ZipFile[] {
  return entriesIn(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    const inside = `${name}/${entry.name}`;
    return entry.kind === "folder"
      ? filesToZip(path, inside)
      : [{ name: inside, bytes: new Uint8Array(readBytes(path)) }];
  });
}
