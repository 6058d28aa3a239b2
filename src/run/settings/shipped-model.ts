/** The model that the package brings with it, and that commands take where none is named. */
import { packagePath } from "../../platform/package-path.js";
import { basename } from "../../platform/paths.js";

/** Its folder in the package. */
const FOLDER = "models/minilm";

/** What `--model` calls it, wherever the package lies. */
export const SHIPPED_MODEL = basename(FOLDER);

/** Where it is on this machine. */
export function shippedModelFolder(): string {
  return packagePath(FOLDER);
}
