/** A file from the network: fetched piece by piece, gone on with after a cut, checked, and only then in its place. */
import { L3MaskingError } from "../../base/errors.js";
import { addFile, openDigest } from "../../platform/digest.js";
import { writing } from "../../platform/files/failures.js";
import {
  entryAt,
  makeFolders,
  type OutputFile,
  openToWrite,
  remove,
  rename,
} from "../../platform/files/files.js";
import { dirname } from "../../platform/paths.js";
import {
  busyAnswer,
  type Cut,
  cutOf,
  type DownloadPatience,
  defaultPatience,
  mayTryAgain,
  pauseBeforeNext,
  watchConnection,
} from "./attempts.js";

export interface DownloadRequest {
  readonly url: string;
  /** Where the file goes; its folder is made. */
  readonly path: string;
  /** Size of the file, where it is known. */
  readonly bytes?: number;
  /** SHA-256 of the file in hex, where it is known. */
  readonly sha256?: string;
  /** The name that git gives the file's content, where it is known: SHA-1 in hex of `blob LENGTH`, a zero byte, the bytes. */
  readonly gitSha1?: string;
  /** For the URL's own origin: where it redirects to another one, that one does not get it. */
  readonly authorization?: string | undefined;
  /** The error of an answer that is no success, where it has one of its own. */
  readonly refused?: (status: number) => L3MaskingError | undefined;
}

/** What is told and asked while a file comes in. */
export interface DownloadWatch {
  /** Called after every piece. `total` is undefined where neither request nor server tells the size. */
  progress(doneBytes: number, totalBytes: number | undefined): void;
  /** True asks to stop; looked at several times a second. */
  cancelled(): boolean;
}

/**
 * Downloads a file by HTTP(S), following redirects. The bytes gather in `PATH.part`; only when size and checksum are as
 * requested does the file get its name, by renaming, so that a file of that name is always whole.
 *
 * A cut connection is taken up where it broke (HTTP Range; with If-Range where the server names the version). What an
 * earlier call left in `PATH.part` is gone on with only if the request has a checksum, since nothing else tells whether
 * it belongs to this file; if the whole then has another checksum, it is fetched once more from its beginning.
 *
 * One download of a path at a time; a checksum in the request catches two that got into each other's way.
 *
 * Throws `download-failed` (no connection, an HTTP status, cut too often) or what `refused` makes of a status,
 * `download-mismatch` (size or checksum), `disk-full` and `output-unwritable`, `interrupted` after a stop; the bytes that
 * came stay in `PATH.part` for the next call, except after a mismatch.
 */
export async function download(
  request: DownloadRequest,
  watch: DownloadWatch,
  patience: DownloadPatience = defaultPatience,
): Promise<void> {
  const part = `${request.path}.part`;
  writing(request.path, () => makeFolders(dirname(request.path)));
  const checked = request.sha256 !== undefined || request.gitSha1 !== undefined;
  const leftOver = checked ? sizeOf(part) : 0;
  await fetchWhole(request, part, leftOver, watch, patience);
  let fault = faultOf(part, request);
  if (fault !== undefined && leftOver > 0) {
    await fetchWhole(request, part, 0, watch, patience);
    fault = faultOf(part, request);
  }
  if (fault !== undefined) {
    remove(part);
    throw mismatch(request, fault);
  }
  rename(part, request.path);
}

/** What has come of a file. */
interface Transfer {
  readonly request: DownloadRequest;
  readonly file: OutputFile;
  readonly watch: DownloadWatch;
  readonly stallMilliseconds: number;
  /** Bytes in the file, from its beginning. */
  done: number;
  /** Of the version that `done` bytes are of; absent where the server names none. */
  etag: string | undefined;
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
  const file = writing(part, () => openToWrite(part, "append"));
  const transfer: Transfer = {
    request,
    file,
    watch,
    stallMilliseconds: patience.stallMilliseconds,
    done: fits ? keep : 0,
    etag: undefined,
  };
  try {
    startAt(transfer, transfer.done);
    let fruitless = 0;
    while (request.bytes === undefined || transfer.done < request.bytes) {
      const before = transfer.done;
      const cut = await fetchRest(transfer);
      if (cut === undefined) break;
      fruitless = transfer.done > before ? 0 : fruitless + 1;
      if (!mayTryAgain(cut, fruitless, patience)) throw givenUp(request, cut);
      await pauseBeforeNext(cut, fruitless, patience, () => watch.cancelled());
      if (watch.cancelled()) throw interrupted(transfer);
    }
    // Before it gets its name: after a power cut a file of that name must not be empty.
    writing(part, () => file.flush());
  } finally {
    file.close();
  }
}

/** One request for what is missing. Gives the reason where it should be tried again. */
async function fetchRest(transfer: Transfer): Promise<Cut | undefined> {
  const { request, watch } = transfer;
  const connection = watchConnection(() => watch.cancelled(), transfer.stallMilliseconds);
  try {
    const response = await fetch(request.url, {
      headers: requestHeaders(transfer),
      signal: connection.signal,
    });
    const refusal = await acceptAnswer(transfer, response);
    if (refusal !== undefined) return refusal;
    const total = request.bytes ?? announcedTotal(transfer, response);
    for await (const piece of response.body ?? []) {
      connection.alive();
      writePiece(transfer, piece);
      watch.progress(transfer.done, total);
      if (watch.cancelled()) throw interrupted(transfer);
    }
    if (total !== undefined && transfer.done < total) return { reason: "the connection was cut" };
    return undefined;
  } catch (error) {
    if (error instanceof L3MaskingError) throw error;
    if (watch.cancelled()) throw interrupted(transfer);
    return cutOf(error, connection, transfer.done > 0);
  } finally {
    connection.close();
  }
}

function requestHeaders({ request, done, etag }: Transfer): Record<string, string> {
  const { authorization } = request;
  const plain = {
    // Compressed on the way, sizes and ranges would count other bytes than those of the file.
    "accept-encoding": "identity",
    // By the standard of fetch a redirect to another origin loses this one.
    ...(authorization !== undefined && { authorization }),
  };
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
    startAt(transfer, 0);
    return { reason: `the server cannot resume at byte ${done}` };
  }
  const busy = busyAnswer(response);
  if (busy !== undefined) return busy;
  if (status !== 200 && status !== 206) {
    throw givenUp(request, { reason: `HTTP status ${status}`, status });
  }
  if (status === 200) startAt(transfer, 0);
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

/** Leaves the first bytes of the file alone. */
function startAt(transfer: Transfer, bytes: number): void {
  writing(transfer.request.path, () => transfer.file.truncate(bytes));
  transfer.done = bytes;
}

function writePiece(transfer: Transfer, piece: Uint8Array): void {
  const { request, file, done } = transfer;
  if (request.bytes !== undefined && done + piece.length > request.bytes) {
    throw mismatch(request, "the server sent more");
  }
  writing(request.path, () => file.write(piece));
  transfer.done += piece.length;
}

/** What is wrong with the file, in words. */
function faultOf(path: string, request: DownloadRequest): string | undefined {
  const size = sizeOf(path);
  if (request.bytes !== undefined && size !== request.bytes) return `got ${size} bytes`;
  const { sha256, gitSha1 } = request;
  if (sha256 !== undefined) {
    const digest = addFile(openDigest("sha256"), path).hex();
    if (digest !== sha256) return `got SHA-256 ${digest}`;
  }
  if (gitSha1 !== undefined) {
    const digest = addFile(openDigest("sha1").add(`blob ${size}\0`), path).hex();
    if (digest !== gitSha1) return `got SHA-1 ${digest} (as git computes it)`;
  }
  return undefined;
}

function sizeOf(path: string): number {
  return entryAt(path)?.size ?? 0;
}

function givenUp(request: DownloadRequest, cut: Cut): L3MaskingError {
  const own = cut.status === undefined ? undefined : request.refused?.(cut.status);
  return own ?? failed(request, cut.reason, cut.cause);
}

function failed(request: DownloadRequest, reason: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError("download-failed", `cannot download ${request.url}: ${reason}`, {
    hint: "Check the connection and try again; what was downloaded so far is kept.",
    cause,
  });
}

function mismatch(request: DownloadRequest, fault: string): L3MaskingError {
  const { url, bytes, sha256, gitSha1 } = request;
  const expected = [
    ...(bytes === undefined ? [] : [`${bytes} bytes`]),
    ...(sha256 === undefined ? [] : [`SHA-256 ${sha256}`]),
    ...(gitSha1 === undefined ? [] : [`SHA-1 ${gitSha1} (as git computes it)`]),
  ].join(" with ");
  return new L3MaskingError("download-mismatch", `expected ${expected} from ${url}, but ${fault}`, {
    hint: "Try again, or get the file elsewhere. It was replaced at its source or damaged in transit; nothing of it was kept.",
  });
}

function interrupted({ request, done }: Transfer): L3MaskingError {
  return new L3MaskingError("interrupted", `the download of ${request.url} was stopped`, {
    hint: `Run the command again; ${done} bytes are kept.`,
  });
}
