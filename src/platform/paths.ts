/** Paths in the form of this system. */
import { pathToFileURL } from "node:url";

export { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

export function fileUrl(path: string): URL {
  return pathToFileURL(path);
}
