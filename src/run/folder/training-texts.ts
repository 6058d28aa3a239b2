/** Which texts a classifier was made from, as fingerprints beside its weights: enough to recognise a text, not to read it. */
import { L3MaskingError } from "../../base/errors.js";
import { textKey } from "../../data/formats/record.js";
import { openDigest } from "../../platform/digest.js";
import { writeDurably } from "../../platform/files/durable.js";
import { exists, readBytes } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";

/** Holds the fingerprints in ascending order, 8 bytes each, big-endian. */
export const trainingTextsFile = "training_texts.bin";

const BYTES = 8;

/** Writes the fingerprints of the texts that decided the weights: those of train and of dev. Equal texts count once. */
export function writeTrainingTexts(folder: string, texts: Iterable<string>): void {
  const distinct = new Set<bigint>();
  for (const text of texts) distinct.add(fingerprint(text));
  const sorted = BigUint64Array.from(distinct).sort();
  const bytes = new DataView(new ArrayBuffer(BYTES * sorted.length));
  sorted.forEach((value, index) => {
    bytes.setBigUint64(BYTES * index, value);
  });
  writeDurably(join(folder, trainingTextsFile), [new Uint8Array(bytes.buffer)]);
}

/**
 * Tells whether a classifier was made from a text; undefined where its folder does not say, as those of other programs. Throws
 * `checkpoint-config` for a damaged file.
 */
export function trainingTexts(folder: string): ((text: string) => boolean) | undefined {
  const path = join(folder, trainingTextsFile);
  if (!exists(path)) return undefined;
  const stored = readBytes(path);
  if (stored.length % BYTES !== 0) {
    throw new L3MaskingError(
      "checkpoint-config",
      `expected fingerprints of ${BYTES} bytes each in ${path}, got ${stored.length} bytes`,
      { hint: "Remove the file; evaluate then cannot tell which texts were trained on." },
    );
  }
  const bytes = new DataView(stored.buffer, stored.byteOffset, stored.length);
  const known = new Set<bigint>();
  for (let at = 0; at < stored.length; at += BYTES) known.add(bytes.getBigUint64(at));
  return (text) => known.has(fingerprint(text));
}

/** The first 64 bits of SHA-256 of the text without the white space around it. */
function fingerprint(text: string): bigint {
  const digest = openDigest("sha256").add(textKey(text)).bytes();
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
}
