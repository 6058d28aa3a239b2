/** Which bytes of a storage are taken. */

/** A range of bytes, whole blocks. */
export interface Extent {
  readonly at: number;
  readonly length: number;
}

/** Bytes that are given out together. */
export const BLOCK = 4096;

export const wholeBlocks = (bytes: number) => Math.ceil(bytes / BLOCK) * BLOCK;

export interface Space {
  /** A free range of at least so many bytes, the first that is large enough. */
  take(bytes: number): Extent;
  give(extent: Extent): void;
}

/** The space outside of what is taken, which may be in any order but does not overlap. */
export function spaceBeside(taken: readonly Extent[]): Space {
  /** In order, none of them touching the next; what lies behind `end` is free as well. */
  const free: Extent[] = [];
  let end = 0;
  for (const { at, length } of [...taken].sort((one, other) => one.at - other.at)) {
    if (at > end) free.push({ at: end, length: at - end });
    end = at + length;
  }
  return {
    take(bytes) {
      const length = wholeBlocks(bytes);
      const index = free.findIndex((range) => range.length >= length);
      const range = free[index];
      if (range === undefined) {
        end += length;
        return { at: end - length, length };
      }
      if (range.length === length) free.splice(index, 1);
      else free[index] = { at: range.at + length, length: range.length - length };
      return { at: range.at, length };
    },
    give({ at, length }) {
      if (length === 0) return;
      const next = free.findIndex((range) => range.at > at);
      const index = next < 0 ? free.length : next;
      free.splice(index, 0, { at, length });
      join(free, index);
      join(free, index - 1);
      const last = free.at(-1);
      if (last !== undefined && last.at + last.length === end) {
        end = last.at;
        free.pop();
      }
    },
  };
}

/** Makes one of a range and the next where they touch. */
function join(free: Extent[], index: number): void {
  const [one, other] = [free[index], free[index + 1]];
  if (one === undefined || other === undefined || one.at + one.length !== other.at) return;
  free.splice(index, 2, { at: one.at, length: one.length + other.length });
}
