/**
 * Files and folders of a page, in place of `platform/files/system.ts`: those of one volume, in memory until `mount` is called.
 * There are no links and no pipes.
 */
import type { Entry, InputFile, OutputFile } from "../../files/system.js";
import { dirname, join, resolve } from "../paths.js";
import { memoryStorage } from "./storage.js";
import { type SystemErrorCode, systemError } from "./system-error.js";
import { openVolume, type Stored, type StoredFile, type Volume } from "./volume.js";

export type { Entry, InputFile, OutputFile } from "../../files/system.js";

let volume = openVolume(memoryStorage());

/** From here on all files are those of this volume. */
export function mount(other: Volume): void {
  volume = other;
}

export function entryAt(path: string): Entry | undefined {
  const found = volume.entries.get(resolve(path));
  if (found === undefined) return undefined;
  return { kind: found.kind, size: found.kind === "file" ? found.size : 0 };
}

export function fileIdentity(path: string): string {
  return realPath(path);
}

export function fileSystemOf(path: string): number {
  require(path);
  return 0;
}

export function realPath(path: string): string {
  require(path);
  return resolve(path);
}

export function exists(path: string): boolean {
  return volume.entries.has(resolve(path));
}

export function listFolder(folder: string): string[] {
  if (require(folder).kind !== "folder") throw failed("ENOTDIR", folder);
  return below(resolve(folder)).filter((name) => !name.includes("/"));
}

export function readBytes(path: string): Uint8Array {
  const file = requireFile(path);
  const bytes = new Uint8Array(file.size);
  volume.read(file, bytes, 0);
  return bytes;
}

export function openToRead(path: string): InputFile {
  const file = requireFile(path);
  file.users += 1;
  return {
    size: file.size,
    read: (target, position) => volume.read(file, target, position),
    close: () => leave(file),
  };
}

export function* piecesOf(path: string, pieceBytes = 1 << 20): Generator<Uint8Array> {
  const file = openToRead(path);
  try {
    const buffer = new Uint8Array(pieceBytes);
    for (let position = 0; ; ) {
      const count = file.read(buffer, position);
      if (count === 0) return;
      yield buffer.subarray(0, count);
      position += count;
    }
  } finally {
    file.close();
  }
}

/** A page has none. */
export function standardInput(): Generator<Uint8Array> {
  throw failed("ENOENT", "standard input");
}

export function openToWrite(path: string, opening: "append" | "replace" | "new"): OutputFile {
  const there = volume.entries.get(resolve(path));
  if (there !== undefined && opening === "new") throw failed("EEXIST", path);
  if (there?.kind === "folder") throw failed("EISDIR", path);
  const file = opening === "append" && there !== undefined ? there : volume.create();
  if (file === there) file.users += 1;
  else put(path, file);
  return {
    write: (bytes) => volume.append(file, bytes),
    truncate: (length) => volume.cut(file, length),
    flush: () => volume.commit(),
    close() {
      volume.trim(file);
      leave(file);
    },
  };
}

export function rename(from: string, to: string): void {
  for (const path of [from, to]) requireFolderAbove(path);
  const moved = require(from);
  const [source, target] = [resolve(from), resolve(to)];
  if (source === target) return;
  if (`${target}/`.startsWith(`${source}/`)) throw failed("EINVAL", to);
  const there = volume.entries.get(target);
  if (there?.kind === "folder") {
    if (moved.kind === "file") throw failed("EISDIR", to);
    removeEmptyFolder(to);
  } else if (there !== undefined && moved.kind === "folder") throw failed("ENOTDIR", to);
  put(to, moved);
  for (const name of below(source)) {
    const entry = volume.entries.get(`${source}/${name}`);
    volume.entries.delete(`${source}/${name}`);
    if (entry !== undefined) volume.entries.set(`${target}/${name}`, entry);
  }
  volume.entries.delete(source);
}

export function copyFile(from: string, to: string): void {
  requireFile(from);
  const output = openToWrite(to, "replace");
  try {
    for (const piece of piecesOf(from)) output.write(piece);
  } finally {
    output.close();
  }
}

export function makeLink(path: string, _target: string): void {
  throw failed("ENOTSUP", path);
}

export function readLink(path: string): string {
  require(path);
  throw failed("EINVAL", path);
}

export function remove(path: string): void {
  const target = resolve(path);
  if (!exists(target)) {
    if (codeOfNothing(target) === "ENOTDIR") throw failed("ENOTDIR", path);
    return;
  }
  for (const name of below(target)) forget(join(target, name));
  // The root stays.
  if (target !== "/") forget(target);
}

export function removeEmptyFolder(path: string): void {
  if (require(path).kind !== "folder") throw failed("ENOTDIR", path);
  if (below(resolve(path)).length > 0) throw failed("ENOTEMPTY", path);
  volume.entries.delete(resolve(path));
}

export function makeNewFolder(path: string): void {
  if (exists(path)) throw failed("EEXIST", path);
  put(path, { kind: "folder" });
}

export function syncFolder(folder: string): void {
  require(folder);
  volume.commit();
}

/** What is in a folder and the folders in it, as paths from there. */
function below(folder: string): string[] {
  const start = folder === "/" ? "/" : `${folder}/`;
  return [...volume.entries.keys()]
    .filter((path) => path.startsWith(start) && path !== start)
    .map((path) => path.slice(start.length));
}

/** Gives an entry its name, in place of a file that has it. */
function put(path: string, entry: Stored): void {
  const target = resolve(path);
  requireFolderAbove(path);
  forget(target);
  if (entry.kind === "file") entry.named = true;
  volume.entries.set(target, entry);
}

function forget(path: string): void {
  const entry = volume.entries.get(path);
  if (entry === undefined) return;
  volume.entries.delete(path);
  if (entry.kind === "folder") return;
  entry.named = false;
  volume.letGo(entry);
}

function leave(file: StoredFile): void {
  file.users -= 1;
  volume.letGo(file);
}

function require(path: string): Stored {
  const found = volume.entries.get(resolve(path));
  if (found !== undefined) return found;
  throw failed(codeOfNothing(path), path);
}

function codeOfNothing(path: string): "ENOENT" | "ENOTDIR" {
  let above = dirname(resolve(path));
  while (!exists(above)) above = dirname(above);
  return entryAt(above)?.kind === "file" ? "ENOTDIR" : "ENOENT";
}

function requireFolderAbove(path: string): void {
  if (require(dirname(resolve(path))).kind !== "folder") throw failed("ENOTDIR", path);
}

function requireFile(path: string): StoredFile {
  const found = require(path);
  if (found.kind === "folder") throw failed("EISDIR", path);
  return found;
}

const words: Readonly<Partial<Record<SystemErrorCode, string>>> = {
  EEXIST: "file already exists",
  EINVAL: "invalid argument",
  EISDIR: "illegal operation on a directory",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  ENOTSUP: "operation not supported",
};

function failed(code: SystemErrorCode, path: string): Error {
  return systemError(code, words[code] ?? "failed", path);
}
