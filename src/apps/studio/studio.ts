/** `studio`: a page on this machine, and the folder that it works in. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { basename, join, resolve } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { copyFile, entryAt, makeFolder, realPath } from "../../platform/files/files.js";
import { thisMachine } from "../../platform/machine.js";
import { resolveSettings, studioSchema } from "../../run/settings/schemas.js";
import type { Watch } from "../../thread/client.js";
import { readPageFiles } from "../pages/page-files.js";
import { nodeWorkplace } from "./node-workplace.js";
import { startStudioServer } from "./server.js";
import type { GivenFiles } from "./workplace.js";

/** Where the studio worked. */
export interface StudioResult {
  readonly folder: string;
}

/** Bytes of a token: nobody guesses it. */
const TOKEN_BYTES = 24;

/** In the folder of the studio: copies of the files that it was started with. */
const GIVEN = "given";

/**
 * Serves the page until the signal of `watch` is aborted; a notice says where. Throws `server-address`, `file-missing` for files that are not
 * there or a page that was not built, and what settings throw.
 */
export async function runStudio(given: unknown, watch: Watch = {}): Promise<StudioResult> {
  const { folder, runs, port, open, trainFile, validationFile, testFile } = resolveSettings(
    studioSchema,
    given,
  );
  const page = readPageFiles();
  makeFolder(folder);
  const root = realPath(resolve(folder));
  const files = trainFile === undefined ? undefined : { trainFile, validationFile, testFile };
  const otherRuns = runs === undefined ? undefined : existingFolder(runs);
  const workplace = nodeWorkplace(root, { given: files && copied(root, files), otherRuns });
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const server = await startStudioServer(workplace, { port, token, page });
  const text = `the studio is open at ${server.address}, its files are in ${root}; press Ctrl-C to stop`;
  watch.onEvent?.({ type: "notice", level: "info", text });
  if (open) openInBrowser(server.address);
  const { signal } = watch;
  if (signal?.aborted !== true) await once(signal ?? new AbortController().signal, "abort");
  await server.stop();
  await workplace.close();
  return { folder: root };
}

/** Throws `file-missing` where there is none. */
function existingFolder(path: string): string {
  if (entryAt(path)?.kind === "folder") return realPath(resolve(path));
  throw new L3MaskingError("file-missing", `expected a folder of runs at ${path}, found none`, {
    hint: "Check the path; relative paths start at the current folder.",
  });
}

const openers: Readonly<Record<string, readonly [program: string, ...words: string[]]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** Where there is no browser to open, the notice has the address. */
function openInBrowser(address: string): void {
  const [program, ...words] = openers[thisMachine().platform] ?? ["xdg-open"];
  const child = spawn(program, [...words, address], { detached: true, stdio: "ignore" });
  child.once("error", () => undefined);
  child.unref();
}

/** Copies of files, as paths in the workplace. */
function copied(
  root: string,
  files: {
    readonly trainFile: string;
    readonly validationFile?: string | undefined;
    readonly testFile?: string | undefined;
  },
): GivenFiles {
  const copy = (path: string) => {
    if (entryAt(path)?.kind !== "file") {
      throw new L3MaskingError("file-missing", `expected a file at ${path}, found none`, {
        hint: "Check the path; relative paths start at the current folder.",
      });
    }
    makeFolder(join(root, GIVEN));
    copyFile(path, join(root, GIVEN, basename(path)));
    return `${GIVEN}/${basename(path)}`;
  };
  const { trainFile, validationFile, testFile } = files;
  return {
    trainFile: copy(trainFile),
    ...(validationFile !== undefined && { validationFile: copy(validationFile) }),
    ...(testFile !== undefined && { testFile: copy(testFile) }),
  };
}
