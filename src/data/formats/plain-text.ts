/** Plain text -> rows: one text a line, no label. */
import { lineSplitter, type RowReader, tableOf } from "./row-reader.js";
import type { Table } from "./table.js";

/**
 * A row for every line, empty ones included, so that rows are lines; the last line end ends the last line. Throws
 * `data-format` for too many lines.
 */
export function parsePlainText(text: string, file: string): Table {
  return tableOf(plainTextReader(file), text, file);
}

/** The rows of `parsePlainText`, piece by piece. */
export function plainTextReader(file: string): RowReader {
  const lines = lineSplitter(file);
  return {
    columns: ["text"],
    take(piece, last) {
      return lines(piece, last).flatMap(({ content, line, ended }) => {
        if (!ended) return content === "" ? [] : [{ columns: { text: content }, line }];
        const text = content.endsWith("\r") ? content.slice(0, -1) : content;
        return [{ columns: { text }, line }];
      });
    },
  };
}
