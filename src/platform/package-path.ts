/** Where the files of this package are, whatever the current folder is. */
import { fileURLToPath } from "node:url";

/** The path of a file or folder of the package, named from its root with forward slashes. */
export function packagePath(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}
