/** The thread in which models run: ONNX Runtime blocks the thread that calls it. */
import { homedir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { L3MaskingError } from "../base/errors.js";
import type { openClassifier } from "../commands/score-texts.js";
import { type CommandResults, commands } from "../commands/table.js";
import { createNodeRuntime } from "../engine/runtime/node.js";
import { availableMemory } from "../platform/available-memory.js";
import { hubSettings } from "../platform/hub-environment.js";
import { mlflowEnvironment } from "../platform/mlflow-environment.js";
import type { Host, RunEvent, TrainResult } from "../run/host/host.js";
import { classifierSchema, resolveSettings, type TrainSettings } from "../run/settings/train.js";
import { callOnce } from "./client.js";
import { type Answer, type CallResults, portableError, type Request } from "./messages.js";

type OpenClassifier = Awaited<ReturnType<typeof openClassifier>>;

type ClassifierCalls = {
  readonly [Name in Exclude<keyof CallResults, keyof CommandResults>]: (
    given: unknown,
    host: Host,
  ) => Promise<CallResults[Name]>;
};

let classifier: OpenClassifier | undefined;

/** The host of the call under way. */
let current: Host | undefined;

/** A host for what outlives a call: it serves whichever call is under way. */
function lastingHost(host: Host): Host {
  return {
    ...host,
    emit: (event) => current?.emit(event),
    cancelled: () => current?.cancelled() ?? false,
  };
}

/** What `openConnection` alone asks for. */
const classifierCalls: ClassifierCalls = {
  async openClassifier(given, host) {
    const settings = resolveSettings(classifierSchema, given);
    const library = await import("../commands/score-texts.js");
    classifier = await library.openClassifier(settings, lastingHost(host));
    return classifier.labels;
  },
  async classify(given) {
    if (classifier === undefined || !isTexts(given)) {
      throw new L3MaskingError("worker-failed", "expected an open classifier and a list of texts");
    }
    return classifier.predict(given);
  },
  async close() {
    try {
      await classifier?.dispose();
      return undefined;
    } finally {
      classifier = undefined;
      parentPort?.close();
    }
  },
};

function isTexts(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.every((text) => typeof text === "string");
}

function createHost(
  emit: (event: RunEvent) => void,
  write: Host["write"],
  stop: SharedArrayBuffer,
): Host {
  const flag = new Int32Array(stop);
  return {
    emit,
    write,
    cancelled: () => Atomics.load(flag, 0) !== 0,
    now: () => performance.now(),
    today: () => new Date().toLocaleDateString("en-GB", { dateStyle: "long" }),
    time: () => new Date().toISOString(),
    runtime: (threads) => createNodeRuntime(threads === undefined ? {} : { threads }),
    availableMemory,
    train: (settings, emitOfRun) =>
      trainElsewhere(settings, emitOfRun, () => Atomics.load(flag, 0) !== 0),
    cacheFolder: process.env.L3MASKING_CACHE ?? join(homedir(), ".cache", "l3masking"),
    hub: hubSettings(process.env, homedir()),
    mlflow: mlflowEnvironment(process.env),
  };
}

/** How often a command that waits for others looks whether it is to stop. */
const STOP_MILLISECONDS = 50;

/** Trains in a further thread, and passes a stop of this one on. */
async function trainElsewhere(
  settings: TrainSettings,
  onEvent: (event: RunEvent) => void,
  cancelled: () => boolean,
): Promise<TrainResult> {
  const stop = new AbortController();
  const timer = setInterval(() => {
    if (cancelled()) stop.abort();
  }, STOP_MILLISECONDS);
  try {
    return await callOnce("train", settings, { onEvent, signal: stop.signal });
  } finally {
    clearInterval(timer);
  }
}

/** The caller's word on a piece of output; false once the caller is gone. */
function wordOn(port: MessagePort): Promise<boolean> {
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    port.once("close", gone);
    port.once("message", (word: unknown) => {
      port.off("close", gone);
      resolve(word === true);
    });
  });
}

function isCommand(name: unknown): name is keyof CommandResults {
  return typeof name === "string" && Object.hasOwn(commands, name);
}

async function answer({ call, given, stop, port, takesOutput }: Request): Promise<void> {
  const post = (message: Answer<unknown>) => port.postMessage(message);
  const write = (text: string) => {
    const word = wordOn(port);
    post({ type: "output", text });
    return word;
  };
  const emit = (event: RunEvent) => post({ type: "event", event });
  const host = createHost(emit, takesOutput ? write : undefined, stop);
  current = host;
  try {
    const result = isCommand(call)
      ? await commands[call].run(given, host)
      : await classifierCalls[call](given, host);
    post({ type: "result", result });
  } catch (error) {
    post({ type: "error", error: portableError(error) });
  } finally {
    current = undefined;
    port.close();
  }
}

const expected: unknown = workerData;
// What fails here fails again, and is told, when the call comes.
if (isCommand(expected)) commands[expected].load().catch(() => undefined);

// Calls take turns, so that `current` is well defined.
let turn = Promise.resolve();
parentPort?.on("message", (request: Request) => {
  turn = turn.then(() => answer(request));
});
