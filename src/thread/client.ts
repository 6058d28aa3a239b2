/** The caller's side of a worker thread: calls go out, events and one answer come back. */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { L3MaskingError } from "../base/errors.js";
import type { CommandName, CommandResult } from "../commands/table.js";
import { shareClaims } from "../platform/thread-claim.js";
import type { RunEvent } from "../run/host/host.js";
import { type Answer, asks, type Request, revivedError } from "./messages.js";

/** How a caller follows a call. */
export interface Watch {
  onEvent?(event: RunEvent): void;
  /**
   * Takes the rows of `predictFile` and `scoreFile` that have no file, as JSON lines, piece by piece. The call goes on when the promise
   * is kept; for false it ends early.
   */
  onOutput?(text: string): Promise<boolean>;
  /** Aborting asks the call to stop at its next safe point; it then rejects with `interrupted`. */
  readonly signal?: AbortSignal;
  /** Aborting asks training to end at its next step, with the best that it has: the call then has a result. Other calls do not heed it. */
  readonly end?: AbortSignal;
}

/** A worker thread that answers calls. Calls of one worker take turns. */
export interface Connection {
  call<Name extends CommandName>(
    command: Name,
    given: unknown,
    watch?: Watch,
  ): Promise<CommandResult<Name>>;
  /** Frees what the worker keeps and waits until it has ended. */
  close(): Promise<void>;
}

interface StartedWorker {
  readonly file: URL;
  readonly worker: Worker;
  /** Kept when the worker has ended. */
  readonly end: Promise<void>;
  ended: boolean;
  /** What it failed of, if it did. */
  failure: unknown;
}

const ownWorkerFile = new URL("./worker.js", import.meta.url);

/** `expected`: the command it will be called for, where that is known. */
function startWorker(file: URL, expected?: string): StartedWorker {
  shareClaims();
  // Flags of the main thread, such as --input-type, may not fit the worker's file.
  const worker = new Worker(file, { execArgv: [], workerData: expected });
  const end = new Promise<void>((resolve) => {
    worker.once("error", (error) => {
      started.failure = error;
    });
    worker.once("exit", () => {
      started.ended = true;
      resolve();
    });
  });
  const started: StartedWorker = { file, worker, end, ended: false, failure: undefined };
  worker.unref();
  return started;
}

let startedAhead: StartedWorker | undefined;

/**
 * Starts the worker of the next connection, which loads what the command `expected` needs while its caller still prepares
 * the call. It does not keep the process alive.
 */
export function startAhead(expected: string, workerFile: URL = ownWorkerFile): void {
  startedAhead ??= startWorker(workerFile, expected);
}

function takeStartedAhead(file: URL): StartedWorker | undefined {
  if (startedAhead?.file.href !== file.href) return undefined;
  const taken = startedAhead;
  startedAhead = undefined;
  return taken;
}

/** Runs one command in a worker of its own. */
export async function callOnce<Name extends CommandName>(
  command: Name,
  given: unknown,
  watch: Watch = {},
): Promise<CommandResult<Name>> {
  refuseAborted(watch.signal);
  const connection = openConnection();
  try {
    return await connection.call(command, given, watch);
  } finally {
    await connection.close();
  }
}

/**
 * Starts a worker, or takes the one that `startAhead` has started. It keeps the process alive only while a call is under way.
 *
 * A call rejects with the error thrown in the worker (an `L3MaskingError` stays one), with `interrupted`
 * if its signal was aborted before it began, with `invalid-setting` for options that are not plain data,
 * and with `worker-failed` if the worker ended without an answer.
 */
export function openConnection(workerFile: URL = ownWorkerFile): Connection {
  const started = takeStartedAhead(workerFile) ?? startWorker(workerFile);
  const { worker, end } = started;
  let underWay = 0;
  /** Keeps the process alive until the work is done. */
  async function held<Result>(work: () => Promise<Result>): Promise<Result> {
    underWay += 1;
    worker.ref();
    try {
      return await work();
    } finally {
      underWay -= 1;
      if (underWay === 0) worker.unref();
    }
  }
  const finish = async () => {
    const request: Request = "close";
    worker.postMessage(request);
    await end;
  };
  let finished: Promise<void> | undefined;
  return {
    call: (command, given, watch = {}) => held(() => callWorker(started, command, given, watch)),
    close() {
      finished ??= held(finish);
      return finished;
    },
  };
}

async function callWorker<Name extends CommandName>(
  started: StartedWorker,
  command: Name,
  given: unknown,
  watch: Watch,
): Promise<CommandResult<Name>> {
  refuseAborted(watch.signal);
  if (started.ended) throw endedEarly(command, started.failure);
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const requestStop = () => {
    Atomics.store(new Int32Array(stop), 0, asks.stop);
  };
  const requestEnd = () => {
    Atomics.compareExchange(new Int32Array(stop), 0, 0, asks.end);
  };
  const { port1: answers, port2: port } = new MessageChannel();
  watch.signal?.addEventListener("abort", requestStop, { once: true });
  watch.end?.addEventListener("abort", requestEnd, { once: true });
  if (watch.end?.aborted) requestEnd();
  try {
    return await new Promise<CommandResult<Name>>((resolve, reject) => {
      const take = async (answer: Answer<CommandResult<Name>>) => {
        if (answer.type === "result") resolve(answer.result);
        else if (answer.type === "error") reject(revivedError(answer.error));
        else if (answer.type === "event") watch.onEvent?.(answer.event);
        else answers.postMessage((await watch.onOutput?.(answer.text)) ?? false);
      };
      // What the watcher throws ends the call.
      const receive = (answer: Answer<CommandResult<Name>>) => take(answer).catch(reject);
      answers.on("message", receive);
      void started.end.then(() => {
        // The end may be heard of before the last answers are.
        for (let rest = receiveMessageOnPort(answers); rest !== undefined; ) {
          void receive(rest.message);
          rest = receiveMessageOnPort(answers);
        }
        reject(endedEarly(command, started.failure));
      });
      const takesOutput = watch.onOutput !== undefined;
      const request: Request = { command, given, stop, port, takesOutput };
      started.worker.postMessage(request, [port]);
    });
  } catch (error) {
    // A call that was given up on, as its watcher threw, shall not go on unheard.
    requestStop();
    throw error instanceof DOMException && error.name === "DataCloneError"
      ? notPlainData(command, error)
      : error;
  } finally {
    watch.signal?.removeEventListener("abort", requestStop);
    watch.end?.removeEventListener("abort", requestEnd);
    answers.close();
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new L3MaskingError("interrupted", "the call was aborted before it started", {
      cause: signal.reason,
    });
  }
}

function endedEarly(command: string, cause: unknown): L3MaskingError {
  const reason = cause instanceof Error ? cause.message : "it exited without an answer";
  return new L3MaskingError("worker-failed", `the worker thread failed in ${command}: ${reason}`, {
    cause,
    hint: /memory/i.test(reason)
      ? "Lower --batch-size (raise --gradient-accumulation-steps to keep the same step) or --max-length."
      : "Run `l3masking doctor`; if it finds no problem, report this message.",
  });
}

function notPlainData(command: string, cause: DOMException): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected plain data as options of ${command}, got something else: ${cause.message}`,
    { cause, hint: "Pass strings, numbers, booleans and arrays only." },
  );
}
