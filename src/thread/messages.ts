/** What the main thread and the worker thread say to each other. Messages are cloned, so they hold plain data. */
import type { MessagePort } from "node:worker_threads";
import { type ErrorCode, errorCodes, L3MaskingError } from "../base/errors.js";
import type { CommandResults } from "../commands/table.js";
import type { Prediction, RunEvent } from "../run/host/host.js";

/** What each call gives back. */
export interface CallResults extends CommandResults {
  /** Keeps a classifier in the worker for later `classify` calls; gives its labels. */
  readonly openClassifier: readonly string[];
  readonly classify: readonly Prediction[];
  /** Frees what is kept and lets the worker end. */
  readonly close: undefined;
}

export type CallName = keyof CallResults;

export interface Request {
  readonly call: CallName;
  readonly given: unknown;
  /** One Int32 of shared memory; 1 asks the call to stop. */
  readonly stop: SharedArrayBuffer;
  /** Where the answers go, and whence it comes for each output whether more is wanted. */
  readonly port: MessagePort;
  /** Does the caller take output piece by piece? */
  readonly takesOutput: boolean;
}

/** Any number of events and outputs, then one result or one error. An output waits for the caller's word on it. */
export type Answer<Result> =
  | { readonly type: "output"; readonly text: string }
  | { readonly type: "event"; readonly event: RunEvent }
  | { readonly type: "result"; readonly result: Result }
  | { readonly type: "error"; readonly error: PortableError };

/** An error as plain data: a clone would lose its class and code. */
export interface PortableError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Absent for errors that are not of this project. */
  readonly code: ErrorCode | undefined;
  readonly hint: string | undefined;
  readonly cause: PortableError | undefined;
}

/** A thrown value as plain data, causes included. */
export function portableError(thrown: unknown): PortableError {
  if (!(thrown instanceof Error)) {
    const message = String(thrown);
    return {
      name: "Error",
      message,
      stack: undefined,
      code: undefined,
      hint: undefined,
      cause: undefined,
    };
  }
  const ours = thrown instanceof L3MaskingError ? thrown : undefined;
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    code: ours?.code,
    hint: ours?.hint,
    cause: thrown.cause === undefined ? undefined : portableError(thrown.cause),
  };
}

/** The error again: an error of this project with its code, hint and stack, or a plain Error. */
export function revivedError(portable: PortableError): Error {
  const { code, hint, message, stack, name } = portable;
  const cause = portable.cause === undefined ? undefined : revivedError(portable.cause);
  const error =
    code !== undefined && code in errorCodes
      ? new L3MaskingError(code, message, { ...(hint !== undefined && { hint }), cause })
      : new Error(message, cause && { cause });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
