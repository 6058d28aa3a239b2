/** Models and classifiers on the devices of a browser. */
import { browserDevices } from "../../engine/runtime/devices/browser/devices.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { isIsolated } from "../../platform/browser/page.js";
import type { ModelFiles } from "./model.js";
import {
  classifierOn,
  type MemoryWatch,
  modelOn,
  type OpenedClassifier,
  type OpenedModel,
} from "./open.js";

/** A device that a browser may have. */
export type BrowserDevice = keyof typeof browserDevices;

/** Where and how a model is opened. */
export interface OpenOptions {
  /** "wasm", the processors, unless told. */
  readonly device?: BrowserDevice;
  /** Threads of "wasm": all processors unless told. The first model that is opened in a page or worker decides for the others. */
  readonly threads?: number;
  /** What error messages call the place of the files; "model" unless told. */
  readonly name?: string;
}

/**
 * Opens a pretrained model from the files of its folder. Throws the `checkpoint-` and `tokenizer-` errors, `runtime-missing`,
 * `runtime-unsupported` and `device-missing`.
 */
export async function openModel(
  files: ModelFiles,
  options: OpenOptions = {},
  watch?: MemoryWatch,
): Promise<OpenedModel> {
  return modelOn(await openDevice(options, watch), files, options.name ?? "model");
}

/** Opens a trained classifier from the files of its folder. Throws as `openModel`. */
export async function openClassifier(
  files: ModelFiles,
  options: OpenOptions = {},
  watch?: MemoryWatch,
): Promise<OpenedClassifier> {
  return classifierOn(await openDevice(options, watch), files, options.name ?? "model");
}

/** Throws what opening the device throws. Tells where it has fewer threads than were asked for. */
export async function openDevice(
  { device = "wasm", threads }: OpenOptions,
  watch: MemoryWatch = {},
): Promise<Runtime> {
  const runtime = await browserDevices[device].open({ threads });
  const text = fewerThreads(device, threads, runtime.threads);
  if (text !== undefined) watch.onEvent?.({ type: "notice", level: "warning", text });
  return runtime;
}

/** What to say where threads were not had; undefined where they were, or play no part. */
function fewerThreads(
  device: BrowserDevice,
  asked: number | undefined,
  got: number,
): string | undefined {
  if (device !== "wasm") return undefined;
  if (!isIsolated()) {
    return "computing on 1 thread, as this page is not isolated from other origins: send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp with it (docs/browser.md)";
  }
  if (asked === undefined || got === asked) return undefined;
  return `threads ${asked}: using ${got}, with which the first model was opened here`;
}
