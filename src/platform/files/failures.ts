/** What goes wrong with files, as errors of the project. */
import { type ErrorCode, L3MaskingError } from "../../base/errors.js";

/** The code that the system gives its errors, such as ENOENT; undefined for an error that has none. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const diskFull = {
  code: "disk-full",
  expected: "room",
  hint: "Free some space and run the command again, with --resume where it takes that; what was saved before is intact.",
} as const;
const unwritable = {
  code: "output-unwritable",
  expected: "permission",
  hint: "Make the folder writable, or choose another output folder.",
} as const;

/** What the system says of a write that fails, as errors of the project. */
const failures: Readonly<Record<string, { code: ErrorCode; expected: string; hint: string }>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EFBIG: diskFull,
  EACCES: unwritable,
  EPERM: unwritable,
  EROFS: unwritable,
};

/**
 * The error of a write to `path`: `disk-full` where disk or quota is used up, `output-unwritable` where writing is not
 * allowed, everything else as it came.
 */
export function writeError(path: string, cause: unknown): unknown {
  const code = systemCode(cause) ?? "";
  const failure = failures[code];
  if (failure === undefined) return cause;
  const message = `expected ${failure.expected} to write ${path}, got ${code}`;
  return new L3MaskingError(failure.code, message, { hint: failure.hint, cause });
}

/** Does work that writes to `path`; its errors are those of `writeError`. */
export function writing<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw writeError(path, cause);
  }
}
