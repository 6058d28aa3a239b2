/** Errors as the command line shows them. */
import { L3MaskingError } from "../../base/errors.js";
import type { Paint } from "./terminal.js";

/** Any thrown value as the error class of the project; a stranger becomes `worker-failed` with itself as cause. */
export function knownError(thrown: unknown): L3MaskingError {
  if (thrown instanceof L3MaskingError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new L3MaskingError("worker-failed", `the command failed unexpectedly: ${text}`, {
    cause: thrown,
    hint: "Set L3MASKING_DEBUG=1 for the stack trace, and report it with the command you ran.",
  });
}

/** `error [code]: message` and, on a line of its own, `hint: ...`; with `stack`, where it was thrown. */
export function errorText(error: L3MaskingError, paint: Paint, stack: boolean): string {
  const lines = [`${paint("red", `error [${error.code}]:`)} ${error.message}`];
  if (error.hint !== undefined) lines.push(`${paint("cyan", "hint:")} ${error.hint}`);
  if (stack) lines.push(...stacks(error));
  return lines.join("\n");
}

/** Stacks of an error and its causes, the outermost first. */
function stacks(error: unknown): readonly string[] {
  const found: string[] = [];
  let current = error;
  while (current instanceof Error) {
    if (current.stack !== undefined) found.push(current.stack);
    current = current.cause;
  }
  return found;
}
