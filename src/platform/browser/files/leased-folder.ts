/**
 * In place of `platform/files/leased-folder.ts`: a page's files belong to one worker alone, as its storage is opened only once
 * (`opfs.ts`), and its commands take turns.
 */
import type { LockHost, LockManners } from "../../files/leased-folder.js";

export type { LockHost, LockManners } from "../../files/leased-folder.js";

export function whileLeased<Result>(
  _folder: string,
  _command: string,
  _host: LockHost,
  work: () => Promise<Result>,
  _manners: LockManners,
): Promise<Result> {
  return work();
}
