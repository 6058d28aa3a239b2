/**
 * Unpacking the pages of a Parquet file of a stranger: by Node's own decoders, which stop at the size announced, and
 * zstd, for which Node 20 has none, in a thread that is ended when it takes too long.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import * as z from "zod";
import { L3MaskingError } from "../../base/errors.js";
import type { PackedBytes, Unpack } from "./pages.js";
import { requireSize, unpackPage } from "./unpack-pages.js";

/** Unpacks the pages of one file. */
export interface Unpacker {
  /** The bytes of each page. Throws `data-format` if they are damaged or not as many as announced. */
  readonly unpack: Unpack;
  /** Ends the thread, if there was need for one. */
  close(): Promise<void>;
}

export function openUnpacker(): Unpacker {
  let thread: ZstdThread | undefined;
  return {
    async unpack(packed) {
      const zstd = packed.filter(({ codec, size }) => codec === "ZSTD" && size > 0);
      for (const page of zstd) requireHonestFrames(page);
      if (zstd.length > 0) thread ??= startThread();
      const fromThread = (await thread?.unpack(zstd)) ?? [];
      let next = 0;
      return packed.map((page) => {
        const { bytes, size } = page;
        switch (size === 0 ? undefined : page.codec) {
          case "GZIP":
            return requireSize(gunzipSync(bytes, { maxOutputLength: size }), size);
          case "BROTLI":
            return requireSize(brotliDecompressSync(bytes, { maxOutputLength: size }), size);
          case "ZSTD":
            return requireSize(fromThread[next++], size);
          default:
            return unpackPage(page);
        }
      });
    },
    close: async () => thread?.close(),
  };
}

/** Time for any pages, and the least speed: an ordinary computer unpacks some 100 MB a second. */
const PATIENCE_MS = 10_000;
const BYTES_PER_MS = 1000;

/** Zstd has three bytes for a block of up to 128 KiB; writers fill their blocks. */
const ZSTD_BLOCK = 2 ** 17;

const answerSchema = z.object({
  ready: z.literal(true).optional(),
  pages: z.array(z.instanceof(Uint8Array)).optional(),
  fault: z.string().optional(),
});

/** What a forged page can take is bounded by the checks of its frames, but for its time. */
const threadSource = `
const { parentPort, workerData } = require("node:worker_threads");
const library = import(workerData);
parentPort.on("message", (pages) => library.then(({ compressors }) => {
  parentPort.postMessage({ pages: pages.map((bytes) => compressors.ZSTD(bytes)) });
}).catch((error) => parentPort.postMessage({ fault: String(error.message) })));
library.then(() => parentPort.postMessage({ ready: true }));
`;

interface ZstdThread {
  unpack(packed: readonly PackedBytes[]): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

function startThread(): ZstdThread {
  const library = createRequire(import.meta.url).resolve("hyparquet-compressors");
  // Flags of the main thread may not fit this source.
  const worker = new Worker(threadSource, {
    eval: true,
    execArgv: [],
    workerData: pathToFileURL(library).href,
  });
  const close = async () => {
    await worker.terminate();
  };
  let ready = false;
  worker.once("message", () => {
    ready = true;
  });
  return {
    close,
    unpack(packed) {
      if (packed.length === 0) return Promise.resolve([]);
      const patience = PATIENCE_MS + packed.reduce((sum, { size }) => sum + size, 0) / BYTES_PER_MS;
      return new Promise((resolve, reject) => {
        const refuse = (got: string) => finish(() => reject(zstdError(got)));
        const onMessage = (message: unknown) => {
          const answer = answerSchema.parse(message);
          const { pages, fault } = answer;
          if (answer.ready) timer.refresh();
          else if (pages === undefined) refuse(fault ?? "no answer");
          else finish(() => resolve(pages));
        };
        const onError = (error: Error) => refuse(error.message);
        const onExit = () => refuse("the end of the thread");
        // The time counts from when the thread has loaded its library.
        const timer = setTimeout(() => {
          if (ready) refuse(`work for over ${Math.round(patience / 1000)} seconds`);
          else timer.refresh();
        }, patience);
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          worker.off("message", onMessage).off("error", onError).off("exit", onExit);
          settle();
        };
        worker.on("message", onMessage).on("error", onError).on("exit", onExit);
        worker.postMessage(packed.map(({ bytes }) => bytes));
      });
    },
  };
}

/**
 * Throws unless the frames of a page announce the size of the page, and have no more blocks than it can fill.
 *
 * Reference: RFC 8878, section 3.1.1.
 */
function requireHonestFrames({ bytes, size }: PackedBytes): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (end: number) => {
    if (end > bytes.length) throw zstdError("the end of the page inside a frame");
  };
  let at = 0;
  let announced = 0;
  let blocks = 0;
  while (at < bytes.length) {
    need(at + 5);
    if (view.getUint32(at, true) !== 0xfd2fb528) throw zstdError("something else than a frame");
    const flags = bytes[at + 4];
    const single = (flags >> 5) & 1;
    const dictionaryBytes = [0, 1, 2, 4][flags & 3];
    const sizeBytes = flags >> 6 === 0 ? single : 1 << (flags >> 6);
    const sizeStart = at + 5 + (1 - single) + dictionaryBytes;
    need(sizeStart + sizeBytes);
    // The decoder makes a buffer of the window where the size is not announced.
    const window = single === 1 ? 0 : 2 ** (10 + (bytes[at + 5] >> 3));
    let content = sizeBytes === 2 ? 256 : 0;
    for (let i = 0; i < sizeBytes; i++) content += bytes[sizeStart + i] * 2 ** (8 * i);
    if (content > size || (sizeBytes === 0 && window > Math.max(2 ** 23, 2 * size))) {
      throw zstdError(`a frame of ${Math.max(content, window)} bytes`);
    }
    announced += content;
    at = sizeStart + sizeBytes;
    for (let last = false; !last; ) {
      need(at + 3);
      const head = bytes[at] + bytes[at + 1] * 2 ** 8 + bytes[at + 2] * 2 ** 16;
      last = (head & 1) === 1;
      at += 3 + (((head >> 1) & 3) === 1 ? 1 : head >> 3);
      blocks++;
    }
    if ((flags & 4) !== 0) at += 4;
    need(at);
  }
  if (announced > size || blocks > 16 + (16 * size) / ZSTD_BLOCK) {
    throw zstdError(`${blocks} blocks for ${size} bytes`);
  }
}

function zstdError(got: string): L3MaskingError {
  return new L3MaskingError("data-format", `expected zstd data, got ${got}`);
}
