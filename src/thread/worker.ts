/** The thread in which models run: ONNX Runtime blocks the thread that calls it. */
import { homedir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { L3MaskingError } from "../base/errors.js";
import { commands, isCommand } from "../commands/table.js";
import { devices } from "../engine/runtime/devices/devices.js";
import { availableMemory } from "../platform/available-memory.js";
import { hubSettings } from "../platform/hub-environment.js";
import { processorCount, thisMachine } from "../platform/machine.js";
import { mlflowEnvironment } from "../platform/mlflow-environment.js";
import { queueEnvironment } from "../platform/queue-environment.js";
import { slurmTask } from "../platform/slurm-environment.js";
import { chosenDevice, openedOr } from "../run/host/device.js";
import { fastestDevice, readDeviceTimes } from "../run/host/device-times.js";
import type { Host, RunEvent } from "../run/host/host.js";
import { usableThreads } from "../run/host/threads.js";
import { callOnce } from "./client.js";
import { type Answer, asks, type Call, portableError, type Request } from "./messages.js";

/** The call under way; calls take turns. */
let current: Call | undefined;

/** What is freed at the end. */
const kept: (() => Promise<void>)[] = [];

function post(answer: Answer<unknown>): void {
  current?.port.postMessage(answer);
}

/** What the caller asks of the call under way. */
function asked(): number {
  return current === undefined ? 0 : Atomics.load(new Int32Array(current.stop), 0);
}

/** Serves whichever call is under way, so it may be kept from call to call. */
const host: Host = {
  emit: (event) => post({ type: "event", event }),
  cancelled: () => asked() === asks.stop,
  ending: () => asked() === asks.end,
  get write() {
    return current?.takesOutput ? write : undefined;
  },
  now: () => performance.now(),
  today: () => new Date().toLocaleDateString("en-GB", { dateStyle: "long" }),
  time: () => new Date().toISOString(),
  async runtime(asked) {
    const { threads, notice } = usableThreads(asked.threads, processorCount());
    if (notice !== undefined) host.emit(notice);
    const processor = await devices.cpu.open({ threads });
    const chosen = chosenDevice(asked, () => {
      const now = { runtime: processor.name, processor: thisMachine().processor };
      return fastestDevice(readDeviceTimes(host.cacheFolder, now));
    });
    if (chosen === "cpu") return processor;
    const open = () => devices[chosen].open({ threads });
    return openedOr(processor, asked, chosen, open, host.emit);
  },
  availableMemory,
  inThread,
  atEnd: (free) => kept.push(free),
  cacheFolder: process.env.L3MASKING_CACHE ?? join(homedir(), ".cache", "l3masking"),
  hub: hubSettings(process.env, homedir()),
  slurmTask: slurmTask(process.env),
  mlflow: mlflowEnvironment(process.env),
  queue: queueEnvironment(process.env),
};

async function write(text: string): Promise<boolean> {
  if (current === undefined) return false;
  const word = wordOn(current.port);
  post({ type: "output", text });
  return word;
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

/** How often a command that waits for others looks whether it is to stop. */
const STOP_MILLISECONDS = 50;

async function inThread(
  command: string,
  settings: unknown,
  onEvent: (event: RunEvent) => void,
  isToStop: () => boolean = () => false,
): Promise<unknown> {
  if (!isCommand(command)) throw noCommand(command);
  const stop = new AbortController();
  const timer = setInterval(() => {
    if (host.cancelled() || isToStop()) stop.abort();
  }, STOP_MILLISECONDS);
  try {
    return await callOnce(command, settings, { onEvent, signal: stop.signal });
  } finally {
    clearInterval(timer);
  }
}

function noCommand(name: string): L3MaskingError {
  return new L3MaskingError("worker-failed", `expected a command, got ${name}`);
}

async function answer(call: Call): Promise<void> {
  current = call;
  try {
    post({ type: "result", result: await commands[call.command].run(call.given, host) });
  } catch (error) {
    post({ type: "error", error: portableError(error) });
  } finally {
    current = undefined;
    call.port.close();
  }
}

async function close(): Promise<void> {
  try {
    for (const free of kept) await free();
  } finally {
    parentPort?.close();
  }
}

const expected: unknown = workerData;
if (isCommand(expected)) {
  // What fails here fails again, and is reported, when the call comes.
  const { settings, load } = commands[expected];
  Promise.all([settings(), load()]).catch(() => undefined);
}

let turn = Promise.resolve();
parentPort?.on("message", (request: Request) => {
  turn = turn.then(() => (request === "close" ? close() : answer(request)));
});
