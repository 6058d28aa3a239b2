/**
 * The one error class of the project. Every failure a user can meet carries a code (documented in
 * docs/errors.md), says what was expected and what came, and how to mend it.
 */

/** Error families; the family decides the exit code of the command line. */
export const errorFamilies = {
  usage: 2,
  data: 3,
  checkpoint: 4,
  training: 5,
  download: 6,
  internal: 1,
} as const;

/** The kind of failure a code belongs to. */
export type ErrorFamily = keyof typeof errorFamilies;

/** Every code the project throws, with its family. A test holds docs/errors.md to this list. */
export const errorCodes = {
  // usage: flags, settings, folders
  "unknown-setting": "usage",
  "invalid-setting": "usage",
  "missing-setting": "usage",
  "strategy-invalid": "usage",
  "output-exists": "usage",
  "output-in-use": "usage",
  "output-unwritable": "usage",
  "disk-full": "usage",
  "file-missing": "usage",
  "storage-missing": "usage",
  "storage-damaged": "usage",
  "runs-disagree": "usage",
  "package-missing": "usage",
  "device-missing": "usage",
  "device-in-use": "usage",
  "slurm-missing": "usage",
  "slurm-failed": "usage",
  "queue-policy": "usage",
  "queue-version": "usage",
  "server-address": "usage",
  "server-busy": "usage",
  "request-invalid": "usage",
  "request-too-large": "usage",
  "workplace-path": "usage",
  // data: files of texts and labels
  "data-format": "data",
  "data-column": "data",
  "data-empty": "data",
  "data-label": "data",
  "data-multi-label": "data",
  "data-pair": "data",
  "data-classes": "data",
  "data-encoding": "data",
  "texts-unknown": "data",
  "data-checksum": "data",
  "dataset-missing": "data",
  // checkpoint: model and tokenizer folders
  "checkpoint-missing": "checkpoint",
  "checkpoint-config": "checkpoint",
  "checkpoint-format": "checkpoint",
  "checkpoint-pickle": "checkpoint",
  "checkpoint-shape": "checkpoint",
  "checkpoint-tensor": "checkpoint",
  "tokenizer-format": "checkpoint",
  "newer-format": "checkpoint",
  "score-invalid": "checkpoint",
  "export-mismatch": "checkpoint",
  // training
  "training-diverged": "training",
  "run-lost": "training",
  "run-stuck": "training",
  "device-lost": "training",
  "device-memory": "training",
  interrupted: "training",
  // download: files from the network
  "download-failed": "download",
  "download-mismatch": "download",
  "upload-failed": "download",
  "hub-not-found": "download",
  "hub-denied": "download",
  "hub-busy": "download",
  "hub-offline": "download",
  "queue-unreachable": "download",
  // internal: a fault of ours or of the runtime
  "input-mismatch": "internal",
  "graph-invalid": "internal",
  "runtime-missing": "internal",
  "runtime-unsupported": "internal",
  "runtime-failed": "internal",
  "device-kernel": "internal",
  "worker-failed": "internal",
  "workplace-lost": "internal",
} as const satisfies Record<string, ErrorFamily>;

/** What went wrong, in a word; docs/errors.md explains each. */
export type ErrorCode = keyof typeof errorCodes;

/** What an error has beside code and message. */
export interface ErrorDetails {
  /** How to fix it: one imperative sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Characters of a message; what a file names can have any length. */
const MAX_MESSAGE = 2000;

/** Characters that move the cursor of a terminal, change its colours, or turn the direction of text. */
const unprintable = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/** `text` with what a terminal would obey, not show, written as `\u{1b}`. Names in untrusted files can hold anything. */
export function printable(text: string): string {
  return text.replace(
    unprintable,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** Cuts the middle out of a long message: its beginning and its end say what and where. */
function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  const half = MAX_MESSAGE / 2;
  const left = message.length - MAX_MESSAGE;
  return `${message.slice(0, half)} ... (${left} characters left out) ... ${message.slice(-half)}`;
}

/** What anything that was thrown says of itself. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * An error with a code, a message (what was expected, what came, where) and a hint (how to fix it). A message is printable and has at
 * most about 2000 characters, whatever a file made it quote.
 */
export class L3MaskingError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(
      printable(shortened(message)),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = "L3MaskingError";
    this.code = code;
    this.hint = details.hint === undefined ? undefined : printable(shortened(details.hint));
  }

  /** 130 for an interrupt, else the exit code of the error's family. */
  get exitCode(): number {
    return this.code === "interrupted" ? 130 : errorFamilies[errorCodes[this.code]];
  }
}
