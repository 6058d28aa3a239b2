/** `push`: a model folder as one commit of a repository on the hub. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { L3MaskingError } from "../base/errors.js";
import { readConfig } from "../model/checkpoint/load.js";
import { hubAccess } from "../model/hub/access.js";
import { parseRepository, type Repository, repositoryUrl } from "../model/hub/repository.js";
import { type UploadedFile, uploadFiles } from "../model/hub/upload.js";
import { LOCK_NAME } from "../platform/files/lease.js";
import { requireEncoder } from "../run/classifiers/kinds.js";
import { trainingTextsFile } from "../run/folder/training-texts.js";
import type { Host } from "../run/host/host.js";
import type { PushSettings } from "../run/settings/schemas.js";

/** What `pushModel` uploaded. */
export interface PushResult {
  /** The repository's page. */
  readonly url: string;
  readonly commit: string;
  /** Was the repository made? */
  readonly created: boolean;
  /** Names in the repository. */
  readonly files: readonly string[];
}

/**
 * Uploads every file of a model folder but hidden and unfinished ones. The repository is made, private unless asked otherwise, if there is
 * none; files that the folder does not have stay there.
 *
 * Throws `checkpoint-missing` for a folder without a model, `checkpoint-config` for a classifier that is no encoder, `invalid-setting` for a name that is none, `hub-offline` where no network is to
 * be used, `hub-denied` without a token, and what `uploadFiles` throws.
 */
export async function runPush(settings: PushSettings, host: Host): Promise<PushResult> {
  const { model: folder } = settings;
  const repository = namedRepository(settings.repository);
  requireEncoder(
    folder,
    "to upload",
    (encoder) => `l3masking push ${encoder} --repository ${settings.repository}`,
  );
  await readConfig(folder);
  const files = filesOf(folder);
  if (!existsSync(join(folder, "onnx"))) {
    const text = `${folder} has no ONNX files and no model card yet; \`l3masking export ${folder}\` writes them`;
    host.emit({ type: "notice", level: "warning", text });
  }
  const { offlineBy } = host.hub;
  if (offlineBy !== undefined) {
    throw new L3MaskingError(
      "hub-offline",
      `expected network access to push, but ${offlineBy} forbids it`,
      {
        hint: "Unset the variable.",
      },
    );
  }
  const { endpoint, token } = hubAccess(host.hub);
  if (token === undefined) {
    throw new L3MaskingError(
      "hub-denied",
      `expected a token with write access to ${endpoint}, found none`,
      {
        hint: `Create one at ${endpoint}/settings/tokens and set HF_TOKEN to it.`,
      },
    );
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = (done: number) =>
    host.emit({ type: "progress", task: "uploading", done, total, unit: "bytes" });
  progress(0);
  const { visibility, commitMessage: title } = settings;
  const { commit, created } = await uploadFiles(
    { endpoint, token, repository, files, title, visibility },
    host.cancelled,
    // Small files travel with the commit, after all others.
    (done) => progress(Math.min(done, total - 1)),
  );
  progress(total);
  const url = repositoryUrl(endpoint, repository.id);
  return { url, commit, created, files: files.map(({ name }) => name) };
}

function namedRepository(name: string): Repository {
  const repository = parseRepository(name);
  if (repository?.id.includes("/")) return repository;
  throw new L3MaskingError(
    "invalid-setting",
    `expected a repository such as org/name or org/name@branch, got ${name}`,
    { hint: "Correct --repository." },
  );
}

/**
 * The files of a folder and those below it, by name; what is hidden, half-written or a lock stays here, and so do the fingerprints of the
 * training texts, by which others could find out whether a text was among them.
 */
function filesOf(folder: string): readonly UploadedFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.split(sep).some((part) => /^\.|\.partial$/.test(part)))
    .filter((name) => !name.startsWith(LOCK_NAME) && name !== trainingTextsFile)
    .flatMap((name) => {
      const path = join(folder, name);
      const found = statSync(path);
      const inRepository = relative(folder, path).split(sep).join("/");
      return found.isFile() ? [{ path, name: inRepository, bytes: found.size }] : [];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
