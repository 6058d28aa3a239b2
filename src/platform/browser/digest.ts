/** Digests in place of `platform/digest.ts`, whose ones need Node. */
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Digest, DigestName } from "../digest.js";
import { piecesOf } from "../files/files.js";

export type { Digest, DigestName } from "../digest.js";

const kinds = { sha1, sha256 } as const;

export function openDigest(name: DigestName): Digest {
  const hash = kinds[name].create();
  const digest: Digest = {
    add(piece) {
      hash.update(typeof piece === "string" ? utf8ToBytes(piece) : piece);
      return digest;
    },
    bytes: () => hash.digest(),
    hex: () => bytesToHex(hash.digest()),
  };
  return digest;
}

export function addFile(digest: Digest, path: string): Digest {
  for (const piece of piecesOf(path)) digest.add(piece);
  return digest;
}
