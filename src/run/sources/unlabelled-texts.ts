/** Files of further texts -> their encodings for the auxiliary task, telling what is in them. */
import { withoutSeparator } from "../../base/pairs.js";
import type { Dataset } from "../../data/dataset.js";
import { shownName } from "../../data/formats/formats.js";
import type { TextRecord } from "../../data/formats/record.js";
import { readRecords } from "../../data/read.js";
import { sentencesOf } from "../../data/sentences.js";
import { buildUnlabelled, type UnlabelledTexts } from "../../data/unlabelled.js";
import { encodeOnce } from "../../text/encode-once.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { publishedSpacing } from "../../text/published-spacing.js";
import type { Host } from "../host/host.js";
import { fromColumns } from "./labelled-texts.js";
import { countEncodings, requireKnownWords } from "./text-counts.js";

export interface EncodedUnlabelled extends UnlabelledTexts {
  readonly encodings: readonly Encoding[];
}

/**
 * Reads and encodes texts without labels. A label column does not matter; the text column has the name that was
 * given or a usual one. How many of the texts also occur in the labelled splits is told, as a warning where dev or
 * test is concerned. Throws what `readRecords` and `requireKnownWords` throw.
 */
export async function loadUnlabelledTexts(
  files: {
    readonly paths: readonly string[];
    readonly textColumn?: string | undefined;
    readonly unit: "text" | "sentence";
    readonly spacing: AuxiliarySpacing;
  },
  dataset: Dataset,
  maxLength: number,
  tokenizer: Tokenizer,
  host: Host,
): Promise<EncodedUnlabelled> {
  const records = [];
  for (const path of files.paths) {
    const file = await readRecords(path, { textColumn: files.textColumn, labels: "unread" });
    records.push(...(files.unit === "text" ? file.records : file.records.flatMap(bySentence)));
    const text = `unlabelled: ${file.records.length} rows of ${shownName(path)} (${file.format}); ${fromColumns(file.textColumns)}`;
    host.emit({ type: "notice", level: "info", text });
  }
  const unlabelled = buildUnlabelled(records, dataset);
  const { train, dev, test } = unlabelled.shared;
  host.emit({
    type: "notice",
    level: dev + test > 0 ? "warning" : "info",
    text: `unlabelled: ${unlabelled.texts.length} texts for the auxiliary task (${unlabelled.emptyTexts} empty ones skipped); ${train} also occur in train, ${dev} in dev, ${test} in test`,
  });
  const encode = auxiliaryEncoder(files.spacing, tokenizer, maxLength);
  const encodings = unlabelled.texts.map(encode);
  requireKnownWords(countEncodings(encodings, tokenizer), "the unlabelled texts");
  return { ...unlabelled, encodings };
}

export type AuxiliarySpacing = "original" | "published";

/** How the auxiliary task reads a text. One of which its spacing leaves no word is read as it is. */
export function auxiliaryEncoder(
  spacing: AuxiliarySpacing,
  tokenizer: Tokenizer,
  maxLength: number,
): (text: string) => Encoding {
  const encode = encodeOnce(tokenizer, maxLength);
  if (spacing === "original") return encode;
  return (text) => {
    const spaced = encode(publishedSpacing(text));
    return spaced.wordIds.some((word) => word !== NO_WORD) ? spaced : encode(text);
  };
}

/** A row as its sentences; of a pair, those of both texts. */
function bySentence(record: TextRecord): TextRecord[] {
  return sentencesOf(withoutSeparator(record.text)).map((text) => ({ ...record, text }));
}
