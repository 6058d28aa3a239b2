/** One row of a data file. */
export interface TextRecord {
  readonly text: string;
  /** Absent in files to be scored or predicted. */
  readonly label?: string;
  /** The file's other columns, kept for `predict`'s output. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** 1-based line (text formats) or row (Parquet, JSON) in `file`. */
  readonly line: number;
}
