/**
 * Snappy: literals and copies from what is unpacked already.
 *
 * Reference: https://github.com/google/snappy/blob/main/format_description.txt
 */
import { L3MaskingError } from "../../base/errors.js";

/** The `size` bytes that `packed` holds. Throws `data-format` if it holds more, fewer, or copies from nowhere. */
export function unpackSnappy(packed: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  let filled = 0;
  /** An unsigned little-endian number. */
  const number = (bytes: number): number => {
    if (bytes > packed.length - at) throw damaged();
    let value = 0;
    for (let i = 0; i < bytes; i++) value += packed[at++] * 2 ** (8 * i);
    return value;
  };
  // The size comes first, seven bits a byte.
  for (let i = 0; number(1) >= 0x80; i++) if (i === 4) throw damaged();
  while (at < packed.length) {
    const tag = number(1);
    if ((tag & 3) === 0) {
      const code = tag >> 2;
      const length = 1 + (code < 60 ? code : number(code - 59));
      if (length > packed.length - at || length > size - filled) throw damaged();
      output.set(packed.subarray(at, at + length), filled);
      at += length;
      filled += length;
    } else {
      const near = (tag & 3) === 1;
      const length = near ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
      const back = near ? (tag >> 5) * 256 + number(1) : number((tag & 3) === 2 ? 2 : 4);
      if (back === 0 || back > filled || length > size - filled) throw damaged();
      // One by one: a copy may read what it has just written.
      for (let i = 0; i < length; i++, filled++) output[filled] = output[filled - back];
    }
  }
  if (filled !== size) throw damaged();
  return output;
}

function damaged(): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    "expected Snappy data of the declared size, got damaged data",
  );
}
