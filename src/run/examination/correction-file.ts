/** A copy of a data file for a spreadsheet program, with what there is to correct beside each row. */
import type { RowToCorrect } from "../../data/check/rows-to-correct.js";
import { delimitedLine } from "../../data/formats/delimited-line.js";
import type { TextRecord } from "../../data/formats/record.js";
import { cell } from "../../data/formats/written-rows.js";
import { textFields } from "../../data/task.js";
import type { LabelledRecords } from "../sources/labelled-texts.js";

/** The names of the columns that are added; columns of the data with these names are replaced. */
const added = ["line", "suggested_label", "reason", "probability", "other_lines"] as const;

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Lines of CSV: first the rows to correct in their order, then all others, so that the file can be trained on once its label column is
 * corrected. It begins with a byte order mark, without which spreadsheet programs take UTF-8 for another encoding.
 */
export function* correctionLines(
  records: readonly TextRecord[],
  toCorrect: readonly RowToCorrect[],
  { task, labelColumn }: Pick<LabelledRecords, "task" | "labelColumn">,
): Generator<string> {
  const own = new Set<string>([...task.textColumns, labelColumn, ...added]);
  const further = [...new Set(records.flatMap((record) => Object.keys(record.columns)))].filter(
    (name) => !own.has(name),
  );
  const lineOf = (fields: readonly string[]) => `${delimitedLine(fields, ",")}\n`;
  const [line, ...findings] = added;
  yield BYTE_ORDER_MARK + lineOf([line, ...task.textColumns, labelColumn, ...findings, ...further]);
  const rowOf = (record: TextRecord, found?: RowToCorrect) =>
    lineOf([
      String(record.line),
      ...Object.values(textFields(record.text, task)),
      record.label ?? "",
      found?.suggested ?? "",
      found?.reasons.join("; ") ?? "",
      found?.probability?.toFixed(3) ?? "",
      found?.others.join(", ") ?? "",
      ...further.map((name) => cell(record.columns[name])),
    ]);
  for (const found of toCorrect) yield rowOf(found.record, found);
  const shown = new Set(toCorrect.map(({ record }) => record));
  for (const record of records) if (!shown.has(record)) yield rowOf(record);
}
