/** `worker`: trains runs from a queue until it is stopped. */

import { hostname } from "node:os";
import type { Job } from "bullmq";
import { packageVersion } from "../base/version.js";
import { exists, listFolder, remove, removeEmptyFolder } from "../platform/files/files.js";
import { holdingFolder, type LockHost } from "../platform/files/folder-lock.js";
import { join } from "../platform/paths.js";
import { atMost, pause } from "../platform/pause.js";
import { deviceOfJobs } from "../run/host/device.js";
import type { Host } from "../run/host/host.js";
import type { WorkerSettings } from "../run/settings/schemas.js";
import {
  failedTry,
  PREFIX,
  PROTOCOL,
  queueName,
  type RunMessage,
  type RunProgress,
  type RunResult,
  WITHDRAWN,
} from "./queue/message.js";
import { fits, type Present, requireFittingComparison, SAY_SECONDS } from "./queue/presence.js";
import { isLock, trainQueued, type WorkerPlace } from "./queue/queued-run.js";
import { openRedisQueue, type RedisQueue, TRIES } from "./queue/redis-queue.js";

/** What a worker did. */
export interface WorkerResult {
  readonly finished: number;
  /** Tries that failed. */
  readonly failed: number;
  /** Runs that it gave back, as it was stopped. */
  readonly given_back: number;
}

type Counts = { -readonly [Name in keyof WorkerResult]: WorkerResult[Name] };

/**
 * A run belongs to its worker for so long after the last word on it; a server that is started anew within this time costs nothing. The
 * run of a worker that died is given to another one after at most this and two looks.
 */
const LOCK_MILLISECONDS = 10_000;
const RENEW_MILLISECONDS = 3000;
const STALLED_LOOK_MILLISECONDS = 3000;

const WAIT_SECONDS = 1;
const LOOK_MILLISECONDS = 100;
/** How often a run's progress is passed on, and it is asked whether the run is still wanted. */
const WATCH_MILLISECONDS = 1000;
/** A server that is away is not waited for at the end. */
const FAREWELL_MILLISECONDS = 5000;

/**
 * Trains runs that comparisons put into the queue, `jobs` at once, each from its beginning, until a stop on request, or until none came for `maxIdle`
 * seconds. A stop gives the runs under way back to the queue.
 *
 * Throws what `openRedisQueue` throws, and `queue-version` where all comparisons there are of another version.
 */
export async function runWorker(settings: WorkerSettings, host: Host): Promise<WorkerResult> {
  const queue = await openRedisQueue(settings.queue, host);
  try {
    requireFittingComparison(await queue.present(), packageVersion);
    const runtime = await host.runtime({ threads: settings.threads });
    const folder = join(settings.cacheDir ?? host.cacheFolder, "queue");
    let ended = false;
    const quiet = {
      ...host,
      emit: () => undefined,
      cancelled: () => ended || host.cancelled(),
    };
    const removing = removeOldWork(join(folder, "work"), quiet);
    const place: WorkerPlace = {
      name: `${hostname()} (process ${process.pid})`,
      inputs: join(folder, "inputs"),
      cacheDir: settings.cacheDir,
      work: join(folder, "work", crypto.randomUUID()),
      threads: Math.max(1, Math.floor(runtime.threads / settings.jobs)),
      device: deviceOfJobs(settings.device, settings.jobs),
    };
    try {
      return await holdingFolder(place.work, "worker", host, () =>
        takeRuns(queue, place, settings, host),
      );
    } finally {
      ended = true;
      await removing;
    }
  } finally {
    await queue.close();
  }
}

/** Removes what workers left that were killed; those at work hold their folders. Nobody waits for it. */
async function removeOldWork(folder: string, host: LockHost): Promise<void> {
  if (!exists(folder)) return;
  for (const name of listFolder(folder)) {
    const work = join(folder, name);
    try {
      await holdingFolder(work, "worker", host, async () => {
        for (const left of listFolder(work)) if (!isLock(left)) remove(join(work, left));
      });
      removeEmptyFolder(work);
    } catch {
      // It is in use, or another worker removes it too.
    }
  }
}

async function takeRuns(
  queue: RedisQueue,
  place: WorkerPlace,
  { jobs, maxIdle }: Pick<WorkerSettings, "jobs" | "maxIdle">,
  host: Host,
): Promise<WorkerResult> {
  const { Worker, WaitingError, UnrecoverableError } = queue.packages.bullmq;
  const counts: Counts = { finished: 0, failed: 0, given_back: 0 };
  const tell = (text: string) => host.emit({ type: "notice", level: "info", text });
  let underWay = 0;
  let idleSince = host.now();

  async function process(
    job: Job<RunMessage, RunResult>,
    token?: string,
    signal?: AbortSignal,
  ): Promise<RunResult> {
    underWay += 1;
    const name = job.data?.ticket?.name ?? job.id;
    const watch = watchRun(job, queue);
    const start = host.now();
    tell(`${name}: begun`);
    try {
      const end = await trainQueued(job.data, {
        ...{ place, host, store: queue.store },
        stop: () => host.cancelled() || watch.withdrawn() || signal?.aborted === true,
        progress: watch.progress,
      });
      if (end.state === "finished") {
        counts.finished += 1;
        tell(`${name}: finished in ${Math.round((host.now() - start) / 1000)} s`);
        return end.result;
      }
      if (end.state === "failed") {
        counts.failed += 1;
        const { code, message } = end.error;
        warn(host, `${name}: failed: ${code}: ${message}`);
        throw failedTry(place.name, end.error);
      }
      if (watch.withdrawn()) {
        tell(`${name}: stopped, as the comparison was`);
        throw new UnrecoverableError(WITHDRAWN);
      }
      if (host.cancelled()) {
        counts.given_back += 1;
        tell(`${name}: given back`);
        // Else it would take the run itself again, before it closes.
        await worker.pause(true);
        await job.moveToWait(token);
        throw new WaitingError();
      }
      warn(host, `${name}: given up, as the queue gave it to another worker meanwhile`);
      throw new UnrecoverableError("lost");
    } finally {
      watch.end();
      underWay -= 1;
      idleSince = host.now();
    }
  }

  const worker = new Worker<RunMessage, RunResult>(queueName(packageVersion), process, {
    connection: queue.redis,
    prefix: PREFIX,
    name: place.name,
    concurrency: jobs,
    lockDuration: LOCK_MILLISECONDS,
    lockRenewTime: RENEW_MILLISECONDS,
    stalledInterval: STALLED_LOOK_MILLISECONDS,
    maxStalledCount: TRIES - 1,
    runRetryDelay: LOOK_MILLISECONDS * 10,
    // An idle worker that is stopped ends its wait for a run first.
    drainDelay: WAIT_SECONDS,
  });
  // A server that is away is told of where it is connected to.
  worker.on("error", () => undefined);
  worker.on("lockRenewalFailed", (ids) => {
    for (const id of ids) worker.cancelJob(id);
  });
  const presence = openPresence(queue, place, host);
  tell(`waiting for runs at ${queue.address}`);
  try {
    while (!host.cancelled()) {
      if (underWay > 0) idleSince = host.now();
      if (maxIdle !== undefined && host.now() - idleSince > maxIdle * 1000) break;
      presence.say();
      await pause(LOOK_MILLISECONDS);
    }
  } finally {
    await atMost(FAREWELL_MILLISECONDS, worker.close());
    await presence.unsay();
  }
  return counts;
}

function warn(host: Host, text: string): void {
  host.emit({ type: "notice", level: "warning", text });
}

/** Passes a run's progress on, now and then, and looks whether anybody still wants it. */
function watchRun(job: Job<RunMessage, RunResult>, queue: RedisQueue) {
  const id = job.id ?? "";
  let latest: RunProgress | undefined;
  let withdrawn = false;
  const look = async () => {
    const progress = latest;
    latest = undefined;
    if (progress !== undefined) await job.updateProgress(progress);
    withdrawn ||= await queue.isWithdrawn(id);
  };
  // A server that is away does not answer: the next look counts.
  const timer = setInterval(() => void look().catch(() => undefined), WATCH_MILLISECONDS);
  return {
    progress(progress: RunProgress) {
      latest = progress;
    },
    withdrawn: () => withdrawn,
    end: () => clearInterval(timer),
  };
}

/** Says that this worker is there, and tells of comparisons that it does not fit. */
function openPresence(queue: RedisQueue, { name }: WorkerPlace, host: Host) {
  const version = packageVersion;
  const own: Present = { role: "worker", name, version, protocol: PROTOCOL };
  const told = new Set<string>();
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = async () => {
    await queue.say(own);
    for (const one of await queue.present()) {
      if (one.role === "worker" || fits(one, version) || told.has(one.name)) continue;
      told.add(one.name);
      const text = `the comparison on ${one.name} is left to other workers: it has l3masking ${one.version} (protocol ${one.protocol}), this is ${version} (protocol ${PROTOCOL})`;
      warn(host, text);
    }
  };
  return {
    say() {
      if (host.now() - saidAt < SAY_SECONDS * 1000) return;
      saidAt = host.now();
      say().catch(() => undefined);
    },
    unsay: () => atMost(FAREWELL_MILLISECONDS, queue.unsay(own)),
  };
}
