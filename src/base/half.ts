/**
 * Sixteen-bit floating point to and from float32, bit by bit.
 *
 * float16: 1 sign, 5 exponent (bias 15), 10 fraction bits. bfloat16: the upper half of a float32.
 * Narrowing rounds to the nearest value, ties to even. Infinities, subnormals and NaN are kept.
 *
 * Reference: IEEE 754-2019, sections 3.4 and 4.3.1.
 */

/** Bits of each float16 as float32 bits; 256 KiB, made at first use. */
let float16Table: Uint32Array | undefined;

/** Widens float16 bits; `target` has the length of `bits`. Exact. */
export function float16ToFloat32(bits: Uint16Array, target: Float32Array): void {
  float16Table ??= Uint32Array.from({ length: 65536 }, (_, half) => widenFloat16(half));
  const targetBits = bitsOf(target);
  for (let i = 0; i < bits.length; i++) targetBits[i] = float16Table[bits[i]];
}

/** Widens bfloat16 bits; `target` has the length of `bits`. Exact. */
export function bfloat16ToFloat32(bits: Uint16Array, target: Float32Array): void {
  const targetBits = bitsOf(target);
  for (let i = 0; i < bits.length; i++) targetBits[i] = bits[i] << 16;
}

/** Rounds to float16 bits; magnitudes of 65520 and above become infinite. */
export function float32ToFloat16(values: Float32Array, target: Uint16Array): void {
  const bits = bitsOf(values);
  for (let i = 0; i < bits.length; i++) target[i] = narrowToFloat16(bits[i]);
}

/** Does float16 hold each value exactly? */
export function fitFloat16(values: Float32Array): boolean {
  const halves = new Uint16Array(values.length);
  float32ToFloat16(values, halves);
  const widened = new Float32Array(values.length);
  float16ToFloat32(halves, widened);
  return widened.every((value, i) => Object.is(value, values[i]));
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function widenFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal is fraction * 2^-24; shift its leading one into the implicit place.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function narrowToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 rounds past the largest float16
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000; // exponent bias 127 -> 15
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // Below 2^-14: the result is a count of 2^-24 steps.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const steps = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const up = rest > tie || (rest === tie && (steps & 1) === 1);
  return sign | (up ? steps + 1 : steps);
}
