import { withoutSeparator } from "../../base/pairs.js";

/** One row of a data file. */
export interface TextRecord {
  /** Of a pair both, as `joinedTexts` puts them together. */
  readonly text: string;
  /** Absent in files to be scored or predicted. */
  readonly label?: string;
  /** The file's other columns, kept for `predict`'s output. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** 1-based line (text formats) or row (Parquet, JSON) in `file`. */
  readonly line: number;
}

/** Two texts count as the same if their keys are equal: surrounding white space does not matter. */
export function textKey(text: string): string {
  return text.trim();
}

/** A text of white space only; such rows are counted and left out of training and evaluation. */
export function isEmptyText(text: string): boolean {
  return textKey(withoutSeparator(text)) === "";
}
