/** Reads records back from files. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";

/** Where a record comes from, for errors. */
export interface RecordSource {
  /** The file, and the line if it holds several records. */
  readonly path: string;
  /** What writes such files: "a run". */
  readonly writer: string;
  /** What to do about a damaged one. */
  readonly hint: string;
}

/** Parses a JSON text by the schema. Throws `data-format` naming the fault. */
export function parseRecord<Value>(
  schema: z.ZodType<Value>,
  text: string,
  { path, writer, hint }: RecordSource,
): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new L3MaskingError(
      "data-format",
      `${path} is not a file that ${writer} writes: ${reason}`,
      {
        hint,
        cause,
      },
    );
  }
}

/** Parses JSON lines, each by the schema. Throws `data-format` naming the first faulty line. */
export function parseRecordLines<Value>(
  schema: z.ZodType<Value>,
  text: string,
  source: RecordSource,
): Value[] {
  const lines = text.replace(/\n$/, "").split("\n");
  return (text === "" ? [] : lines).map((line, index) =>
    parseRecord(schema, line, { ...source, path: `${source.path} line ${index + 1}` }),
  );
}
