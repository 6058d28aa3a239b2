/**
 * Files of this machine -> one commit of a repository on the hub. The protocol (which files git keeps, where the others go, in what
 * portions) is that of the package @huggingface/hub, which follows the hub's changes; it is installed by those who push.
 */
import type * as hubLibrary from "@huggingface/hub";
import { L3MaskingError } from "../../base/errors.js";
import { fileUrl } from "../../platform/paths.js";
import { cutOf, watchConnection } from "./attempts.js";
import { type Repository, repositoryTitle, repositoryUrl } from "./repository.js";

export interface UploadedFile {
  readonly path: string;
  /** Its name in the repository. */
  readonly name: string;
  readonly bytes: number;
}

export interface Upload {
  readonly endpoint: string;
  readonly token: string;
  readonly repository: Repository;
  readonly files: readonly UploadedFile[];
  /** First line of the commit. */
  readonly title: string;
  /** Of the repository, if it is made. */
  readonly visibility: "private" | "public";
}

export interface Uploaded {
  readonly commit: string;
  /** Was the repository made? */
  readonly created: boolean;
}

/** A connection that brings no sign of progress for so long counts as cut. */
const STALL_MILLISECONDS = 120_000;

/**
 * Makes the repository if there is none, and commits the files to it at once: after a failure it is as it was. `onBytes` is told how many bytes
 * have arrived.
 *
 * Throws `package-missing` without @huggingface/hub, `hub-denied`, `hub-not-found`, `hub-busy`, `upload-failed` and
 * `interrupted`.
 */
export async function uploadFiles(
  upload: Upload,
  cancelled: () => boolean,
  onBytes: (done: number) => void,
): Promise<Uploaded> {
  const library = await loadLibrary();
  const { endpoint, token, repository, files, title } = upload;
  const connection = watchConnection(cancelled, STALL_MILLISECONDS);
  const place = { repo: { type: "model", name: repository.id }, hubUrl: endpoint } as const;
  try {
    const created = await madeRepository(library, upload);
    const commit = library.commitIter({
      ...place,
      accessToken: token,
      branch: repository.revision,
      title,
      operations: files.map(({ path, name }) => ({
        operation: "addOrUpdate",
        path: name,
        content: fileUrl(path),
      })),
      abortSignal: connection.signal,
    });
    const arrived = new Map<string, number>();
    const sizes = new Map(files.map(({ name, bytes }) => [name, bytes]));
    for (;;) {
      if (cancelled()) throw stopped(repository);
      const { done, value } = await commit.next();
      connection.alive();
      if (done) {
        if (value === undefined) throw uploadFailed(upload, "no name of the commit");
        return { commit: value.commit.oid, created };
      }
      if (value.event !== "fileProgress" || value.state !== "uploading") continue;
      arrived.set(value.path, value.progress * (sizes.get(value.path) ?? 0));
      onBytes([...arrived.values()].reduce((sum, bytes) => sum + bytes, 0));
    }
  } catch (error) {
    if (cancelled()) throw stopped(repository);
    throw failureOf(error, upload, cutOf(error, connection, false).reason);
  } finally {
    connection.close();
  }
}

async function loadLibrary(): Promise<typeof hubLibrary> {
  try {
    return await import("@huggingface/hub");
  } catch (cause) {
    throw new L3MaskingError(
      "package-missing",
      "expected the package @huggingface/hub, which uploads files, found none",
      { hint: "Install it next to l3masking: npm install @huggingface/hub@2", cause },
    );
  }
}

/** True if there was none. */
async function madeRepository(
  library: typeof hubLibrary,
  { endpoint, token, repository, visibility }: Upload,
): Promise<boolean> {
  try {
    await library.createRepo({
      repo: { type: "model", name: repository.id },
      visibility,
      accessToken: token,
      hubUrl: endpoint,
    });
    return true;
  } catch (error) {
    if (statusOf(error) === 409) return false;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}

function failureOf(error: unknown, upload: Upload, reason: string): unknown {
  if (error instanceof L3MaskingError) return error;
  const { endpoint, repository } = upload;
  const page = repositoryUrl(endpoint, repository.id);
  const title = repositoryTitle(repository);
  const status = statusOf(error);
  const got = status === undefined ? reason : `HTTP status ${status}`;
  const options = (hint: string) => ({ hint, cause: error });
  if (status === 401 || status === 403) {
    return new L3MaskingError(
      "hub-denied",
      `cannot write to ${title}: ${got} from ${endpoint}`,
      options(
        `Check that the token (HF_TOKEN, or the file of \`hf auth login\`) is valid and has write access; create one at ${endpoint}/settings/tokens.`,
      ),
    );
  }
  if (status === 404) {
    return new L3MaskingError(
      "hub-not-found",
      `expected the branch ${repository.revision} in ${page}, found none (${got})`,
      options("Check the name, or omit @ and what follows."),
    );
  }
  if (status === 429) {
    return new L3MaskingError(
      "hub-busy",
      `cannot write to ${title}: ${got}, too many requests from this address`,
      options("Wait a few minutes, then run the same command again."),
    );
  }
  return uploadFailed(upload, got, error);
}

function uploadFailed({ endpoint, repository, files }: Upload, got: string, cause?: unknown) {
  const page = repositoryUrl(endpoint, repository.id);
  return new L3MaskingError(
    "upload-failed",
    `cannot commit ${files.length} files to ${page}: ${got}`,
    { hint: "Run the same command again; the repository is unchanged.", cause },
  );
}

function stopped(repository: Repository): L3MaskingError {
  return new L3MaskingError(
    "interrupted",
    `uploading to ${repositoryTitle(repository)} was stopped`,
    { hint: "Run the same command again; the repository is unchanged." },
  );
}
