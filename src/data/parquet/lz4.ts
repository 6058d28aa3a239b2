/**
 * LZ4 blocks: literals and copies from what is unpacked already.
 *
 * Reference: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md; the frames of old Parquet files are those of
 * Hadoop: two sizes of four bytes, the larger end first, before each block.
 */
import { L3MaskingError } from "../../base/errors.js";

/** The `size` bytes of a block. Throws `data-format` if it holds more, fewer, or copies from nowhere. */
export function unpackLz4Block(packed: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  let filled = 0;
  const byte = (): number => {
    if (at >= packed.length) throw damaged();
    return packed[at++];
  };
  /** A length of four bits, continued in bytes as long as they are full. */
  const length = (bits: number): number => {
    let sum = bits;
    if (bits < 15) return sum;
    for (let next = 255; next === 255; ) {
      next = byte();
      sum += next;
    }
    return sum;
  };
  for (;;) {
    const token = byte();
    const literals = length(token >> 4);
    if (literals > packed.length - at || literals > size - filled) throw damaged();
    output.set(packed.subarray(at, at + literals), filled);
    at += literals;
    filled += literals;
    // The last sequence is literals alone.
    if (at === packed.length) break;
    const back = byte() + 256 * byte();
    const copied = 4 + length(token & 15);
    if (back === 0 || back > filled || copied > size - filled) throw damaged();
    // One by one: a copy may read what it has just written.
    for (let i = 0; i < copied; i++, filled++) output[filled] = output[filled - back];
  }
  if (filled !== size) throw damaged();
  return output;
}

/** The `size` bytes of what Parquet's older `LZ4` stands for: Hadoop's frames, or a bare block. */
export function unpackLz4(packed: Uint8Array, size: number): Uint8Array {
  const frames = hadoopFrames(packed, size);
  if (frames === undefined) return unpackLz4Block(packed, size);
  const output = new Uint8Array(size);
  let filled = 0;
  for (const frame of frames) {
    output.set(unpackLz4Block(frame.packed, frame.size), filled);
    filled += frame.size;
  }
  return output;
}

interface Frame {
  readonly packed: Uint8Array;
  readonly size: number;
}

/** The frames that fill the bytes and add up to `size`; undefined if they do not. */
function hadoopFrames(packed: Uint8Array, size: number): Frame[] | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const frames: Frame[] = [];
  let total = 0;
  for (let at = 0; at < packed.length; ) {
    if (at + 8 > packed.length) return undefined;
    const frameSize = view.getUint32(at);
    const end = at + 8 + view.getUint32(at + 4);
    total += frameSize;
    if (end > packed.length || total > size) return undefined;
    frames.push({ packed: packed.subarray(at + 8, end), size: frameSize });
    at = end;
  }
  return total === size ? frames : undefined;
}

function damaged(): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    "expected LZ4 data of the declared size, got damaged data",
  );
}
