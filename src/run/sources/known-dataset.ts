/** A known data set -> its files on this machine: in a folder of the user's, in the cache, or from the network. */
import { L3MaskingError } from "../../base/errors.js";
import { type SplitName, splitNames } from "../../data/dataset.js";
import type { KnownDataset } from "../../data/known/known-datasets.js";
import { convertPublished } from "../../data/known/published-rows.js";
import { readUnzipped } from "../../data/read.js";
import { download } from "../../model/hub/download.js";
import { openDigest } from "../../platform/digest.js";
import { writeDurably } from "../../platform/files/durable.js";
import { exists, makeFolder, remove } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { Host } from "../host/host.js";

export interface DatasetPlaces {
  /** The user's folder, with the files in it or in a subfolder of the data set's name. Nothing else is looked at then. */
  readonly dataDir?: string | undefined;
  /** Downloaded data sets are kept below it, in `datasets`. */
  readonly cacheFolder: string;
}

/** The verified files of a data set. */
export interface DatasetFiles {
  readonly trainFile: string;
  readonly validationFile: string;
  readonly testFile: string;
}

/**
 * Finds the three splits and holds each to its SHA-256 over the decompressed bytes: in the user's folder if one is
 * named, else in the cache, else from the network (into the cache). The published files themselves will do as well; they
 * are converted into the cache.
 *
 * Throws `dataset-missing` (says in one line what to put where), `data-checksum` for a file with other content,
 * `download-failed`, `download-mismatch`, `interrupted`.
 */
export async function resolveDataset(
  dataset: KnownDataset,
  { dataDir, cacheFolder }: DatasetPlaces,
  host: Pick<Host, "emit" | "cancelled">,
): Promise<DatasetFiles> {
  const cached = join(cacheFolder, "datasets", dataset.name);
  const found =
    dataDir === undefined
      ? await cachedSplits(dataset, cached, host)
      : await givenSplits(dataset, dataDir, cached);
  return { trainFile: found.train, validationFile: found.dev, testFile: found.test };
}

type SplitPaths = Record<SplitName, string>;

/** The splits in a folder of the user's. */
async function givenSplits(
  dataset: KnownDataset,
  dataDir: string,
  cached: string,
): Promise<SplitPaths> {
  const places = [join(dataDir, dataset.name), dataDir];
  const folder = places.find((place) => findSplit(place, "train") !== undefined);
  const verified = async (split: SplitName) => {
    const path = folder === undefined ? undefined : findSplit(folder, split);
    if (path === undefined) {
      throw new L3MaskingError(
        "dataset-missing",
        `expected ${split}.jsonl or ${split}.jsonl.gz of ${dataset.name}, found neither in ${folder ?? places.join(" or ")}`,
        { hint: `Put ${threeFiles(dataset)} into ${folder ?? places[0]}; ${whereFrom}.` },
      );
    }
    const bytes = await readUnzipped(path);
    const digest = sha256Of(bytes);
    if (digest === dataset.splits[split].sha256) return path;
    if (digest !== dataset.published?.[split].sha256)
      throw otherContent(dataset, split, path, digest);
    return keepConverted(dataset, split, bytes, cached);
  };
  return eachSplit(verified);
}

/** The splits in the cache, after downloading those that are not there. */
async function cachedSplits(
  dataset: KnownDataset,
  cached: string,
  host: Pick<Host, "emit" | "cancelled">,
): Promise<SplitPaths> {
  const { name, published } = dataset;
  const present = new Map<SplitName, string>();
  for (const split of splitNames) {
    const path = findSplit(cached, split);
    if (path === undefined) continue;
    let digest: string | undefined;
    try {
      digest = sha256Of(await readUnzipped(path));
    } catch (error) {
      // A gzip file that is cut off.
      if (published === undefined) throw error;
    }
    if (digest === dataset.splits[split].sha256) {
      present.set(split, path);
      continue;
    }
    if (published === undefined) throw otherContent(dataset, split, path, digest ?? "none");
    const text = `${path} is not the published ${split} split of ${name}; downloading it again`;
    host.emit({ type: "notice", level: "warning", text });
  }
  const absent = splitNames.filter((split) => !present.has(split));
  const total = absent.reduce((sum, split) => sum + (published?.[split].bytes ?? 0), 0);
  let before = 0;
  const fetched = async (split: SplitName): Promise<string> => {
    if (published === undefined) throw notDownloadable(dataset, absent, cached);
    const { url, bytes, sha256 } = published[split];
    const path = join(cached, "published", `${split}.jsonl`);
    const watch = {
      progress(fileBytes: number) {
        const done = before + fileBytes;
        const detail = `${name} ${split}`;
        host.emit({ type: "progress", task: "downloading", done, total, unit: "bytes", detail });
      },
      cancelled: host.cancelled,
    };
    await download({ url, bytes, sha256, path }, watch).catch((error: unknown) => {
      throw withoutNetwork(error, dataset);
    });
    before += bytes;
    return keepConverted(dataset, split, await readUnzipped(path), cached);
  };
  const paths = await eachSplit(async (split) => present.get(split) ?? (await fetched(split)));
  remove(join(cached, "published"));
  return paths;
}

/** In order, since each may download. */
async function eachSplit(path: (split: SplitName) => Promise<string>): Promise<SplitPaths> {
  return { train: await path("train"), dev: await path("dev"), test: await path("test") };
}

function findSplit(folder: string, split: SplitName): string | undefined {
  const paths = [".jsonl", ".jsonl.gz"].map((ending) => join(folder, `${split}${ending}`));
  return paths.find((path) => exists(path));
}

/** Writes a split made from its published file into the cache, whole or not at all. */
function keepConverted(
  dataset: KnownDataset,
  split: SplitName,
  published: Uint8Array,
  cached: string,
): string {
  const path = join(cached, `${split}.jsonl`);
  const bytes = convertPublished(published, `${dataset.name} ${split}`);
  const digest = sha256Of(bytes);
  if (digest !== dataset.splits[split].sha256) throw otherContent(dataset, split, path, digest);
  makeFolder(cached);
  writeDurably(path, [bytes]);
  return path;
}

function sha256Of(bytes: Uint8Array): string {
  return openDigest("sha256").add(bytes).hex();
}

const whereFrom = "docs/datasets.md says where to get them";

/** What to get: by its address where there is one. */
function threeFiles({ published }: KnownDataset): string {
  return published === undefined
    ? "train.jsonl, dev.jsonl and test.jsonl (or .jsonl.gz)"
    : `${published.train.url.replace(/\/[^/]*$/, "")}/{train,dev,test}.jsonl`;
}

function otherContent(
  dataset: KnownDataset,
  split: SplitName,
  path: string,
  digest: string,
): L3MaskingError {
  return new L3MaskingError(
    "data-checksum",
    `expected the ${split} split of ${dataset.name} with SHA-256 ${dataset.splits[split].sha256} (decompressed), found SHA-256 ${digest} in ${path}`,
    {
      hint: `Put the published file there; to use other rows, pass files (--train-file and so on) instead of --dataset ${dataset.name}.`,
    },
  );
}

function notDownloadable(
  dataset: KnownDataset,
  absent: readonly SplitName[],
  cached: string,
): L3MaskingError {
  return new L3MaskingError(
    "dataset-missing",
    `${dataset.name} has no automatic download, and ${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} not in ${cached}`,
    { hint: `Put ${threeFiles(dataset)} into a folder and pass it as --data-dir; ${whereFrom}.` },
  );
}

/** A download that failed says what to put where instead. */
function withoutNetwork(error: unknown, dataset: KnownDataset): unknown {
  if (!(error instanceof L3MaskingError) || error.code !== "download-failed") return error;
  return new L3MaskingError("download-failed", `${dataset.name}: ${error.message}`, {
    hint: `Without a network, put ${threeFiles(dataset)} into a folder and pass it as --data-dir.`,
    cause: error,
  });
}
