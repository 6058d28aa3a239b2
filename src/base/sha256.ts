/**
 * SHA-256 without a platform: Node's hash is missing in browsers, and theirs is asynchronous.
 *
 * Reference: FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2.
 */

const roundConstants = fractionalBits(64, 1 / 3);
const initialState = fractionalBits(8, 1 / 2);

/** The digest, in hex, of the UTF-8 bytes of all `parts` one after the other. */
export function sha256(parts: Iterable<string>): string {
  const state = Int32Array.from(initialState);
  const block = new Uint8Array(64);
  const schedule = new Int32Array(64);
  const encoder = new TextEncoder();
  let filled = 0;
  let total = 0;
  const absorb = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      const take = Math.min(64 - filled, bytes.length - at);
      block.set(bytes.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === 64) {
        compress(state, block, schedule);
        filled = 0;
      }
    }
  };
  for (const part of parts) {
    const bytes = encoder.encode(part);
    total += bytes.length;
    absorb(bytes);
  }
  // Padding: one 1 bit, zeros up to 56 bytes of the last block, the length in bits as 64-bit integer.
  absorb(Uint8Array.of(0x80));
  absorb(new Uint8Array((56 - filled + 64) % 64));
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(total) * 8n);
  absorb(new Uint8Array(length.buffer));
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function compress(state: Int32Array, block: Uint8Array, schedule: Int32Array): void {
  for (let t = 0; t < 16; t++) {
    const at = 4 * t;
    schedule[t] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  }
  for (let t = 16; t < 64; t++) {
    const x = schedule[t - 15];
    const y = schedule[t - 2];
    const small0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const small1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    schedule[t] = (schedule[t - 16] + small0 + schedule[t - 7] + small1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choose = (e & f) ^ (~e & g);
    const first = (h + big1 + choose + roundConstants[t] + schedule[t]) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + big0 + majority) | 0;
  }
  const words = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] += words[i];
}

function rotate(word: number, count: number): number {
  return (word >>> count) | (word << (32 - count));
}

/** The first 32 fractional bits of the given power of the first `count` primes. */
function fractionalBits(count: number, power: number): Int32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return Int32Array.from(primes, (prime) => (prime ** power % 1) * 2 ** 32);
}
