/** Files of general text -> its words as a tokenizer reads them: what is usual, to hold the task's texts against. */

import { L3MaskingError } from "../../base/errors.js";
import { counted } from "../../base/figures.js";
import { shownName } from "../../data/formats/formats.js";
import { isEmptyText } from "../../data/formats/record.js";
import { readRecords } from "../../data/read.js";
import { textsDigest } from "../../data/unlabelled.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import type { Host } from "../host/host.js";

export interface GeneralTexts {
  /** Whole, however long. */
  readonly encodings: readonly Encoding[];
  /** SHA-256 (hex) of the texts and their order. */
  readonly digest: string;
}

/** Reads and encodes general texts; labels do not matter. Throws `missing-setting` without files, `data-empty`, and what `readRecords` throws. */
export async function loadGeneralTexts(
  paths: readonly string[] | undefined,
  tokenizer: Tokenizer,
  host: Host,
): Promise<GeneralTexts> {
  if (paths === undefined) {
    throw new L3MaskingError(
      "missing-setting",
      "expected --general-file, general text that the task's texts are held against, got none",
      {
        hint: "Name a text file in the same language that is not about the task, such as articles on many subjects; or choose another method.",
      },
    );
  }
  const texts: string[] = [];
  for (const path of paths) {
    const { records, format } = await readRecords(path, { labels: "unread" });
    texts.push(...records.map(({ text }) => text).filter((text) => !isEmptyText(text)));
    const text = `general: ${counted(records.length, "row")} of ${shownName(path)} (${format})`;
    host.emit({ type: "notice", level: "info", text });
  }
  if (texts.length === 0) {
    throw new L3MaskingError(
      "data-empty",
      `expected general text in ${paths.join(", ")}, found none`,
      {
        hint: "Name a file with text in it after --general-file.",
      },
    );
  }
  const encodings = texts.map(encodeOnce(tokenizer, Number.MAX_SAFE_INTEGER));
  return { encodings, digest: textsDigest(texts) };
}
