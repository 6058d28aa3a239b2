/** Modules of the user, loaded while the program runs. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What the module in a file exports; the module runs with all that the program may do. Throws what importing it throws. */
export function importModule(path: string): Promise<unknown> {
  return import(pathToFileURL(resolve(path)).href);
}
