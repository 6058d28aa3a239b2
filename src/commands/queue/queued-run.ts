/** Trains one run from a queue on this machine, and sends back what it leaves. */
import { z } from "zod";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { openDurably } from "../../platform/files/durable.js";
import { readBytes, remove } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { readRunRecord, writeJson } from "../../run/folder/run-folder.js";
import type { Host, RunEvent } from "../../run/host/host.js";
import { FAILURE_FILE, runFolderOf, runTicket } from "../compare/run-ticket.js";
import { type LocalPlace, localTicket } from "./inputs.js";
import {
  type RunMessage,
  type RunProgress,
  type RunResult,
  resultsSpace,
  runMessageSchema,
} from "./message.js";
import { type ChunkStore, describeFile, filesBelow, sendFile } from "./transfer.js";

/** What a worker trains in. */
export interface WorkerPlace extends LocalPlace {
  /** Of this machine, for people. */
  readonly name: string;
  /** Folder of the runs under way. */
  readonly work: string;
}

export interface QueuedRunContext {
  readonly place: WorkerPlace;
  readonly store: ChunkStore;
  readonly host: Host;
  /** Is asked between steps. */
  stop(): boolean;
  /** Is told how far the run is. */
  progress(progress: RunProgress): void;
}

export type QueuedRunEnd =
  | { readonly state: "finished"; readonly result: RunResult }
  | { readonly state: "interrupted" }
  | { readonly state: "failed"; readonly error: L3MaskingError };

/** More warnings of a run than these are not sent. */
const MOST_WARNINGS = 20;
/** What a run left is kept until it is taken, but not for ever. */
const KEEP_SECONDS = 7 * 24 * 3600;

/** Trains the run of a message from its beginning, once it is checked. What it leaves is in the store at the end, and no longer on this machine. */
export async function trainQueued(
  message: unknown,
  { place, store, host, stop, progress }: QueuedRunContext,
): Promise<QueuedRunEnd> {
  const attempt = crypto.randomUUID();
  const work = join(place.work, attempt);
  const worker = place.name;
  const warnings: string[] = [];
  const emit = (event: RunEvent) => {
    if (event.type === "notice" && event.level === "warning" && warnings.length < MOST_WARNINGS) {
      warnings.push(event.text);
    }
    if (event.type === "progress" && event.task === "training") {
      const { done, total, detail } = event;
      progress({ worker, done, total, ...(detail !== undefined && { detail }) });
    }
  };
  try {
    const { ticket, inputs, folder } = parsedMessage(message);
    progress({ worker, done: 0, total: 0 });
    const local = await localTicket(ticket, inputs, place, store);
    const end = await runTicket(local.ticket, work, {
      ...host,
      emit,
      inThread: (command, settings, onEvent) => host.inThread(command, settings, onEvent, stop),
    });
    if (end.state === "failed") return end;
    if (end.state === "interrupted") return { state: "interrupted" };
    const left = runFolderOf(ticket, work);
    const names = filesBelow(left).filter((name) => name !== FAILURE_FILE && !isLock(name));
    restorePaths(left, names, new Map([...local.paths, [left, folder]]));
    restoreCache(left, ticket.settings.cacheDir);
    const space = resultsSpace(attempt);
    const files = names.map((name) => describeFile(join(left, name), name));
    for (const file of files) {
      if (stop()) return { state: "interrupted" };
      await sendFile(join(left, file.name), file, space, store, KEEP_SECONDS);
    }
    return { state: "finished", result: { worker, space, files, warnings } };
  } catch (thrown) {
    return { state: "failed", error: knownError(thrown) };
  } finally {
    remove(work);
  }
}

/** Throws `data-format` for what no comparison writes. */
function parsedMessage(message: unknown): RunMessage {
  const { data, error } = runMessageSchema.safeParse(message);
  if (data !== undefined) return data;
  throw new L3MaskingError(
    "data-format",
    `expected a run of compare in the queue, got another message: ${z.prettifyError(error)}`,
    { hint: "Let only l3masking write to this queue." },
  );
}

function knownError(thrown: unknown): L3MaskingError {
  if (thrown instanceof L3MaskingError) return thrown;
  return new L3MaskingError("worker-failed", `the run failed unexpectedly: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

/** Is it the mark of who works in a folder? */
export function isLock(name: string): boolean {
  return name.startsWith("l3masking.lock");
}

/** config.json names the folder of caches that the other machine has. */
function restoreCache(folder: string, cacheDir: string | undefined): void {
  const record = readRunRecord(folder);
  const settings = Object.entries(record.settings).flatMap(([name, value]) => {
    if (name !== "cacheDir") return [[name, value]];
    return cacheDir === undefined ? [] : [[name, cacheDir]];
  });
  writeJson(folder, "config.json", { ...record, settings: Object.fromEntries(settings) });
}

/** Writes this machine's paths as the other one has them, in the files in which a run says what it read. */
function restorePaths(
  folder: string,
  names: readonly string[],
  paths: ReadonlyMap<string, string>,
): void {
  const quoted = (path: string) => JSON.stringify(path).slice(1, -1);
  for (const name of names.filter((one) => /\.(csv|html|json|jsonl|md)$/.test(one))) {
    const path = join(folder, name);
    const text = new TextDecoder().decode(readBytes(path));
    let restored = text;
    for (const [local, original] of paths) {
      restored = restored.replaceAll(quoted(local), quoted(original)).replaceAll(local, original);
    }
    if (restored === text) continue;
    const file = openDurably(path);
    file.write(restored);
    file.finish();
  }
}
