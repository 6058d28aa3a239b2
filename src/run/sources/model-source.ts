/** What a command calls a model -> a folder with its files: on disk, in the cache of Hugging Face's tools, or fetched. */
import { L3MaskingError } from "../../base/errors.js";
import { type DownloadPatience, defaultPatience } from "../../model/hub/attempts.js";
import { cachedCommit, openSnapshot, repositoryFolder } from "../../model/hub/cache.js";
import {
  parseRepository,
  type Repository,
  repositoryTitle,
  repositoryUrl,
} from "../../model/hub/repository.js";
import { exists } from "../../platform/files/files.js";
import { packagePath } from "../../platform/package-path.js";
import { resolve } from "../../platform/paths.js";
import type { ModelOrigin } from "../../results/records/run-record.js";
import type { Host } from "../host/host.js";
import { SHIPPED_MODEL, shippedModelPath } from "../settings/shipped-model.js";
import { fetchModel } from "./fetch-model.js";
import { type ModelUse, neededFiles, type SnapshotState, snapshotState } from "./model-files.js";

/** A model's files. */
export interface ModelSource {
  readonly folder: string;
  /** Of a model of the hub. */
  readonly origin?: ModelOrigin;
  /** Is it the one in the package? */
  readonly shipped?: boolean;
}

type SourceHost = Pick<Host, "emit" | "cancelled" | "now" | "time" | "hub">;

/**
 * Finds the files of a model. The name of the shipped one is never another's: a folder called so is `./NAME`. What else
 * exists on disk is taken as it is. Else `name` is a repository of the hub,
 * `org/name` or `org/name@revision`: if the cache has what `use` needs, it is taken without a question to the hub, so a
 * branch stays at the commit that was fetched first; else what is missing is fetched.
 *
 * Throws `checkpoint-missing` for a name that is neither or a repository without the files, `hub-offline` where they are
 * not in the cache and the network is not to be used, and what `fetchModel` throws.
 */
export async function locateModel(
  name: string,
  use: ModelUse,
  host: SourceHost,
  patience: DownloadPatience = defaultPatience,
): Promise<ModelSource> {
  if (name === SHIPPED_MODEL) {
    if (exists(name)) host.emit(notTheFolder);
    return { folder: packagePath(shippedModelPath), shipped: true };
  }
  if (exists(name)) return { folder: name };
  const repository = parseRepository(name);
  if (repository === undefined) throw noModel(name);
  const found = await fromCache(repository, use, host);
  if (found !== undefined && found.missing.length === 0) {
    if (found.uncertain.length === 0 || host.hub.offlineBy !== undefined) return found.source;
    return completed(repository, use, host, patience, found);
  }
  if (host.hub.offlineBy !== undefined) throw offline(name, repository, use, host, found);
  const commit = await fetchModel(repository, use, host, patience).catch((error: unknown) => {
    throw withoutNetwork(error, name, repository, use, host);
  });
  return sourceOf(repository, commit, host);
}

/** The name under which a model is found again without a question to the hub, whatever its branch is by then. */
export function pinnedName({ folder, origin, shipped }: ModelSource): string {
  if (shipped) return SHIPPED_MODEL;
  return origin === undefined ? folder : `${origin.repository}@${origin.commit}`;
}

const notTheFolder = {
  type: "notice",
  level: "warning",
  text: `${SHIPPED_MODEL} is the model that l3masking contains; for the folder of this name write ./${SHIPPED_MODEL}`,
} as const;

function sourceOf(repository: Repository, commit: string, { hub }: SourceHost): ModelSource {
  const { id, revision } = repository;
  const { folder } = openSnapshot(repositoryFolder(hub.cacheFolder, id), commit);
  return { folder, origin: { repository: id, revision, commit } };
}

interface CachedModel extends SnapshotState {
  readonly source: ModelSource;
  readonly commit: string;
}

/** Undefined where the cache knows nothing of the revision. */
async function fromCache(
  repository: Repository,
  use: ModelUse,
  host: SourceHost,
): Promise<CachedModel | undefined> {
  const folder = repositoryFolder(host.hub.cacheFolder, repository.id);
  const commit = cachedCommit(folder, repository.revision);
  if (commit === undefined || !exists(folder)) return undefined;
  const state = await snapshotState(openSnapshot(folder, commit), use);
  return { ...state, commit, source: sourceOf(repository, commit, host) };
}

/** What another tool fetched only as far as it needed it: the rest is asked for, and done without if nobody answers. */
async function completed(
  { id }: Repository,
  use: ModelUse,
  host: SourceHost,
  patience: DownloadPatience,
  { source, commit, uncertain }: CachedModel,
): Promise<ModelSource> {
  try {
    await fetchModel({ id, revision: commit }, use, host, patience);
  } catch (error) {
    if (!(error instanceof L3MaskingError) || error.code === "interrupted") throw error;
    const text = `${id}: using the cached files; the hub could not be asked for ${uncertain.join(", ")} (${error.message})`;
    host.emit({ type: "notice", level: "warning", text });
  }
  return source;
}

function noModel(name: string): L3MaskingError {
  return new L3MaskingError(
    "checkpoint-missing",
    `expected ${SHIPPED_MODEL}, a model folder or a repository such as FacebookAI/roberta-base, found nothing at ${name}, which is not a repository name either`,
    { hint: "Check the path; it is relative to the current folder." },
  );
}

/** Where files can be put by hand so that the same command finds them: what is on disk comes first. */
function byHand(name: string, { id }: Repository, use: ModelUse, { hub }: SourceHost): string {
  const page = repositoryUrl(hub.endpoint, id);
  return `Put the files of ${page} into the folder ${resolve(name)}: ${neededFiles(use)}. Or copy ${repositoryFolder("", id)} from another machine's cache to ${hub.cacheFolder}.`;
}

function offline(
  name: string,
  repository: Repository,
  use: ModelUse,
  host: SourceHost,
  found: SnapshotState | undefined,
): L3MaskingError {
  const lacking =
    found === undefined ? "nothing" : `only a part, without ${found.missing.join(" and ")}`;
  return new L3MaskingError(
    "hub-offline",
    `expected ${repositoryTitle(repository)} in the cache ${host.hub.cacheFolder}, since ${host.hub.offlineBy} forbids downloads; found ${lacking}`,
    { hint: `${byHand(name, repository, use, host)} Or allow downloads.` },
  );
}

/** A download that failed says what to put where instead. */
function withoutNetwork(
  error: unknown,
  name: string,
  repository: Repository,
  use: ModelUse,
  host: SourceHost,
): unknown {
  if (!(error instanceof L3MaskingError) || error.code !== "download-failed") return error;
  return new L3MaskingError("download-failed", `${repositoryTitle(repository)}: ${error.message}`, {
    hint: `${error.hint ?? ""} Without a network: ${byHand(name, repository, use, host)}`,
    cause: error,
  });
}
