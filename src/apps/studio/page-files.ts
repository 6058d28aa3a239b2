/** The files of the studio's page, as `npm run build` writes them. */
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

/** Throws `file-missing` where the page was not built. */
export function readPageFiles(folder = packagePath("dist/apps/studio/page")): PageFiles {
  if (entryAt(join(folder, "index.html")) === undefined) {
    throw new L3MaskingError(
      "file-missing",
      `expected the studio's page in ${folder}, found none`,
      {
        hint: "In a checkout, build it: npm run build:page.",
      },
    );
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
