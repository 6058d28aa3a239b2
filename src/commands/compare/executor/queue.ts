/** Runs on other machines, whose workers take them from a queue; what they read and leave travels through it. */
import { hostname } from "node:os";
import { z } from "zod";
import { L3MaskingError } from "../../../base/errors.js";
import { packageVersion } from "../../../base/version.js";
import { makeFolder } from "../../../platform/files/files.js";
import { dirname } from "../../../platform/paths.js";
import { atMost, pause } from "../../../platform/pause.js";
import type { Host } from "../../../run/host/host.js";
import { type InputFinder, openInputFinder } from "../../queue/inputs.js";
import {
  failureOf,
  PROTOCOL,
  type RunProgress,
  type RunResult,
  runId,
  runMessage,
  runProgressSchema,
  runResultSchema,
  WITHDRAWN,
} from "../../queue/message.js";
import { fits, type Present, SAY_SECONDS, unfitWorkers } from "../../queue/presence.js";
import { openRedisQueue } from "../../queue/redis-queue.js";
import type { QueuedRun, RunQueue } from "../../queue/run-queue.js";
import { chunkKeys, receiveFolder } from "../../queue/transfer.js";
import { runFolderOf, writeFailure } from "../run-ticket.js";
import type { Ticket } from "../ticket.js";
import type { Executor, ExecutorContext } from "./executor.js";
import { tellLastStep } from "./last-step.js";

/** Runs that are in the queue at once: more than there are workers, and few enough to be asked for again and again. */
const AHEAD = 200;
const LOOK_MILLISECONDS = 500;
/** A server that is away is not waited for at the end. */
const FAREWELL_MILLISECONDS = 2000;
/** What runs read is kept for so long after it was last wanted, and that is said again in good time. */
const KEEP_SECONDS = 3600;
const KEEP_AGAIN_SECONDS = 600;

/** Checks, before any work is done, that runs can be queued. Throws `missing-setting`, and what `openRedisQueue` throws. */
export async function requireQueue(
  settings: ExecutorContext["settings"],
  host: Host,
): Promise<void> {
  await (await openQueue(settings, host)).close();
}

async function openQueue(
  { queue: address }: ExecutorContext["settings"],
  host: Host,
): Promise<RunQueue> {
  if (address !== undefined) return openRedisQueue(address, host);
  throw new L3MaskingError("missing-setting", "expected the address of a queue, got none", {
    hint: "Add --queue redis://HOST:PORT.",
  });
}

export const trainInQueue: Executor = async (tickets, context) => {
  const { settings, host } = context;
  if (tickets.some((ticket) => ticket.settings.loggingDir !== undefined)) {
    warn(host, "--logging-dir: runs at a queue have their event files in their own folders");
  }
  const queue = await openQueue(settings, host);
  try {
    await trainThrough(queue, tickets, context);
  } finally {
    await queue.close();
  }
};

/** A run that was given to the queue. */
interface Followed {
  readonly ticket: Ticket;
  readonly id: string;
  /** What was told of it last. */
  progress: RunProgress | undefined;
  failures: number;
  losses: number;
}

/** `trainInQueue` through a queue that is open. */
export async function trainThrough(
  queue: RunQueue,
  tickets: readonly Ticket[],
  context: ExecutorContext,
): Promise<void> {
  const { host } = context;
  const finder = openInputFinder(host);
  const waiting = [...tickets].reverse();
  const followed = new Set<Followed>();
  const presence = openPresence(queue, host);
  let keptAt = host.now();
  // A server that is away answers late, and a stop is not to wait for it.
  const answered = <Result>(answer: Promise<Result>) => orStopped(answer, host);
  try {
    while (followed.size + waiting.length > 0) {
      await answered(presence.say());
      while (followed.size < AHEAD && waiting.length > 0) {
        const ticket = waiting.pop();
        if (ticket !== undefined)
          followed.add(await answered(give(ticket, finder, queue, context)));
      }
      if (host.now() - keptAt > KEEP_AGAIN_SECONDS * 1000) {
        keptAt = host.now();
        await answered(finder.sendAgain(queue.store, KEEP_SECONDS));
      }
      for (const run of followed) {
        const found = await answered(queue.find(run.id));
        if (await answered(look(run, found, finder, queue, context))) followed.delete(run);
      }
      if (followed.size + waiting.length > 0) await answered(pause(LOOK_MILLISECONDS));
    }
  } catch (error) {
    if (error !== stopped) throw error;
    await takeBack([...followed], queue, context);
  } finally {
    await atMost(FAREWELL_MILLISECONDS, presence.unsay());
  }
}

const stopped = Symbol("stopped on request");

/** Looks so often whether to stop. */
const STOP_MILLISECONDS = 100;

/** The answer; throws `stopped` once a stop is asked for. */
async function orStopped<Result>(answer: Promise<Result>, host: Host): Promise<Result> {
  let settled = false;
  const stop = async (): Promise<never> => {
    while (!settled) {
      if (host.cancelled()) throw stopped;
      await pause(STOP_MILLISECONDS);
    }
    return new Promise(() => undefined);
  };
  if (host.cancelled()) throw stopped;
  try {
    return await Promise.race([answer, stop()]);
  } finally {
    settled = true;
  }
}

/** Sends what a run reads, then queues it. One that failed for an earlier command is tried anew. */
async function give(
  ticket: Ticket,
  finder: InputFinder,
  queue: RunQueue,
  { folder }: ExecutorContext,
): Promise<Followed> {
  const inputs = await finder.find(ticket);
  const id = runId(ticket, inputs);
  if ((await queue.find(id))?.state === "failed") await queue.remove(id);
  await finder.send(queue.store, KEEP_SECONDS);
  await queue.add(id, runMessage(ticket, inputs, runFolderOf(ticket, folder)));
  return { ticket, id, progress: undefined, failures: 0, losses: 0 };
}

/** Tells where a run stands, and takes what it left; true when it has ended. */
async function look(
  run: Followed,
  found: QueuedRun | undefined,
  finder: InputFinder,
  queue: RunQueue,
  context: ExecutorContext,
): Promise<boolean> {
  const { ticket, id } = run;
  const { host, follow } = context;
  const again = async (): Promise<false> => {
    await finder.sendAgain(queue.store, KEEP_SECONDS);
    await give(ticket, finder, queue, context);
    return false;
  };
  // The server was started anew without what it held.
  if (found === undefined) return again();
  const folder = runFolderOf(ticket, context.folder);
  if (found.state === "finished") {
    const taken = await takeResult(found.result, folder, queue);
    await queue.remove(id);
    if (typeof taken === "string") {
      warn(host, `${ticket.name} is trained again: ${taken}`);
      return again();
    }
    for (const text of taken.warnings) warn(host, `${ticket.name}: ${text}`);
    tellLastStep(ticket, context.folder, follow);
    follow(ticket, { state: "finished" });
    return true;
  }
  // An earlier command was stopped, and its worker heard of it only now.
  if (found.state === "failed" && found.failure === WITHDRAWN) {
    await queue.remove(id);
    return again();
  }
  if (found.state === "failed") {
    const error = failureOf(found.failure ?? "", Math.max(found.failures, found.losses));
    writeFailure(folder, error);
    await queue.remove(id);
    follow(ticket, { state: "failed", error });
    return true;
  }
  const progress = runProgressSchema.safeParse(found.progress).data;
  tellTroubles(run, found, progress, host);
  if (progress !== undefined && JSON.stringify(progress) !== JSON.stringify(run.progress)) {
    const { done, total, detail } = progress;
    run.progress = progress;
    follow(ticket, { state: "running", done, total, ...(detail !== undefined && { detail }) });
  }
  return false;
}

function warn(host: Host, text: string): void {
  host.emit({ type: "notice", level: "warning", text });
}

/** A try that failed, and a worker that was lost, once each. */
function tellTroubles(
  run: Followed,
  { failures, losses, failure }: QueuedRun,
  progress: RunProgress | undefined,
  host: Host,
): void {
  const { name } = run.ticket;
  if (failures > run.failures) {
    const { code, message } = failureOf(failure ?? "", failures);
    warn(host, `${name} is tried again: ${code}: ${message}`);
  }
  if (losses > run.losses) {
    const worker = progress === undefined ? "its worker" : `its worker on ${progress.worker}`;
    warn(host, `${name}: ${worker} went silent; another worker trains it from the beginning`);
  }
  run.failures = failures;
  run.losses = losses;
}

/** Receives a finished run's folder; gives its record, or in words why it could not be had whole. */
async function takeResult(
  given: unknown,
  folder: string,
  queue: RunQueue,
): Promise<RunResult | string> {
  const { data, error } = runResultSchema.safeParse(given);
  if (data === undefined) return z.prettifyError(error);
  makeFolder(dirname(folder));
  try {
    await receiveFolder(folder, data.files, data.space, queue.store);
  } catch (fault) {
    if (!(fault instanceof L3MaskingError) || fault.code !== "download-mismatch") throw fault;
    return fault.message;
  }
  await queue.store.remove(data.files.flatMap((file) => chunkKeys(data.space, file)));
  return data;
}

async function takeBack(
  runs: readonly Followed[],
  queue: RunQueue,
  { follow }: ExecutorContext,
): Promise<void> {
  const all = Promise.all(runs.map(({ id }) => queue.withdraw(id)));
  // Where the server is away, workers go on with what they have.
  await atMost(FAREWELL_MILLISECONDS, all);
  for (const { ticket, progress } of runs) {
    if (progress !== undefined) follow(ticket, { state: "interrupted" });
  }
}

/** Says that this comparison is there, and tells who could work for it. */
function openPresence(queue: RunQueue, host: Host) {
  const version = packageVersion;
  const name = `${hostname()} (process ${process.pid})`;
  const own: Present = { role: "comparison", name, version, protocol: PROTOCOL };
  const told = new Set<string>();
  let saidAt = Number.NEGATIVE_INFINITY;
  const tell = (text: string) => {
    if (!told.has(text)) warn(host, text);
    told.add(text);
  };
  return {
    async say() {
      if (host.now() - saidAt < SAY_SECONDS * 1000) return;
      saidAt = host.now();
      await queue.say(own);
      const present = await queue.present();
      unfitWorkers(present, version).forEach(tell);
      const workers = present.filter((one) => one.role === "worker" && fits(one, version));
      if (workers.length === 0) {
        tell(
          `no worker is at ${queue.address} yet; start some: l3masking worker --queue ${queue.address}`,
        );
      }
    },
    unsay: () => queue.unsay(own),
  };
}
