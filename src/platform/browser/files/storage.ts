/** What a volume lies in: bytes at places. Errors are those of a system, with its code. */
import { systemError } from "./system-error.js";

export interface Storage {
  /** Bytes. */
  size(): number;
  /** Fills `target` from byte `position` on; gives how many bytes there were. */
  read(target: Uint8Array, position: number): number;
  /** Throws ENOSPC where there is no room. */
  write(bytes: Uint8Array, position: number): void;
  /** Returns when what was written outlasts the page. */
  flush(): void;
  close(): void;
}

const PIECE = 1 << 20;

/** In memory, for what is to end with the page; throws ENOSPC beyond `mostBytes`. */
export function memoryStorage(mostBytes = Number.POSITIVE_INFINITY): Storage {
  const pieces: Uint8Array[] = [];
  let size = 0;
  /** Hands every part of a range to `take`, with the piece that it lies in. */
  const each = (
    position: number,
    length: number,
    take: (piece: Uint8Array, at: number, from: number, count: number) => void,
  ) => {
    for (let from = 0; from < length; ) {
      const at = (position + from) % PIECE;
      const count = Math.min(PIECE - at, length - from);
      const index = Math.floor((position + from) / PIECE);
      pieces[index] ??= new Uint8Array(PIECE);
      take(pieces[index], at, from, count);
      from += count;
    }
  };
  return {
    size: () => size,
    read(target, position) {
      const length = Math.max(0, Math.min(target.length, size - position));
      each(position, length, (piece, at, from, count) =>
        target.set(piece.subarray(at, at + count), from),
      );
      return length;
    },
    write(bytes, position) {
      const end = position + bytes.length;
      if (end > mostBytes) throw systemError("ENOSPC", "no space left", "memory");
      each(position, bytes.length, (piece, at, from, count) =>
        piece.set(bytes.subarray(from, from + count), at),
      );
      size = Math.max(size, end);
    },
    flush: () => undefined,
    close: () => undefined,
  };
}
