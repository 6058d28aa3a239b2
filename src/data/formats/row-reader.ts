/** Rows of a text file as its pieces come, so that a file of any size takes the memory of its longest row. */
import { type Row, requireLine, requireRows, type Table } from "./table.js";

/** Reads one file from its beginning to its end. */
export interface RowReader {
  /** The names known so far, in order of first appearance. */
  readonly columns: readonly string[];
  /**
   * The rows that this piece completes; `last` tells that none follows. Which rows come does not depend on how a file
   * is cut. Throws `data-format` with the line.
   */
  take(piece: string, last: boolean): readonly Row[];
}

/** A line without its end. */
export interface Line {
  readonly content: string;
  /** From 1. */
  readonly line: number;
  /** Did a line end follow? Not where the file ends, whose last line may be empty. */
  readonly ended: boolean;
}

/** Lines as pieces complete them; only "\n" ends one. Throws `data-format` for a line that is too long. */
export function lineSplitter(file: string): (piece: string, last: boolean) => readonly Line[] {
  /** Parts of the line that is under way. */
  let begun: string[] = [];
  let length = 0;
  let line = 1;
  const goOn = (part: string) => {
    begun.push(part);
    length += part.length;
    requireLine(length, file, line);
  };
  return (piece, last) => {
    const lines: Line[] = [];
    const end = (ended: boolean) => {
      lines.push({ content: begun.length === 1 ? begun[0] : begun.join(""), line, ended });
      begun = [];
      length = 0;
      line += 1;
    };
    let start = 0;
    for (let at = piece.indexOf("\n"); at !== -1; at = piece.indexOf("\n", start)) {
      goOn(piece.slice(start, at));
      end(true);
      start = at + 1;
    }
    goOn(piece.slice(start));
    if (last) end(false);
    return lines;
  };
}

/** Characters that are read between two looks at the number of rows. */
const STEP = 2 ** 20;

/** All rows of a text. Throws `data-format` for too many rows, and what the reader throws. */
export function tableOf(reader: RowReader, text: string, file: string): Table {
  const rows: Row[] = [];
  for (let start = 0; start === 0 || start < text.length; start += STEP) {
    const last = start + STEP >= text.length;
    for (const row of reader.take(text.slice(start, start + STEP), last)) rows.push(row);
    requireRows(rows.length, file);
  }
  return { columns: reader.columns, rows, unit: "line" };
}
