/** Standard output and error as outputs: what goes wrong with them ends no work. */
import { L3MaskingError } from "../../base/errors.js";
import { systemCode } from "../../platform/files/failures.js";
import type { ResultOutput } from "./terminal.js";

/** An output over a stream of the process. */
export interface StreamOutput extends ResultOutput {
  /** Why what was written is not all there: no room. A reader who has gone misses nothing. */
  failure(): L3MaskingError | undefined;
}

/** What the output needs of a stream. */
export interface WrittenStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly writableNeedDrain: boolean;
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "drain", listener: () => void): unknown;
  off(event: "error" | "drain", listener: () => void): unknown;
}

const DEFAULT_COLUMNS = 80;

/** Of a full disk, quota or device. */
const noRoom = ["ENOSPC", "EDQUOT", "EFBIG"];

/**
 * An output whose errors never reach the work. A reader may have closed early (`head`), a terminal may be gone, a disk full:
 * nothing more is then written to it. With `retries` an output that has no room is tried again, as a log's disk may be freed.
 */
export function outputTo(name: string, stream: WrittenStream, retries = false): StreamOutput {
  let closed = false;
  let failure: L3MaskingError | undefined;
  stream.on("error", (cause) => {
    const code = systemCode(cause) ?? "";
    if (noRoom.includes(code)) {
      failure ??= new L3MaskingError("disk-full", `expected room to write ${name}, got ${code}`, {
        hint: "Free some space and run the command again. What the command wrote to files is whole.",
        cause,
      });
      if (retries) return;
    }
    closed = true;
  });
  return {
    write(text) {
      if (!closed) stream.write(text);
    },
    flush() {
      if (closed || !stream.writableNeedDrain) return Promise.resolve(!closed);
      return new Promise((resolve) => {
        const settle = () => {
          stream.off("drain", settle);
          stream.off("error", settle);
          resolve(!closed);
        };
        stream.on("drain", settle);
        stream.on("error", settle);
      });
    },
    failure: () => failure,
    isTerminal: stream.isTTY === true,
    get columns() {
      // Some terminals tell no width, or 0.
      return stream.columns || DEFAULT_COLUMNS;
    },
  };
}
