/** A model's files and what is read from them; what is damaged in the cache is fetched again. */
import { L3MaskingError } from "../../base/errors.js";
import { type DownloadPatience, defaultPatience } from "../../model/hub/attempts.js";
import { cachedCommit, openSnapshot, repositoryFolder } from "../../model/hub/cache.js";
import { damagedFiles, removeBlobs } from "../../model/hub/damaged.js";
import { parseRepository, type Repository } from "../../model/hub/repository.js";
import { exists } from "../../platform/files/files.js";
import type { Host } from "../host/host.js";
import { SHIPPED_MODEL } from "../settings/shipped-model.js";
import type { ModelUse } from "./model-files.js";
import { locateModel, type ModelSource } from "./model-source.js";

/**
 * Finds a model and reads it. Where that fails over files of the cache that are not what their checksums say, they are fetched again,
 * once, with a warning; so is a vocabulary that is cut off, which could be read. Throws what `locateModel` and `read` throw; where there is to be no network, with a hint that names the files.
 */
export async function readModel<Result>(
  name: string,
  use: ModelUse,
  host: Pick<Host, "emit" | "cancelled" | "now" | "time" | "hub">,
  read: (source: ModelSource) => Promise<Result>,
  patience: DownloadPatience = defaultPatience,
): Promise<Result> {
  try {
    const source = await locateModel(name, use, host, patience);
    if (source.origin !== undefined) requireWholeVocabulary(source.folder);
    return await read(source);
  } catch (error) {
    if (!(error instanceof L3MaskingError) || !/^(checkpoint|tokenizer)-/.test(error.code)) {
      throw error;
    }
    const cached = cachedModel(name, host);
    const damaged = cached === undefined ? [] : damagedFiles(cached.snapshot);
    if (cached === undefined || damaged.length === 0) throw error;
    const { snapshot, repository, commit } = cached;
    const files = damaged.join(", ");
    if (host.hub.offlineBy !== undefined) {
      throw new L3MaskingError(error.code, error.message, {
        hint: `${files} in ${snapshot} is damaged: allow downloads (${host.hub.offlineBy} forbids them) and run the same command, which fetches it again.`,
        cause: error,
      });
    }
    const text = `${name}: ${files} in the cache is damaged; fetching it again`;
    host.emit({ type: "notice", level: "warning", text });
    removeBlobs(snapshot, damaged);
    // Of the same commit, wherever the branch is by now.
    const source = await locateModel(`${repository.id}@${commit}`, use, host, patience);
    const { revision } = repository;
    return read({ ...source, ...(source.origin && { origin: { ...source.origin, revision } }) });
  }
}

/** Throws `tokenizer-format` for a list of tokens that lacks some: texts would be read otherwise, and nothing would tell. */
function requireWholeVocabulary(snapshot: string): void {
  const [damaged] = damagedFiles(snapshot, ["vocab.txt", "merges.txt", "sentencepiece.bpe.model"]);
  if (damaged === undefined) return;
  throw new L3MaskingError(
    "tokenizer-format",
    `expected ${damaged} in ${snapshot} as the hub has it, got other bytes`,
    { hint: "Delete it, and run the same command again." },
  );
}

interface CachedModel {
  readonly repository: Repository;
  readonly commit: string;
  readonly snapshot: string;
}

/** A model of the hub as the cache has it; undefined for other models. */
function cachedModel(name: string, { hub }: Pick<Host, "hub">): CachedModel | undefined {
  if (name === SHIPPED_MODEL || exists(name)) return undefined;
  const repository = parseRepository(name);
  if (repository === undefined) return undefined;
  const folder = repositoryFolder(hub.cacheFolder, repository.id);
  const commit = cachedCommit(folder, repository.revision);
  return commit === undefined
    ? undefined
    : { repository, commit, snapshot: openSnapshot(folder, commit).folder };
}
