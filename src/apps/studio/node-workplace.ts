/** A workplace in Node: a folder of this machine, and commands in threads. */
import { basename, dirname } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { packageVersion } from "../../base/version.js";
import { zipPieces } from "../../base/zip.js";
import { commands } from "../../commands/table.js";
import { deviceNames } from "../../engine/runtime/devices/names.js";
import { openDurably } from "../../platform/files/durable.js";
import { systemCode } from "../../platform/files/failures.js";
import { entryAt, makeFolders, readBytes, remove } from "../../platform/files/files.js";
import { entriesIn, filesToZip } from "../../platform/files/folder-contents.js";
import { processorCount } from "../../platform/machine.js";
import { SHIPPED_MODEL } from "../../run/settings/shipped-model.js";
import { type Connection, callOnce, openConnection } from "../../thread/client.js";
import { type PlaceOf, placeInside, settingsInside } from "./paths.js";
import { type GivenFiles, OTHER_RUNS, type StudioCommand, type Workplace } from "./workplace.js";

/** Commands that share a thread, in which a classifier stays open. */
const ofClassifier: ReadonlySet<StudioCommand> = new Set(["openClassifier", "classify", "explain"]);

export interface NodeWorkplace extends Workplace {
  /** Ends its threads. */
  close(): Promise<void>;
}

/**
 * A workplace in `root`, an existing folder; `given` are the files that the studio was started with, inside it; in `otherRuns`, an existing
 * folder, it only reads.
 */
export function nodeWorkplace(
  root: string,
  {
    given,
    otherRuns,
  }: { readonly given?: GivenFiles | undefined; readonly otherRuns?: string | undefined } = {},
): NodeWorkplace {
  const placeOf: PlaceOf = (path, use) => {
    const [first, ...rest] = path.split("/");
    if (first !== OTHER_RUNS) return placeInside(root, path);
    if (otherRuns !== undefined && use === "read") return placeInside(otherRuns, rest.join("/"));
    throw new L3MaskingError(
      "workplace-path",
      `expected a path to write in the folder of the studio, got ${path}`,
      { hint: "Runs of another folder are only shown." },
    );
  };
  const at = (path: string) => placeOf(path, "read");
  let turn: Promise<unknown> = Promise.resolve();
  let classifying: Connection | undefined;
  return {
    async facts() {
      return {
        version: packageVersion,
        place: "on this machine, in Node",
        devices: [
          { name: "auto", title: `chosen by l3masking (processor: ${processorCount()} threads)` },
          ...deviceNames.map((name) => ({ name, title: name })),
        ],
        model: { name: SHIPPED_MODEL, toFetch: 0 },
        ...(otherRuns !== undefined && { otherRuns }),
        ...(given && { given }),
      };
    },
    async call(command, settings, watch = {}) {
      const placed = settingsInside(placeOf, await commands[command].settings(), settings);
      if (ofClassifier.has(command)) {
        classifying ??= openConnection();
        return classifying.call(command, placed, watch);
      }
      // Whether the turn before went well is its own affair.
      const result = turn.then(() => callOnce(command, placed, watch));
      turn = result.catch(() => undefined);
      return result;
    },
    async read(path) {
      const place = at(path);
      return reading(path, () => new Uint8Array(readBytes(place)));
    },
    async write(path, content) {
      const place = placeOf(path, "write");
      makeFolders(dirname(place));
      const file = openDurably(place);
      try {
        for await (const piece of content.stream()) file.write(piece);
      } catch (error) {
        file.abandon();
        throw error;
      }
      file.finish();
    },
    async list(folder) {
      const place = at(folder);
      return entryAt(place)?.kind === "folder" ? entriesIn(place) : [];
    },
    async remove(path) {
      const place = placeOf(path, "write");
      if (place === root)
        throw new L3MaskingError(
          "workplace-path",
          "expected a path in the folder of the studio, got the folder itself",
        );
      remove(place);
    },
    async zip(folder) {
      const place = at(folder);
      const files = reading(folder, () => filesToZip(place, basename(place)));
      return new Blob(zipPieces(files), { type: "application/zip" });
    },
    async close() {
      await classifying?.close();
    },
  };
}

/** Throws `file-missing` where the system finds nothing to read. */
function reading<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause;
    throw new L3MaskingError("file-missing", `expected ${path} in the folder of the studio`, {
      hint: "It was moved or deleted while the studio was open: reload the page.",
      cause,
    });
  }
}
