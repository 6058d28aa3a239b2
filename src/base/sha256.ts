/** SHA-256 where there may be no Node: of settings, labels, texts and tokenizer files. */
import { sha256 as startSha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** The digest, in hex, of the UTF-8 bytes of all `parts` one after the other. */
export function sha256(parts: Iterable<string>): string {
  const hash = startSha256.create();
  const encoder = new TextEncoder();
  for (const part of parts) hash.update(encoder.encode(part));
  return bytesToHex(hash.digest());
}
