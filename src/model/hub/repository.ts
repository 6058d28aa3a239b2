/** Names of model repositories on the hub, and what their files are called there. */

/** A repository at a branch, tag or commit. */
export interface Repository {
  /** `org/name`, or `name` alone for the few old ones without an organisation. */
  readonly id: string;
  /** Branch, tag or commit: what follows `@`, else main. */
  readonly revision: string;
}

/** Letters, digits, `-`, `_` and `.`, at most 96, neither first nor last a `-` or `.`. */
const PART = /^(?![-.])[\w.-]{1,96}(?<![-.])$/;

/**
 * `org/name`, `name`, `org/name@revision` or `name@revision` as a repository; undefined for a name that the hub gives
 * to none.
 */
export function parseRepository(text: string): Repository | undefined {
  const at = text.indexOf("@");
  const id = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? "main" : text.slice(at + 1);
  const parts = id.split("/");
  if (parts.length > 2 || !parts.every((part) => PART.test(part))) return undefined;
  if (/--|\.\.|\.git$/.test(id)) return undefined;
  return isRevision(revision) ? { id, revision } : undefined;
}

/** A name that git allows and that stays in its folder: no empty part, none that begins with a dot. */
function isRevision(text: string): boolean {
  return text.length <= 200 && text.split("/").every((part) => /^\w[\w.+-]*$/.test(part));
}

/** Is it the whole hash of a commit? */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** `org/name@revision`, without main. */
export function repositoryTitle({ id, revision }: Repository): string {
  return revision === "main" ? id : `${id}@${revision}`;
}

/** Where a repository has its page. */
export function repositoryUrl(endpoint: string, id: string): string {
  return `${endpoint}/${id}`;
}

/** Where a file of a repository is handed out. */
export function fileUrl(endpoint: string, { id, revision }: Repository, name: string): string {
  const file = name.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${file}`;
}
