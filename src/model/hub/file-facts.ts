/** What the hub tells of a file before it is fetched: is it there, at which commit, how large, with which checksum. */
import { L3MaskingError } from "../../base/errors.js";
import type { HubSettings } from "../../platform/hub-environment.js";
import {
  busyAnswer,
  type Cut,
  cutOf,
  type DownloadPatience,
  mayTryAgain,
  pauseBeforeNext,
  watchConnection,
} from "./attempts.js";
import {
  fileUrl,
  isCommit,
  type Repository,
  repositoryTitle,
  repositoryUrl,
} from "./repository.js";

/** A file of a repository. Its name in the cache is its checksum. */
export interface FileFacts {
  readonly name: string;
  /** Without the token; hands out this commit's file. */
  readonly url: string;
  readonly bytes: number | undefined;
  /** Git's SHA-1 of a small file (40 hex digits), SHA-256 of a large one (64). */
  readonly checksum: string;
}

/** The commit that a revision stands for, and the file, or undefined where this commit has none of that name. */
export interface FileAnswer {
  readonly commit: string;
  readonly file: FileFacts | undefined;
}

/** The hub as one user sees it. */
export interface Hub extends Pick<HubSettings, "endpoint" | "token"> {
  readonly patience: DownloadPatience;
  cancelled(): boolean;
}

/** Redirects to follow, as for a repository that was renamed. */
const MAX_REDIRECTS = 5;

/**
 * Asks for a file of a repository by HEAD requests. The token goes to the endpoint's own origin alone. A redirect that
 * tells checksum and commit, as for files of Git LFS, is not followed.
 *
 * Throws `hub-not-found`, `hub-denied`, `hub-busy`, `download-failed` (no connection, another status, or an answer that is
 * not that of a hub), `interrupted`.
 */
export async function askForFile(
  hub: Hub,
  repository: Repository,
  name: string,
): Promise<FileAnswer> {
  const origin = new URL(hub.endpoint).origin;
  let url = fileUrl(hub.endpoint, repository, name);
  const told = new Headers();
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const token = new URL(url).origin === origin ? hub.token : undefined;
    const { status, headers } = await head(hub, repository, url, token);
    for (const field of ["x-repo-commit", "x-linked-etag", "x-linked-size"]) {
      const value = headers.get(field);
      if (value !== null) told.set(field, value);
    }
    const target = headers.get("location");
    if (status >= 300 && status < 400 && target !== null && !told.has("x-linked-etag")) {
      url = new URL(target, url).href;
      continue;
    }
    const missing = status === 404 && isMissingFile(headers);
    if (status >= 400 && !missing) throw refusal(hub, repository, status, headers);
    const commit =
      told.get("x-repo-commit") ?? (isCommit(repository.revision) ? repository.revision : "");
    if (!isCommit(commit)) {
      if (missing) throw refusal(hub, repository, status, headers);
      throw noHub(url, "the header X-Repo-Commit with a commit", told.get("x-repo-commit"));
    }
    if (missing) return { commit, file: undefined };
    const etag = told.get("x-linked-etag") ?? headers.get("etag");
    const checksum = etag?.replace(/^W\//, "").replaceAll('"', "") ?? "";
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(checksum)) {
      throw noHub(url, "the header ETag with a checksum", etag);
    }
    const length =
      told.get("x-linked-size") ?? (status === 200 ? headers.get("content-length") : null);
    const bytes = length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
    // By its commit: the branch may move before the file is fetched.
    const fixed = fileUrl(hub.endpoint, { ...repository, revision: commit }, name);
    return { commit, file: { name, url: fixed, bytes, checksum } };
  }
  throw noHub(url, `at most ${MAX_REDIRECTS} redirects`, "more");
}

/** One HEAD request, with patience. */
async function head(
  { patience, cancelled }: Hub,
  repository: Repository,
  url: string,
  token: string | undefined,
): Promise<Response> {
  for (let fruitless = 1; ; fruitless++) {
    const answer = await tryHead(url, token, cancelled, patience);
    if (cancelled()) throw interrupted(repository);
    if (answer instanceof Response) return answer;
    if (!mayTryAgain(answer, fruitless, patience)) {
      if (answer.status === 429) throw hubBusy(repository, answer.pauseMilliseconds);
      throw new L3MaskingError("download-failed", `cannot reach ${url}: ${answer.reason}`, {
        hint: "Check the connection and try again.",
        cause: answer.cause,
      });
    }
    await pauseBeforeNext(answer, fruitless, patience, cancelled);
    if (cancelled()) throw interrupted(repository);
  }
}

async function tryHead(
  url: string,
  token: string | undefined,
  cancelled: () => boolean,
  { stallMilliseconds }: DownloadPatience,
): Promise<Response | Cut> {
  const connection = watchConnection(cancelled, stallMilliseconds);
  try {
    const response = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      // Compressed, the length would be another one.
      headers: { "accept-encoding": "identity", ...authorized(token) },
      signal: connection.signal,
    });
    return busyAnswer(response) ?? response;
  } catch (error) {
    return cutOf(error, connection, false);
  } finally {
    connection.close();
  }
}

/** The header that shows a token. */
export function authorized(token: string | undefined): { readonly authorization?: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Mirrors do not always say what is missing; then it is the file. */
function isMissingFile(headers: Headers): boolean {
  return ["EntryNotFound", null].includes(headers.get("x-error-code"));
}

/** The error of an answer that hands nothing out. */
export function refusal(
  { endpoint, token }: Pick<Hub, "endpoint" | "token">,
  repository: Repository,
  status: number,
  headers: Headers = new Headers(),
): L3MaskingError {
  const title = repositoryTitle(repository);
  const page = repositoryUrl(endpoint, repository.id);
  const code = headers.get("x-error-code");
  const got = `HTTP status ${status}${code === null ? "" : ` (${code})`}`;
  if (status === 429) return hubBusy(repository, undefined);
  if (code === "RevisionNotFound") {
    return new L3MaskingError(
      "hub-not-found",
      `expected the branch, tag or commit ${repository.revision} in ${page}, found none (${got})`,
      { hint: "Choose a branch listed on its page, or omit @ and what follows." },
    );
  }
  if (status === 404 || code === "RepoNotFound") {
    const secret =
      token === undefined
        ? "If it is private, set HF_TOKEN to a token with read access."
        : "If it is private, use a token with read access to it.";
    return new L3MaskingError(
      "hub-not-found",
      `expected a folder ${title} or a model repository at ${page}, found neither (${got})`,
      { hint: `Check the name. ${secret}` },
    );
  }
  if (status === 401 || status === 403) {
    const hint =
      token === undefined
        ? `If the name is right, request access on ${page} if needed, create a token at ${endpoint}/settings/tokens, and set HF_TOKEN to it.`
        : `Request access on ${page}, and check that the token (HF_TOKEN, or the one of \`hf auth login\`) is valid and has read access.`;
    const sent = token === undefined ? "without a token" : "with the given token";
    return new L3MaskingError(
      "hub-denied",
      `cannot read ${title} ${sent}: ${got} from ${endpoint}`,
      { hint },
    );
  }
  return new L3MaskingError("download-failed", `expected ${title} at ${page}, got ${got}`, {
    hint: "Try again later, or open the page in a browser.",
  });
}

function hubBusy(repository: Repository, pauseMilliseconds: number | undefined): L3MaskingError {
  const wait =
    pauseMilliseconds === undefined
      ? "a few minutes"
      : `${Math.ceil(pauseMilliseconds / 1000)} seconds, as the server requests`;
  return new L3MaskingError(
    "hub-busy",
    `cannot read ${repositoryTitle(repository)}: HTTP status 429, too many requests from this address`,
    { hint: `Wait ${wait}, then run the same command again; setting HF_TOKEN raises the limit.` },
  );
}

function noHub(url: string, expected: string, got: string | null | undefined): L3MaskingError {
  return new L3MaskingError(
    "download-failed",
    `expected ${expected} from ${url}, got ${got ?? "none"}`,
    {
      hint: "Check that HF_ENDPOINT, if set, is a hub, and that no proxy or login page answers in its place.",
    },
  );
}

function interrupted(repository: Repository): L3MaskingError {
  return new L3MaskingError(
    "interrupted",
    `stopped while looking up ${repositoryTitle(repository)}`,
    {
      hint: "Run the same command again.",
    },
  );
}
