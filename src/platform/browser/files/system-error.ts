/** Errors as those of a system: with a code, by which `systemCode` tells them apart. */

export type SystemErrorCode =
  | "EEXIST"
  | "EINVAL"
  | "EIO"
  | "EISDIR"
  | "ENOENT"
  | "ENOSPC"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "ENOTSUP"
  | "Z_DATA_ERROR";

export function systemError(
  code: SystemErrorCode,
  what: string,
  path: string,
  cause?: unknown,
): Error {
  return Object.assign(new Error(`${code}: ${what}, '${path}'`, { cause }), { code });
}
