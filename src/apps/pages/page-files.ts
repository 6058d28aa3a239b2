/** The files of the pages, as `npm run build` writes them, and the headers that they are sent with. */
import { extname, join } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { entryAt, listFolder, readBytes } from "../../platform/files/files.js";
import { packagePath } from "../../platform/package-path.js";

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** By path from the root of the server: "/index.html". */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Of every reply to a page. */
export const replyHeaders = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/** What a page may do is in itself; no other page may frame it, and isolation lets threads share memory. */
export const pageHeaders = {
  ...replyHeaders,
  "Content-Security-Policy": "frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

/** Throws `file-missing` where the page was not built. */
export function readPageFiles(folder = packagePath("dist/apps/studio/page")): PageFiles {
  if (entryAt(join(folder, "index.html")) === undefined) {
    throw new L3MaskingError("file-missing", `expected the built pages in ${folder}, found none`, {
      hint: "In a checkout, build it: npm run build:page.",
    });
  }
  return new Map(filesOf(folder, ""));
}

function filesOf(folder: string, path: string): (readonly [string, PageFile])[] {
  return listFolder(folder).flatMap((name) => {
    const place = join(folder, name);
    if (entryAt(place)?.kind === "folder") return filesOf(place, `${path}/${name}`);
    const type = types[extname(name)] ?? "application/octet-stream";
    return [[`${path}/${name}`, { type, bytes: readBytes(place) }] as const];
  });
}
