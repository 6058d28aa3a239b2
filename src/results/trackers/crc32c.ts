/**
 * CRC-32C (Castagnoli): the remainder of bytes as a polynomial over GF(2), bits reversed.
 *
 * Reference: RFC 3720, sections 12.1 and B.4.
 */

/** x^32 + x^28 + x^27 + x^26 + x^25 + x^23 + x^22 + x^20 + ... + 1, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  }
  return remainder;
});

/** The checksum as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = remainders[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
