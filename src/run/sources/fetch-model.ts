/** A model repository of the hub -> its files in the cache: only those that are needed, checked, one after the other. */

import { L3MaskingError } from "../../base/errors.js";
import { readConfig, readShardNames } from "../../model/checkpoint/load.js";
import { isIndex, weightFileNames } from "../../model/checkpoint/read.js";
import { familyTitles } from "../../model/families/families.js";
import { hubAccess } from "../../model/hub/access.js";
import type { DownloadPatience } from "../../model/hub/attempts.js";
import {
  blobPath,
  hasBlob,
  lockFolder,
  noteAbsence,
  noteCommit,
  openSnapshot,
  placeFile,
  repositoryFolder,
} from "../../model/hub/cache.js";
import { download } from "../../model/hub/download.js";
import {
  askForFile,
  authorized,
  type FileFacts,
  type Hub,
  refusal,
} from "../../model/hub/file-facts.js";
import { type Repository, repositoryTitle, repositoryUrl } from "../../model/hub/repository.js";
import { holdingFolder } from "../../platform/files/folder-lock.js";
import { loadTokenizer } from "../../text/load.js";
import { vocabularyFiles } from "../../text/tokenizer-json.js";
import type { Host } from "../host/host.js";
import { formatBytes } from "../memory/memory-check.js";
import { CONFIG_FILE, type ModelUse, sideFiles } from "./model-files.js";

type FetchHost = Pick<Host, "emit" | "cancelled" | "now" | "time" | "hub">;

/**
 * Fetches what `use` needs of a repository and is not in the cache, and gives the commit. The config comes first, so that
 * a model of another family costs no more than that; the weights come last, so that a snapshot with weights has all
 * else. Which optional files there are not is noted too. Other commands that want the same repository wait, on other machines
 * too.
 *
 * Throws `hub-not-found`, `hub-denied`, `hub-busy`, `download-failed`, `download-mismatch`, `disk-full`,
 * `output-unwritable`, `output-in-use` if another command took the lock over, `checkpoint-config` and `tokenizer-format` for
 * what is not computed here, `invalid-setting` for an endpoint or a token that cannot be one, `checkpoint-missing` for a repository without weights or tokenizer, `checkpoint-format` for an index
 * that leads out of the folder, `interrupted`.
 */
export async function fetchModel(
  repository: Repository,
  use: ModelUse,
  host: FetchHost,
  patience: DownloadPatience,
): Promise<string> {
  const { cacheFolder } = host.hub;
  const lock = lockFolder(cacheFolder, repository.id);
  const title = repositoryTitle(repository);
  return holdingFolder(
    lock,
    `download of ${title}`,
    host,
    () => fetchFiles(repository, use, host, patience),
    {
      patient: true,
      hint: "Wait for it, or stop it.",
    },
  );
}

async function fetchFiles(
  repository: Repository,
  use: ModelUse,
  host: FetchHost,
  patience: DownloadPatience,
): Promise<string> {
  const hub: Hub = {
    ...hubAccess(host.hub),
    patience,
    cancelled: host.cancelled,
  };
  const config = await askForFile(hub, repository, CONFIG_FILE);
  const { commit } = config;
  const fixed: Repository = { id: repository.id, revision: commit };
  const files = openFetching(fixed, hub, host);
  if (use !== "tokenizer") {
    if (config.file === undefined) throw lacks(hub, repository, CONFIG_FILE);
    await files.fetch([config.file], () => undefined);
    await readConfig(files.snapshot.folder);
  }
  const side = await files.existing(sideFiles(use));
  const vocabulary = await firstWhole(vocabularyFiles, files.existing);
  if (vocabulary === undefined) throw lacks(hub, repository, vocabularyFiles.flat().join(", "));
  const weights =
    use === "tokenizer"
      ? []
      : await firstWhole(
          weightFileNames.map((name) => [name]),
          files.existing,
        );
  if (weights === undefined) throw lacks(hub, repository, weightFileNames.join(", "));
  await files.fetch([...side, ...vocabulary]);
  await loadTokenizer(files.snapshot.folder);
  await files.fetch(weights);
  for (const index of weights.map(({ name }) => name).filter(isIndex)) {
    const shards = await readShardNames(files.snapshot.folder, index);
    const found = await files.existing(shards);
    if (found.length < shards.length) throw lacks(hub, repository, shards.join(", "));
    await files.fetch(found);
  }
  noteCommit(repositoryFolder(host.hub.cacheFolder, repository.id), repository, commit);
  return commit;
}

async function firstWhole(
  groups: readonly (readonly string[])[],
  existing: (names: readonly string[]) => Promise<readonly FetchedFile[]>,
): Promise<readonly FetchedFile[] | undefined> {
  for (const names of groups) {
    const found = await existing(names);
    if (found.length === names.length) return found;
  }
  return undefined;
}

/** A file to fetch, or one that the snapshot has already. */
type FetchedFile = FileFacts | { readonly name: string; readonly url?: undefined };

/** Fetching into one snapshot of the cache. */
function openFetching(fixed: Repository, hub: Hub, host: FetchHost) {
  const folder = repositoryFolder(host.hub.cacheFolder, fixed.id);
  const commit = fixed.revision;
  const snapshot = openSnapshot(folder, commit);

  /** The files of these names that the repository has. What is in the cache is not asked for. */
  async function existing(names: readonly string[]): Promise<FetchedFile[]> {
    const found: FetchedFile[] = [];
    for (const name of names) {
      if (snapshot.has(name)) {
        found.push({ name });
      } else if (!snapshot.lacks(name)) {
        const { file } = await askForFile(hub, fixed, name);
        if (file === undefined) noteAbsence(folder, commit, name);
        else found.push(file);
      }
    }
    return found;
  }

  /** Fetches files in their order. */
  async function fetch(files: readonly FetchedFile[], emit = host.emit): Promise<void> {
    const absent = files.flatMap((file) =>
      file.url === undefined || snapshot.has(file.name) ? [] : [file],
    );
    if (absent.length === 0) return;
    const total = absent.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
    const text = `downloading ${absent.map(({ name }) => name).join(", ")} of ${fixed.id} (${formatBytes(total)}) from ${hub.endpoint} to ${host.hub.cacheFolder}`;
    emit({ type: "notice", level: "info", text });
    let before = 0;
    for (const file of absent) {
      before += await fetchOne(file, (fileBytes) => {
        const done = before + fileBytes;
        emit({
          type: "progress",
          task: "downloading",
          done,
          // Some servers do not tell sizes before.
          total: Math.max(total, done),
          unit: "bytes",
          detail: `${fixed.id} ${file.name}`,
        });
      });
    }
  }

  /** Gives the number of bytes. */
  async function fetchOne(file: FileFacts, progress: (done: number) => void): Promise<number> {
    const { name, url, bytes, checksum } = file;
    let size = bytes ?? 0;
    const fresh = !hasBlob(folder, checksum, bytes);
    if (fresh) {
      await download(
        {
          url,
          path: blobPath(folder, checksum),
          ...(bytes !== undefined && { bytes }),
          ...(checksum.length === 64 ? { sha256: checksum } : { gitSha1: checksum }),
          ...authorized(hub.token),
          refused: (status) =>
            [401, 403, 404, 429].includes(status) ? refusal(hub, fixed, status) : undefined,
        },
        {
          progress(done) {
            size = done;
            progress(done);
          },
          cancelled: host.cancelled,
        },
        hub.patience,
      );
    }
    placeFile(folder, commit, name, checksum, fresh);
    // What was fetched has been told to its end.
    if (!fresh) progress(size);
    return size;
  }

  return { snapshot, existing, fetch };
}

function lacks({ endpoint }: Hub, repository: Repository, names: string): L3MaskingError {
  const page = repositoryUrl(endpoint, repository.id);
  return new L3MaskingError(
    "checkpoint-missing",
    `expected ${names} in ${repositoryTitle(repository)}, found none at ${page}`,
    {
      hint: `Choose a repository of a ${familyTitles} model with PyTorch or safetensors weights and its tokenizer.`,
    },
  );
}
