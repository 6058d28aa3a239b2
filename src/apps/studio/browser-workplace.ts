/**
 * A workplace in the browser: a worker that runs the commands, and the files that the browser keeps for the page. Whatever bundles the
 * worker loads the browser's modules of the platform (`scripts/browser-platform.ts`).
 */
import { L3MaskingError } from "../../base/errors.js";
import type { CommandResult } from "../../commands/table.js";
import type { FolderEntry } from "../../platform/files/folder-contents.js";
import { SHIPPED_MODEL } from "../../run/settings/shipped-model.js";
import type { WorkerFacts, WorkRequest } from "../../thread/browser/requests.js";
import {
  type Answer,
  type Asked as AskedOfCall,
  asks,
  revivedError,
} from "../../thread/messages.js";
import type { CallWatch, Workplace } from "./workplace.js";

/** The part of a browser's worker that is used; it runs `thread/browser/worker.ts`. */
export interface PageWorker {
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  addEventListener(type: "error", listener: (event: { readonly message?: string }) => void): void;
}

export interface BrowserPlace {
  readonly worker: PageWorker;
  /** Address of the shipped model's folder. */
  readonly model: string;
  /** Name under which the browser keeps the files. */
  readonly storage?: string;
}

/** A request but for the port of its answers. */
type Asked = WorkRequest extends infer Request
  ? Request extends WorkRequest
    ? Omit<Request, "port">
    : never
  : never;

/**
 * Opens the files of the page, as they were left; where the browser keeps none for it (a private window), in memory, which `facts` says.
 * Throws `output-in-use` while another tab has them open, and `storage-damaged`.
 */
export async function browserWorkplace({
  worker,
  model,
  storage = "l3masking",
}: BrowserPlace): Promise<Workplace> {
  const { ask } = asking(worker);
  const isKept = await ask<void>({ action: "open", storage, model }).then(
    () => true,
    async (error: unknown) => {
      if (!(error instanceof L3MaskingError) || error.code !== "storage-missing") throw error;
      await ask<void>({ action: "open", model });
      return false;
    },
  );
  return {
    async facts() {
      const { version, threads, hasWebgpu, modelToFetch } = await ask<WorkerFacts>({
        action: "facts",
      });
      const processor = `processor, ${threads} ${threads === 1 ? "thread" : "threads"}`;
      return {
        version,
        place: isKept
          ? "in this browser"
          : "in this browser, which keeps nothing once the page is closed",
        devices: [
          { name: "cpu", title: processor },
          ...(hasWebgpu ? [{ name: "webgpu", title: "GPU (WebGPU)" }] : []),
        ],
        model: { name: SHIPPED_MODEL, toFetch: modelToFetch },
      };
    },
    call: <Name extends Parameters<Workplace["call"]>[0]>(
      command: Name,
      given: unknown,
      watch?: CallWatch,
    ) => ask<CommandResult<Name>>({ action: "call", command, given }, watch),
    read: (path) => ask<Uint8Array<ArrayBuffer>>({ action: "read", path }),
    write: (path, content) => ask<void>({ action: "write", path, content }),
    list: (path) => ask<readonly FolderEntry[]>({ action: "list", path }),
    remove: (path) => ask<void>({ action: "remove", path }),
    zip: (path) => ask<Blob>({ action: "zip", path }),
  };
}

/** Sends requests to a worker, each with a port for its answers. */
function asking(worker: PageWorker) {
  let lost: L3MaskingError | undefined;
  const waiting = new Set<(error: unknown) => void>();
  worker.addEventListener("error", ({ message }) => {
    lost = workerLost(message);
    for (const reject of waiting) reject(lost);
  });
  async function ask<Result>(asked: Asked, watch: CallWatch = {}): Promise<Result> {
    const { signal, end, onEvent } = watch;
    if (lost !== undefined) throw lost;
    if (signal?.aborted) {
      throw new L3MaskingError("interrupted", "the call was aborted before it started");
    }
    const { port1: answers, port2: port } = new MessageChannel();
    const stop = isolated() ? new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) : undefined;
    const request = (what: AskedOfCall) => {
      const flag = stop && new Int32Array(stop);
      // The end is asked for only where nothing else was.
      if (flag !== undefined && what === "end") Atomics.compareExchange(flag, 0, 0, asks.end);
      else if (flag !== undefined) Atomics.store(flag, 0, asks.stop);
      answers.postMessage(what);
    };
    const requestStop = () => request("stop");
    const requestEnd = () => request("end");
    signal?.addEventListener("abort", requestStop, { once: true });
    end?.addEventListener("abort", requestEnd, { once: true });
    let reject: (error: unknown) => void = () => undefined;
    try {
      return await new Promise<Result>((resolve, fail) => {
        reject = fail;
        waiting.add(fail);
        answers.addEventListener("message", (event) => {
          if (!(event instanceof MessageEvent)) return;
          const answer: Answer<Result> = event.data;
          if (answer.type === "result") resolve(answer.result);
          else if (answer.type === "error") fail(revivedError(answer.error));
          else if (answer.type === "event") onEvent?.(answer.event);
        });
        answers.start();
        const isCall = asked.action === "call";
        worker.postMessage({ ...asked, port, ...(isCall && stop && { stop }) }, [port]);
        if (end?.aborted) requestEnd();
      });
    } finally {
      waiting.delete(reject);
      signal?.removeEventListener("abort", requestStop);
      end?.removeEventListener("abort", requestEnd);
      answers.close();
    }
  }
  return { ask };
}

function isolated(): boolean {
  return typeof crossOriginIsolated !== "undefined" && crossOriginIsolated;
}

function workerLost(message: string | undefined): L3MaskingError {
  return new L3MaskingError(
    "workplace-lost",
    `the worker of this page ended: ${message ?? "it ran out of memory or failed to load"}`,
    { hint: "Reload the page: training goes on from the last saved state." },
  );
}
