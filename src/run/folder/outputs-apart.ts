/** No command writes over what it reads, nor over what an earlier one keeps in a folder of its own. */
import { L3MaskingError } from "../../base/errors.js";
import { STANDARD } from "../../data/formats/formats.js";
import { entryAt, exists, fileIdentity, listFolder, realPath } from "../../platform/files/files.js";
import { dirname, join, relative } from "../../platform/paths.js";
import { toFlag } from "../settings/resolve.js";
import type { Setting } from "../settings/setting.js";
import { SHIPPED_MODEL } from "../settings/shipped-model.js";
import { comparisonNames, runNames } from "../settings/written-names.js";

/** A path that a command is given, and the flag that gives it. */
export interface NamedPath {
  readonly flag: string;
  readonly path: string;
}

/** The settings of a command, and what else decides what it may write over. */
export interface GivenPaths {
  readonly records: readonly Pick<Setting, "name" | "reads" | "writes">[];
  readonly values: Readonly<Record<string, unknown>>;
  /** Read besides the settings. */
  readonly inputs?: readonly NamedPath[];
  /** Folders whose files are the program's own, besides those of the settings. */
  readonly caches?: readonly string[];
}

/**
 * Checks every place that a command writes to against every file and folder that it reads, whatever path, link or spelling leads
 * there, and against the files of runs, models and caches. A folder to write in may hold what is read, but not under a name that
 * the command replaces. Throws `output-exists`; nothing is touched.
 */
export function requireOutputsApart({
  records,
  values,
  inputs = [],
  caches = [],
}: GivenPaths): void {
  const paths = (wanted: (record: (typeof records)[number]) => boolean) =>
    records
      .filter(wanted)
      .flatMap(({ name, writes }) =>
        pathsOf(values[name]).map((path) => ({ flag: `--${toFlag(name)}`, path, writes })),
      );
  const read = [...paths(({ reads }) => reads === true), ...inputs]
    .map(({ flag, path }) => ({ flag, path: path === STANDARD ? "/dev/stdin" : path }))
    .filter(({ path }) => path !== SHIPPED_MODEL && ["file", "folder"].includes(kindAt(path)));
  const written = paths(({ writes }) => writes !== undefined).filter(
    ({ path }) => path !== STANDARD,
  );
  const named = written.filter(({ writes }) => writes === "cache").map(({ path }) => path);
  for (const { writes = [], ...output } of written) {
    if (writes === "file") requireFileApart(output, read, [...caches, ...named]);
    else if (writes !== "cache") requireFolderApart(output, writes, read);
  }
}

function kindAt(path: string): string {
  return exists(path) ? (entryAt(path)?.kind ?? "") : "";
}

function pathsOf(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === "string");
}

function requireFileApart(
  output: NamedPath,
  inputs: readonly NamedPath[],
  caches: readonly string[],
): void {
  // A file is written beside its place before it takes it.
  const places = [output.path, `${output.path}.partial`].filter(exists);
  const written = new Set(places.map(fileIdentity));
  const input = inputs.find(({ path }) => written.has(fileIdentity(path)));
  if (input !== undefined) throw overInput(output, output.path, input);
  if (entryAt(output.path)?.kind !== "file") return;
  const owner = ownerOf(realPath(output.path), inputs, caches);
  if (owner === undefined) return;
  throw new L3MaskingError(
    "output-exists",
    `expected a file of its own for ${output.flag}, got ${output.path}, which belongs to ${owner}`,
    { hint: `Choose another ${output.flag}.` },
  );
}

function requireFolderApart(
  output: NamedPath,
  names: readonly string[],
  inputs: readonly NamedPath[],
): void {
  const taken = names
    .flatMap((name) => [name, `${name}.partial`].map((one) => join(output.path, one)))
    .filter(exists);
  for (const input of inputs) {
    const holders = new Set(foldersAbove(realPath(input.path)).map(fileIdentity));
    const over = taken.find((path) => holders.has(fileIdentity(path)));
    if (over !== undefined) throw overInput(output, over, input);
    const isSame = taken.length > 0 && fileIdentity(output.path) === fileIdentity(input.path);
    if (isSame && isModel(input.path)) throw overInput(output, taken[0], input);
  }
}

function overInput(output: NamedPath, place: string, input: NamedPath): L3MaskingError {
  return new L3MaskingError(
    "output-exists",
    `expected another place for ${output.flag} than what is read, got ${output.path}: ${place === output.path ? "it is" : `it would replace ${place}, where the command reads`} ${input.flag} ${input.path}`,
    { hint: `Choose another ${output.flag}.` },
  );
}

/** The path and all folders above it. */
function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...foldersAbove(above)];
}

/** What a file is part of, in words; undefined for a file that anyone may replace. */
function ownerOf(
  path: string,
  inputs: readonly NamedPath[],
  caches: readonly string[],
): string | undefined {
  const read = new Map(inputs.map((input) => [fileIdentity(input.path), input]));
  const cached = new Set(caches.filter(exists).map(fileIdentity));
  for (const folder of foldersAbove(path).slice(1)) {
    const identity = fileIdentity(folder);
    if (cached.has(identity)) return `the cache ${folder}`;
    const [top = "", ...below] = relative(folder, path).split(/[\\/]/);
    if (isRun(folder) && includes(runNames, top)) return `the run in ${folder}`;
    if (isComparison(folder) && includes(comparisonNames, top)) {
      return `the comparison in ${folder}`;
    }
    if (isPage(path)) continue;
    if (below.length < 2 && isModel(folder) && !isTable(path)) return `the model in ${folder}`;
    const input = read.get(identity);
    if (input !== undefined && !isRun(folder) && !isModel(folder)) {
      return `${input.flag} ${input.path}`;
    }
  }
  return undefined;
}

const isPage = (path: string) => /\.html?$/i.test(path);
/** What `predict`, `evaluate` and `score` write, and no model has. */
const isTable = (path: string) => /\.(jsonl|csv|tsv)$/i.test(path);

function isRun(folder: string): boolean {
  return ["config.json", "journal.jsonl"].every((name) => exists(join(folder, name)));
}

function isComparison(folder: string): boolean {
  return ["runs", "commands.jsonl"].every((name) => exists(join(folder, name)));
}

function isModel(folder: string): boolean {
  if (exists(join(folder, "tokenizer.json"))) return true;
  if (!exists(join(folder, "config.json"))) return false;
  return listFolder(folder).some((name) => /\.(safetensors|bin)$/.test(name));
}

function includes(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
