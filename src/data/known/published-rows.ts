/** From the file that a source publishes to our form of a split, byte for byte the same on every machine. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { parseJsonLines } from "../formats/json.js";
import { decodeUtf8 } from "../formats/utf8.js";

/** Characters 0x80 to 0x9f of Windows-1252; five of them are unassigned there and stay as they are. */
const windows1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

const rowSchema = z.object({ text: z.string(), label: z.string() });

/**
 * JSON Lines with text, label and perhaps other fields -> the split in our form: one `{"text": ..., "label": ...}` a line, UTF-8, rows in their order. C1 control
 * characters (U+0080 to U+009F) become the characters that Windows-1252 has there; nothing else changes.
 *
 * Throws `data-format` for a row without text and label as strings, and what reading JSON Lines throws.
 */
export function convertPublished(bytes: Uint8Array, file: string): Uint8Array {
  const lines = parseJsonLines(decodeUtf8(bytes, file), file).rows.map(({ columns, line }) => {
    const row = rowSchema.safeParse(columns);
    if (!row.success) {
      throw new L3MaskingError(
        "data-format",
        `${file} line ${line}: expected text and label as strings, got fields ${Object.keys(columns).join(", ")}`,
        { hint: "Download the file again from its source." },
      );
    }
    const text = row.data.text.replace(
      /[\u0080-\u009f]/g,
      (c) => windows1252[c.charCodeAt(0) - 128],
    );
    return `{"text": ${JSON.stringify(text)}, "label": ${JSON.stringify(row.data.label)}}\n`;
  });
  return new TextEncoder().encode(lines.join(""));
}
