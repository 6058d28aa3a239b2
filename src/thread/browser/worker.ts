/** The worker of a page: commands and files, on a file system in the browser's storage. */
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { packageVersion } from "../../base/version.js";
import { type PortableCommand, portable } from "../../commands/portable.js";
import { openOriginStorage } from "../../platform/browser/files/opfs.js";
import { memoryStorage } from "../../platform/browser/files/storage.js";
import { mount } from "../../platform/browser/files/system.js";
import { openVolume } from "../../platform/browser/files/volume.js";
import { sharedThreads, webgpuState } from "../../platform/browser/page.js";
import { resolveSettings } from "../../run/settings/resolve.js";
import { type Answer, type Asked, asks, portableError } from "../messages.js";
import { browserHost } from "./host.js";
import { fileAction, keepFiles } from "./page-files.js";
import {
  type CallRequest,
  type OpenRequest,
  type PagePort,
  type WorkerFacts,
  type WorkRequest,
  workRequest,
} from "./requests.js";
import { fetchShippedModel, shippedModelToFetch } from "./shipped-model.js";

/** Address of the shipped model's folder, once the workplace is open. */
let model: string | undefined;

/** Commands that share a turn of their own, beside training. */
const ofClassifier: ReadonlySet<PortableCommand> = new Set([
  "openClassifier",
  "classify",
  "explain",
]);

let [turn, classifierTurn] = [
  Promise.resolve<unknown>(undefined),
  Promise.resolve<unknown>(undefined),
];

async function open({ storage, model: address }: OpenRequest): Promise<void> {
  if (model !== undefined) return;
  mount(openVolume(storage === undefined ? memoryStorage() : await openOriginStorage(storage)));
  model = address;
}

function openedModel(): string {
  if (model !== undefined) return model;
  throw new L3MaskingError("worker-failed", "expected a request to open the files first");
}

async function facts(): Promise<WorkerFacts> {
  return {
    version: packageVersion,
    threads: sharedThreads(),
    hasWebgpu: (await webgpuState()) === "ready",
    modelToFetch: await shippedModelToFetch(openedModel()),
  };
}

async function call({ command, given, port, stop }: CallRequest): Promise<unknown> {
  const told = new Set<unknown>();
  port.addEventListener("message", ({ data }) => told.add(data));
  port.start();
  const flag = stop && new Int32Array(stop);
  const isAsked = (what: Asked) =>
    told.has(what) || (flag !== undefined && Atomics.load(flag, 0) === asks[what]);
  const host = browserHost({
    emit: (event) => post(port, { type: "event", event }),
    cancelled: () => isAsked("stop"),
    ending: () => isAsked("end"),
    now: () => performance.now(),
    today: () => new Date().toLocaleDateString("en-GB", { dateStyle: "long" }),
    time: () => new Date().toISOString(),
    // The worker ends with its page, and all that it holds with it.
    atEnd: () => undefined,
  });
  const address = openedModel();
  const work = async () => {
    const { settings, run } = portable[command];
    await fetchShippedModel(address, resolveSettings(await settings(), given), host);
    try {
      return await run(given, host);
    } finally {
      keepFiles();
    }
  };
  const before = ofClassifier.has(command) ? classifierTurn : turn;
  const result = before.then(work);
  // Whether the turn before went well is its own affair.
  const ended = result.catch(() => undefined);
  if (ofClassifier.has(command)) classifierTurn = ended;
  else turn = ended;
  return result;
}

function post(port: PagePort, answer: Answer<unknown>): void {
  port.postMessage(answer);
}

function resultOf(request: WorkRequest): Promise<unknown> {
  switch (request.action) {
    case "open":
      return open(request);
    case "facts":
      return facts();
    case "call":
      return call(request);
    default:
      openedModel();
      return fileAction(request);
  }
}

async function answer(request: WorkRequest): Promise<void> {
  const { port } = request;
  try {
    post(port, { type: "result", result: await resultOf(request) });
  } catch (error) {
    post(port, { type: "error", error: portableError(error) });
  }
}

addEventListener("message", ({ data }) => {
  const request = workRequest.safeParse(data);
  if (request.success) void answer(request.data);
  else throw new L3MaskingError("worker-failed", messageOf(request.error));
});
