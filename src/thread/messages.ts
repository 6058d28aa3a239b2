/** What the main thread and the worker thread say to each other. Messages are cloned, so they hold plain data. */
import type { MessagePort } from "node:worker_threads";
import { type ErrorCode, errorCodes, L3MaskingError } from "../base/errors.js";
import type { CommandName } from "../commands/table.js";
import type { RunEvent } from "../run/host/host.js";

/** A call of a command, or "close": free what is kept, and end. */
export type Request = Call | "close";

export interface Call {
  readonly command: CommandName;
  readonly given: unknown;
  /** One Int32 of shared memory: 0, or what is asked of the call (`asks`). */
  readonly stop: SharedArrayBuffer;
  /** Where the answers go, and whence it comes for each output whether more is wanted. */
  readonly port: MessagePort;
  /** Does the caller take output piece by piece? */
  readonly takesOutput: boolean;
}

/** What may be asked of a call under way: to stop at its next safe point, or to end training there with the best that it has. */
export const asks = { stop: 1, end: 2 } as const;

export type Asked = keyof typeof asks;

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
  readonly stack?: string | undefined;
  /** Absent for errors that are not of this project. */
  readonly code?: ErrorCode;
  readonly hint?: string | undefined;
  readonly cause?: PortableError;
}

/** A thrown value as plain data, causes included. */
export function portableError(thrown: unknown): PortableError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  return {
    ...{ name, message, stack },
    ...(thrown instanceof L3MaskingError && { code: thrown.code, hint: thrown.hint }),
    ...(cause !== undefined && { cause: portableError(cause) }),
  };
}

/** The error again: an error of this project with its code, hint and stack, or a plain Error. */
export function revivedError({ name, message, stack, code, hint, cause }: PortableError): Error {
  const options = cause && { cause: revivedError(cause) };
  const error =
    code !== undefined && code in errorCodes
      ? new L3MaskingError(code, message, { ...(hint !== undefined && { hint }), ...options })
      : new Error(message, options);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
