/** Unpacking in place of `platform/unpack.ts`: gzip by the browser, pages of Parquet files by the decoders in JavaScript. */
import { messageOf } from "../../base/errors.js";
import { systemError } from "./files/system-error.js";

/** None of the browser's own works while a thread waits. */
export const pageDecoders = undefined;

export async function* gunzipPieces(
  packed: Iterable<Uint8Array>,
  _pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  const unzip = new DecompressionStream("gzip");
  const writer = unzip.writable.getWriter();
  let failed: { readonly cause: unknown } | undefined;
  const feeding = (async () => {
    try {
      // The browser keeps what it was given, while the buffer that it lay in is filled anew.
      for (const piece of packed) await writer.write(piece.slice());
      await writer.close();
    } catch (cause) {
      failed = { cause };
      await writer.abort(cause).catch(() => undefined);
    }
  })();
  const reader = unzip.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
  } catch (cause) {
    await feeding;
    const own = failed?.cause ?? cause;
    throw own instanceof TypeError ? systemError("Z_DATA_ERROR", messageOf(own), "gzip data") : own;
  } finally {
    await reader.cancel().catch(() => undefined);
    await feeding;
  }
}
