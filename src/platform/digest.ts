/** Digests of what may be large: files, and what is written to them. `base/sha256.ts` has those of small things. */
import { createHash } from "node:crypto";
import { piecesOf } from "./files/files.js";

export type DigestName = "sha1" | "sha256";

/** A digest under way. */
export interface Digest {
  /** Takes bytes, or text as UTF-8. */
  add(piece: Uint8Array | string): Digest;
  bytes(): Uint8Array;
  /** Ends it, in hex. */
  hex(): string;
}

export function openDigest(name: DigestName): Digest {
  const hash = createHash(name);
  const digest: Digest = {
    add(piece) {
      hash.update(piece);
      return digest;
    },
    bytes: () => hash.digest(),
    hex: () => hash.digest("hex"),
  };
  return digest;
}

/** Adds the bytes of a file. */
export function addFile(digest: Digest, path: string): Digest {
  for (const piece of piecesOf(path)) digest.add(piece);
  return digest;
}
