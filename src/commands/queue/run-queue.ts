/** What `compare` needs of a queue of runs; `redis-queue.ts` is the one there is. */
import type { RunMessage } from "./message.js";
import type { Present } from "./presence.js";
import type { ChunkStore } from "./transfer.js";

/** A run as the queue has it. What workers wrote is not checked yet. */
export interface QueuedRun {
  /** Under way: waiting for a worker, with one, or waiting to be tried again. */
  readonly state: "under way" | "finished" | "failed";
  /** A `RunProgress` once a worker has it. */
  readonly progress: unknown;
  /** A `RunResult` once it is finished. */
  readonly result: unknown;
  /** What the last failed try said: `failureOf` reads it. */
  readonly failure: string | undefined;
  /** Tries that failed. */
  readonly failures: number;
  /** Workers that were lost with it. */
  readonly losses: number;
}

export interface RunQueue {
  /** For people. */
  readonly address: string;
  readonly store: ChunkStore;
  /** Queues a run; one of this id that is there stays. */
  add(id: string, message: RunMessage): Promise<void>;
  find(id: string): Promise<QueuedRun | undefined>;
  /** Forgets a run that has ended. */
  remove(id: string): Promise<void>;
  /** Takes a run back: from the queue, or from its worker, which stops. */
  withdraw(id: string): Promise<void>;
  isWithdrawn(id: string): Promise<boolean>;
  /** Says that somebody is there; forgotten some seconds later. */
  say(present: Present): Promise<void>;
  unsay(present: Present): Promise<void>;
  present(): Promise<Present[]>;
  close(): Promise<void>;
}
