/** Records as they are read back from files. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";

/** Whose record it is, for errors. */
export interface RecordSource {
  /** The file, and the line where it has several records. */
  readonly path: string;
  /** Who writes such files: "a run". */
  readonly writer: string;
  /** What to do about a damaged one. */
  readonly hint: string;
}

/** A JSON text as the schema has it. Throws `data-format` naming what is not as it should be. */
export function parseRecord<Value>(
  schema: z.ZodType<Value>,
  text: string,
  { path, writer, hint }: RecordSource,
): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new L3MaskingError("data-format", `${path} is not what ${writer} writes: ${reason}`, {
      hint,
      cause,
    });
  }
}

/** JSON lines, each as the schema has it. Throws `data-format` naming the first that is not. */
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
