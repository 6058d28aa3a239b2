/** JSON of tokenizer files: parsed, its shape checked, and what is wrong said in the user's words. */
import * as z from "zod";
import { L3MaskingError } from "../errors.js";

/** Throws `tokenizer-format` for text that is not JSON; `where` names the file. */
export function parseTokenizerJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new L3MaskingError("tokenizer-format", `${where}: expected JSON, got ${reason}`, {
      hint: "Copy the file again from where the checkpoint came from; it may be cut off.",
      cause,
    });
  }
}

/** The value as `schema` types it. Throws `tokenizer-format` with the path of each wrong field. */
export function checkShape<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.length === 0 ? "the value" : issue.path.join(".");
    return `${path}: ${issue.message}`;
  });
  throw new L3MaskingError("tokenizer-format", `${where}: ${problems.join("; ")}`, {
    hint: "Use a BERT (WordPiece) or RoBERTa (byte-level BPE) tokenizer as Hugging Face saves it.",
  });
}

/** The `type` of a component, or `tokenizer-format` where it has none. */
export function componentType(settings: unknown, where: string): string {
  return checkShape(z.looseObject({ type: z.string() }), settings, where).type;
}

/** The error for a component we do not compute. */
export function unsupported(what: string, type: string, known: readonly string[]): L3MaskingError {
  return new L3MaskingError(
    "tokenizer-format",
    `${what}: expected one of ${known.join(", ")}, got ${type}`,
    { hint: "Use a checkpoint with a BERT (WordPiece) or RoBERTa (byte-level BPE) tokenizer." },
  );
}
