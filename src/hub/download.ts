/** A file from the network: fetched piece by piece, gone on with after a cut, checked, and only then in its place. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { L3MaskingError } from "../errors.js";

export interface DownloadRequest {
  readonly url: string;
  /** Where the file goes; its folder is made. */
  readonly path: string;
  /** Size of the file, where it is known. */
  readonly bytes?: number;
  /** SHA-256 of the file in hex, where it is known. */
  readonly sha256?: string;
}

/** What is told and asked while a file comes in. */
export interface DownloadWatch {
  /** Called after every piece. `total` is undefined where neither request nor server tells the size. */
  progress(doneBytes: number, totalBytes: number | undefined): void;
  /** True asks to stop; looked at several times a second. */
  cancelled(): boolean;
}

/** How patient a download is; tests have less time. */
export interface DownloadPatience {
  /** Attempts in a row that bring no byte before it is given up. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly pauseMilliseconds: number;
  /** A connection that brings nothing for so long counts as cut. */
  readonly stallMilliseconds: number;
}

const defaultPatience: DownloadPatience = {
  attempts: 4,
  pauseMilliseconds: 1_000,
  stallMilliseconds: 60_000,
};

/** How often a stop and a stall are looked for. */
const LOOK_MILLISECONDS = 100;

/**
 * Downloads a file by HTTP(S), following redirects. The bytes gather in `PATH.part`; only when size and SHA-256 are as
 * requested does the file get its name, by renaming, so that a file of that name is always whole.
 *
 * A cut connection is taken up where it broke (HTTP Range; with If-Range where the server names the version). What an
 * earlier call left in `PATH.part` is gone on with only if the request has a SHA-256, since nothing else tells whether
 * it belongs to this file; if the whole then has another SHA-256, it is fetched once more from its beginning.
 *
 * One download of a path at a time; a SHA-256 in the request catches two that got into each other's way.
 *
 * Throws `download-failed` (no connection, an HTTP status, cut too often), `download-mismatch` (size or SHA-256),
 * `interrupted` after a stop; the bytes that came stay in `PATH.part` for the next call, except after a mismatch.
 */
export async function download(
  request: DownloadRequest,
  watch: DownloadWatch,
  patience: DownloadPatience = defaultPatience,
): Promise<void> {
  const part = `${request.path}.part`;
  await mkdir(dirname(request.path), { recursive: true });
  const leftOver = request.sha256 === undefined ? 0 : await sizeOf(part);
  await fetchWhole(request, part, leftOver, watch, patience);
  let fault = await faultOf(part, request);
  if (fault !== undefined && leftOver > 0) {
    await fetchWhole(request, part, 0, watch, patience);
    fault = await faultOf(part, request);
  }
  if (fault !== undefined) {
    await rm(part, { force: true });
    throw mismatch(request, fault);
  }
  await rename(part, request.path);
}

/** What has come of a file. */
interface Transfer {
  readonly request: DownloadRequest;
  readonly file: FileHandle;
  readonly watch: DownloadWatch;
  readonly stallMilliseconds: number;
  /** Bytes in the file, from its beginning. */
  done: number;
  /** Of the version that `done` bytes are of; absent where the server names none. */
  etag: string | undefined;
}

/** An attempt that may be repeated: the connection broke, or the server asks for patience. */
interface Cut {
  readonly reason: string;
  readonly cause?: unknown;
}

/** Fetches all bytes into `part`, keeping the first `keep` bytes that are there. */
async function fetchWhole(
  request: DownloadRequest,
  part: string,
  keep: number,
  watch: DownloadWatch,
  patience: DownloadPatience,
): Promise<void> {
  const fits = request.bytes === undefined || keep <= request.bytes;
  const file = await open(part, keep > 0 ? "r+" : "w");
  const transfer: Transfer = {
    request,
    file,
    watch,
    stallMilliseconds: patience.stallMilliseconds,
    done: fits ? keep : 0,
    etag: undefined,
  };
  try {
    let fruitless = 0;
    while (request.bytes === undefined || transfer.done < request.bytes) {
      const before = transfer.done;
      const cut = await fetchRest(transfer);
      if (cut === undefined) break;
      fruitless = transfer.done > before ? 0 : fruitless + 1;
      if (fruitless >= patience.attempts) throw failed(request, cut.reason, cut.cause);
      await pause(patience.pauseMilliseconds * 2 ** fruitless);
      if (watch.cancelled()) throw interrupted(transfer);
    }
    await file.truncate(transfer.done);
  } finally {
    await file.close();
  }
}

/** One request for what is missing. Gives the reason where it should be tried again. */
async function fetchRest(transfer: Transfer): Promise<Cut | undefined> {
  const { request, watch } = transfer;
  const connection = new AbortController();
  let quietLooks = 0;
  const look = setInterval(() => {
    quietLooks += 1;
    const stalled = quietLooks * LOOK_MILLISECONDS >= transfer.stallMilliseconds;
    if (watch.cancelled() || stalled) connection.abort();
  }, LOOK_MILLISECONDS);
  try {
    const response = await fetch(request.url, {
      headers: requestHeaders(transfer),
      signal: connection.signal,
    });
    const refusal = await acceptAnswer(transfer, response);
    if (refusal !== undefined) return refusal;
    const total = request.bytes ?? announcedTotal(transfer, response);
    for await (const piece of response.body ?? []) {
      quietLooks = 0;
      await writePiece(transfer, piece);
      watch.progress(transfer.done, total);
      if (watch.cancelled()) throw interrupted(transfer);
    }
    if (total !== undefined && transfer.done < total) return { reason: "the connection was cut" };
    return undefined;
  } catch (error) {
    if (error instanceof L3MaskingError) throw error;
    if (watch.cancelled()) throw interrupted(transfer);
    if (connection.signal.aborted) return { reason: "nothing came any more", cause: error };
    const code = connectionCode(error);
    // Before the first byte there is nothing to save: no network is told at once.
    if (transfer.done === 0 && code !== undefined && unreachable.includes(code)) {
      throw failed(request, `no connection (${code})`, error);
    }
    return {
      reason: `the connection was cut${code === undefined ? "" : ` (${code})`}`,
      cause: error,
    };
  } finally {
    clearInterval(look);
    connection.abort();
  }
}

/** Errors that tell of an absent network or host, not of a cut. */
const unreachable: readonly string[] = [
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

function requestHeaders({ done, etag }: Transfer): Record<string, string> {
  // Compressed on the way, sizes and ranges would count other bytes than those of the file.
  const plain = { "accept-encoding": "identity" };
  if (done === 0) return plain;
  const range = { ...plain, range: `bytes=${done}-` };
  return etag === undefined ? range : { ...range, "if-range": etag };
}

/** Looks at status and headers; sets `done` back where the server begins anew. */
async function acceptAnswer(transfer: Transfer, response: Response): Promise<Cut | undefined> {
  const { request, done } = transfer;
  const { status, headers } = response;
  const start = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  if (status === 416 || (status === 206 && Number(start) !== done)) {
    // What is there does not fit the file on the server.
    transfer.done = 0;
    return { reason: `the server cannot go on at byte ${done}` };
  }
  if (status === 429 || status >= 500) return { reason: `HTTP status ${status}` };
  if (status !== 200 && status !== 206) throw failed(request, `HTTP status ${status}`);
  if (status === 200) transfer.done = 0;
  const etag = headers.get("etag");
  // Only a strong one (without W/) may stand for bytes.
  transfer.etag = etag?.startsWith('"') ? etag : undefined;
  const total = announcedTotal(transfer, response);
  if (request.bytes !== undefined && total !== undefined && total !== request.bytes) {
    throw mismatch(request, `the server has ${total} bytes`);
  }
  return undefined;
}

function announcedTotal({ done }: Transfer, { headers }: Response): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : done + Number(length);
}

async function writePiece(transfer: Transfer, piece: Uint8Array): Promise<void> {
  const { request, file, done } = transfer;
  if (request.bytes !== undefined && done + piece.length > request.bytes) {
    throw mismatch(request, "the server sends more");
  }
  await file.write(piece, 0, piece.length, done);
  transfer.done += piece.length;
}

/** What is wrong with the file, in words. */
async function faultOf(path: string, request: DownloadRequest): Promise<string | undefined> {
  const size = await sizeOf(path);
  if (request.bytes !== undefined && size !== request.bytes) return `${size} bytes came`;
  if (request.sha256 === undefined) return undefined;
  const digest = await fileSha256(path);
  return digest === request.sha256 ? undefined : `what came has SHA-256 ${digest}`;
}

/** SHA-256 of a file's bytes, in hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}

/** The code of what is at the bottom of a failed fetch. */
function connectionCode(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = codeOf(at);
    if (code !== undefined) return code;
  }
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function failed(request: DownloadRequest, reason: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError("download-failed", `expected ${request.url}, got: ${reason}`, {
    hint: "Check the connection and try again; what came already is kept.",
    cause,
  });
}

function mismatch(request: DownloadRequest, fault: string): L3MaskingError {
  const { url, bytes, sha256 } = request;
  const expected = [
    ...(bytes === undefined ? [] : [`${bytes} bytes`]),
    ...(sha256 === undefined ? [] : [`SHA-256 ${sha256}`]),
  ].join(" with ");
  return new L3MaskingError("download-mismatch", `expected ${expected} from ${url}, but ${fault}`, {
    hint: "The file was replaced or damaged on its way; nothing of it was kept. Try again, or get it elsewhere.",
  });
}

function interrupted({ request, done }: Transfer): L3MaskingError {
  return new L3MaskingError("interrupted", `the download of ${request.url} was stopped`, {
    hint: `Start it again; ${done} bytes are kept.`,
  });
}
