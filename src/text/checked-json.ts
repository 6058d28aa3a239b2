/** JSON of tokenizer files: parsed, its shape checked, and what is wrong said in the user's words. */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { parseJson } from "../base/strict-json.js";

/** Throws `tokenizer-format` with line and column for text that is not JSON; `where` names the file. */
export function parseTokenizerJson(text: string, where: string): unknown {
  return parseJson(
    text,
    `bad JSON in ${where}`,
    1,
    (message) =>
      new L3MaskingError("tokenizer-format", message, {
        hint: "Download the file again; it may be truncated.",
      }),
  );
}

/** Faults of a file that a message lists. */
const SHOWN_FAULTS = 5;

/** The value as `schema` types it. Throws `tokenizer-format` with the path of each wrong field. */
export function checkShape<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const problems = issues.slice(0, SHOWN_FAULTS).map((issue) => {
    const path = issue.path.length === 0 ? "the value" : issue.path.join(".");
    return `${path}: ${issue.message}`;
  });
  if (issues.length > SHOWN_FAULTS) problems.push(`and ${issues.length - SHOWN_FAULTS} more`);
  throw new L3MaskingError("tokenizer-format", `${where}: ${problems.join("; ")}`, {
    hint: "Use a tokenizer of BERT (WordPiece), RoBERTa (byte-level BPE) or XLM-RoBERTa (Unigram), as Hugging Face saves it.",
  });
}

/**
 * A list of at most `most` entries. Its length is looked at before its entries, because zod notes the fault of each, and
 * a file can have millions.
 */
export function listOf<T>(entry: z.ZodType<T>, most: number): z.ZodType<T[]> {
  return z
    .custom<unknown[]>(
      (value) => Array.isArray(value) && value.length <= most,
      `expected a list of at most ${most} entries`,
    )
    .pipe(z.array(entry));
}

/** Objects in a `normalizer`, `pre_tokenizer` or `post_processor` entry; those we know have fewer than 20. */
const MAX_STEPS = 256;

/** Throws `tokenizer-format` for an entry of so many steps that each text would take seconds. */
export function requireFewSteps(settings: unknown, where: string): void {
  let steps = 0;
  const open: unknown[] = [settings];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item !== "object" || item === null) continue;
    if (++steps > MAX_STEPS) {
      throw new L3MaskingError(
        "tokenizer-format",
        `${where}: expected at most ${MAX_STEPS} steps, got more`,
        {
          hint: "Use a checkpoint with a tokenizer of BERT (WordPiece), RoBERTa (byte-level BPE) or XLM-RoBERTa (Unigram).",
        },
      );
    }
    for (const part of Object.values(item)) open.push(part);
  }
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
    {
      hint: "Use a checkpoint with a tokenizer of BERT (WordPiece), RoBERTa (byte-level BPE) or XLM-RoBERTa (Unigram).",
    },
  );
}
