/** The files of a model folder, fetched from where a page has them. */
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { tokenizerSideFiles, vocabularyFiles } from "../../text/tokenizer-json.js";
import { trainingArgumentsFile } from "../folder/training-arguments.js";
import type { ModelFiles } from "./model.js";
import type { MemoryWatch } from "./open.js";

const WEIGHTS = "model.safetensors";

/**
 * Fetches the model folder at an address, "models/minilm/" for example: config.json, model.safetensors, the first vocabulary that is
 * there, and the files that go with it. Weights in several files are not found. Progress counts the bytes of the weights.
 *
 * Throws `download-failed` where the server does not answer or refuses, `checkpoint-missing` where a needed file is not there, and
 * `interrupted` after a stop.
 */
export async function fetchModel(
  address: string | URL,
  { onEvent, signal }: MemoryWatch = {},
): Promise<ModelFiles> {
  const folder = String(address).replace(/\/?$/, "/");
  const files = new Map<string, Uint8Array>();
  const find = async (name: string, told: Told = () => undefined) => {
    const bytes = await fetchFile(folder + name, signal, told);
    if (bytes !== undefined) files.set(name, bytes);
    return bytes !== undefined;
  };
  const need = async (name: string, told?: Told) => {
    if (!(await find(name, told))) throw missing(folder, name);
  };
  await need("config.json");
  for (const names of vocabularyFiles) {
    const [first, ...rest] = names;
    if (!(await find(first))) continue;
    for (const name of rest) await need(name);
    break;
  }
  for (const name of [...tokenizerSideFiles, trainingArgumentsFile]) await find(name);
  await need(WEIGHTS, (done, total) =>
    onEvent?.({ type: "progress", task: "downloading", done, total, unit: "bytes" }),
  );
  return files;
}

type Told = (done: number, total: number) => void;

/** The bytes at an address; undefined where there is no file, for which some servers send a page instead. */
async function fetchFile(
  address: string,
  signal: AbortSignal | undefined,
  told: Told,
): Promise<Uint8Array | undefined> {
  let response: Response;
  try {
    response = await fetch(address, signal ? { signal } : {});
    if (response.status === 404 || /^text\/html/.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.ok) return await bytesOf(response, told);
  } catch (cause) {
    if (signal?.aborted) throw stopped(address);
    throw refused(address, messageOf(cause), cause);
  }
  throw refused(address, `HTTP ${response.status}`);
}

/** The whole body; `told` hears how far it is, where the server said how long it is. */
async function bytesOf(response: Response, told: Told): Promise<Uint8Array> {
  const total = Number(response.headers.get("content-length"));
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  const pieces: Uint8Array[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const piece = await reader.read();
    if (piece.done) break;
    pieces.push(piece.value);
    done += piece.value.length;
    // What was compressed on its way is longer than the server says.
    if (done <= total) told(done, total);
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function missing(folder: string, name: string): L3MaskingError {
  return new L3MaskingError("checkpoint-missing", `expected ${name} at ${folder}, found none`, {
    hint: "Put the whole model folder there: config.json, model.safetensors and the tokenizer's files.",
  });
}

function refused(address: string, got: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError("download-failed", `expected the file at ${address}, got ${got}`, {
    hint: "Check the address and the connection, and that the server lets this page read it (CORS).",
    cause,
  });
}

function stopped(address: string): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped while ${address} was fetched`);
}
