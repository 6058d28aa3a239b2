/** The queue of runs on a Redis or Valkey server, by BullMQ. */
import type * as bullmq from "bullmq";
import type * as ioredis from "ioredis";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { packageVersion } from "../../base/version.js";
import { atMost } from "../../platform/pause.js";
import { type QueueServer, queueServer } from "../../platform/queue-environment.js";
import type { Host } from "../../run/host/host.js";
import { PREFIX, queueName, type RunMessage, withdrawnKey } from "./message.js";
import { FORGET_SECONDS, type Present, presentOnes } from "./presence.js";
import type { QueuedRun, RunQueue } from "./run-queue.js";
import type { ChunkStore } from "./transfer.js";

/** The packages that only this part needs. */
export interface QueuePackages {
  readonly bullmq: typeof bullmq;
  readonly ioredis: typeof ioredis;
}

/** A queue, and what a worker at it needs besides. */
export interface RedisQueue extends RunQueue {
  readonly packages: QueuePackages;
  readonly redis: ioredis.Redis;
}

type QueueHost = Pick<Host, "emit" | "cancelled" | "queue">;

/** A failed run is tried so often; so many workers may be lost with it, one after the other. */
export const TRIES = 3;
const RETRY_MILLISECONDS = 3000;
/** What nobody asks for any more is removed. */
const WEEK_SECONDS = 7 * 24 * 3600;
/** The longest wait before a connection that was lost is tried again. */
const RECONNECT_MILLISECONDS = 2000;
const CONNECT_MILLISECONDS = 10_000;

/**
 * Opens the queue at an address. Once it is open, a server that goes away is waited for, and that is told.
 *
 * Throws `package-missing`, `invalid-setting` for the address, `queue-unreachable` where no server answers there or it does not let
 * us in, and `queue-policy` for one that may drop what is queued.
 */
export async function openRedisQueue(address: string, host: QueueHost): Promise<RedisQueue> {
  const server = queueServer(address, host.queue);
  const packages = await loadPackages();
  const redis = await connect(server, packages, host);
  try {
    await requireKeeping(redis, server);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const queue = new packages.bullmq.Queue<RunMessage>(queueName(packageVersion), {
    connection: redis,
    prefix: PREFIX,
  });
  // The connection's own faults are told by `connect`.
  queue.on("error", () => undefined);
  const presentKey = `${PREFIX}:present`;
  return {
    address: server.address,
    packages,
    redis,
    store: chunkStore(redis),
    async add(id, message) {
      const kept = { age: WEEK_SECONDS };
      await redis.del(withdrawnKey(id));
      await queue.add("run", message, {
        jobId: id,
        attempts: TRIES,
        backoff: RETRY_MILLISECONDS,
        removeOnComplete: kept,
        removeOnFail: kept,
      });
    },
    async find(id) {
      const job = await queue.getJob(id);
      return job && queuedRun(job);
    },
    async remove(id) {
      await (await queue.getJob(id))?.remove();
    },
    async withdraw(id) {
      await redis.set(withdrawnKey(id), "1", "EX", WEEK_SECONDS);
      // One under way cannot be removed: its worker sees the key.
      await queue
        .getJob(id)
        .then((job) => job?.remove())
        .catch(() => undefined);
    },
    isWithdrawn: async (id) => (await redis.exists(withdrawnKey(id))) === 1,
    async say(present) {
      const [seconds] = await redis.time();
      await redis.zadd(
        presentKey,
        String(Number(seconds) + FORGET_SECONDS),
        JSON.stringify(present),
      );
    },
    async unsay(present) {
      await redis.zrem(presentKey, JSON.stringify(present));
    },
    async present(): Promise<Present[]> {
      const [seconds] = await redis.time();
      await redis.zremrangebyscore(presentKey, "-inf", String(seconds));
      return presentOnes(await redis.zrange(presentKey, "0", "-1"));
    },
    async close() {
      // A server that is away is not waited for.
      await atMost(RECONNECT_MILLISECONDS, queue.close());
      redis.disconnect();
    },
  };
}

function queuedRun(job: bullmq.Job<RunMessage>): QueuedRun {
  const { progress, returnvalue, finishedOn, failedReason, attemptsMade, stalledCounter } = job;
  const finished = finishedOn !== undefined && returnvalue !== null && returnvalue !== undefined;
  return {
    state: finished ? "finished" : finishedOn !== undefined ? "failed" : "under way",
    progress,
    result: returnvalue,
    failure: failedReason,
    failures: attemptsMade,
    losses: stalledCounter,
  };
}

async function loadPackages(): Promise<QueuePackages> {
  try {
    const [bull, redis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq: bull, ioredis: redis };
  } catch (cause) {
    throw new L3MaskingError(
      "package-missing",
      `expected the packages bullmq and ioredis, which a queue needs: ${messageOf(cause)}`,
      { hint: "Install them next to l3masking: npm install bullmq@6 ioredis@6", cause },
    );
  }
}

async function connect(
  server: QueueServer,
  { ioredis: { Redis } }: QueuePackages,
  host: QueueHost,
): Promise<ioredis.Redis> {
  const { address, tls } = server;
  let opened = false;
  let lost = false;
  let fault: unknown;
  const tell = (level: "info" | "warning", text: string) =>
    host.emit({ type: "notice", level, text: `queue ${address}: ${text}` });
  const redis = new Redis({
    host: server.host,
    port: server.port,
    db: server.database,
    ...(server.username !== undefined && { username: server.username }),
    ...(server.password !== undefined && { password: server.password }),
    ...(tls && { tls: tls.authorities === undefined ? {} : { ca: tls.authorities } }),
    lazyConnect: true,
    connectTimeout: CONNECT_MILLISECONDS,
    // Commands wait for a server that is away.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (opened ? Math.min(times * 200, RECONNECT_MILLISECONDS) : null),
  });
  redis.on("error", (error) => {
    fault ??= error;
  });
  redis.on("close", () => {
    if (opened && !lost && redis.status !== "end")
      tell("warning", "connection lost; waiting for the server");
    lost = opened;
  });
  redis.on("ready", () => {
    if (lost) tell("info", "connected again");
    lost = false;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw unreachable(server, fault ?? error);
  }
  opened = true;
  return redis;
}

function unreachable({ address, password, tls }: QueueServer, cause: unknown): L3MaskingError {
  const said = messageOf(cause);
  const asksWho = /NOAUTH|WRONGPASS|NOPERM|AUTH|password/i.test(said);
  const certificate = /certificate|self.signed|CERT/i.test(said);
  const hint = asksWho
    ? `Set L3MASKING_QUEUE_PASSWORD, and L3MASKING_QUEUE_USERNAME where the server knows users; ${password === undefined ? "no password is set" : "the one that is set was not taken"}.`
    : certificate
      ? "Name the file of the authority's certificate in L3MASKING_QUEUE_CA."
      : `Start a server there, for example redis-server, and check address and firewall; ${tls === undefined ? "rediss:// is for servers that expect TLS" : "redis:// is for those without TLS"}.`;
  return new L3MaskingError(
    "queue-unreachable",
    `expected a Redis or Valkey server at ${address}, got ${said}`,
    { hint, cause },
  );
}

/** Throws `queue-policy` for a server that drops keys where its memory is used up. */
async function requireKeeping(redis: ioredis.Redis, { address }: QueueServer): Promise<void> {
  const memory = await redis.info("memory");
  const [, policy] = /^maxmemory_policy:(\S+)/m.exec(memory) ?? [];
  if (policy === undefined || policy === "noeviction") return;
  throw new L3MaskingError(
    "queue-policy",
    `expected maxmemory-policy noeviction of the server at ${address}, got ${policy}: it would drop queued runs where its memory is used up`,
    { hint: "Set it: redis-cli config set maxmemory-policy noeviction, and in redis.conf." },
  );
}

function chunkStore(redis: ioredis.Redis): ChunkStore {
  return {
    async keep(keys, seconds) {
      const answers = await redis
        .pipeline(keys.map((key) => ["expire", key, String(seconds)]))
        .exec();
      return (answers ?? []).filter(([error, found]) => error === null && found === 1).length;
    },
    async put(key, bytes, seconds) {
      try {
        await redis.set(
          key,
          Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
          "EX",
          seconds,
        );
      } catch (cause) {
        if (!/\bOOM\b/.test(messageOf(cause))) throw cause;
        throw new L3MaskingError(
          "disk-full",
          `the queue's server has no memory left: ${messageOf(cause)}`,
          {
            hint: "Raise maxmemory of the server: it holds models and data while they are in use, and the weights of runs until compare has taken them.",
            cause,
          },
        );
      }
    },
    get: async (key) => (await redis.getBuffer(key)) ?? undefined,
    async remove(keys) {
      if (keys.length > 0) await redis.unlink(...keys);
    },
  };
}
