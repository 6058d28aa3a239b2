/** The folder of a run or comparison that was given none: named after its data. */
import { L3MaskingError } from "../../base/errors.js";
import { exists, listFolder } from "../../platform/files/files.js";
import { join, resolve } from "../../platform/paths.js";
import type { RunRecord } from "../../results/records/run-record.js";
import { recipeNames } from "../fine-tune/recipe.js";
import type { Host } from "../host/host.js";
import type { CompareSettings, TrainSettings } from "../settings/schemas.js";
import { datasetName } from "../sources/dataset-sources.js";
import { noTexts } from "../sources/labelled-texts.js";
import { readRunRecord } from "./run-folder.js";
import { runDigest } from "./run-identity.js";

/** Where runs and comparisons without a folder of their own go, below the current folder. */
const RUNS = "runs";
const COMPARISONS = "comparisons";

/** Settings of `train` with the folder of the run. */
export type PlacedTrainSettings = TrainSettings & { readonly outputDir: string };

/** Settings of `compare` with its folder. */
export type PlacedCompareSettings = CompareSettings & { readonly outputDir: string };

/**
 * Settings with a folder. One that is not given is told: for a new run `runs/DATA`, then `runs/DATA-2` and so on; with `resume`
 * the newest unfinished run of the same data, with the same settings if there is one.
 *
 * Throws `missing-setting` without data, and `checkpoint-missing` where there is no unfinished run.
 */
export function withRunFolder(
  settings: TrainSettings,
  host: Pick<Host, "emit">,
): PlacedTrainSettings {
  const { outputDir: given, resume } = settings;
  if (given !== undefined) return { ...settings, outputDir: given };
  const data = settings.dataset ?? settings.trainFile;
  if (data === undefined) throw noTexts();
  const name = fileName(datasetName(data));
  const earlier = earlierRuns(name, settings);
  const unfinished = earlier.filter(({ finished }) => !finished);
  const same = unfinished.find(({ isSame }) => isSame);
  const tell = (text: string) => host.emit({ type: "notice", level: "info", text });
  if (resume) {
    const found = same ?? unfinished[0];
    if (found === undefined) throw nothingToResume(data, earlier);
    tell(`going on with the run in ${found.folder}`);
    return { ...settings, outputDir: found.folder };
  }
  if (same !== undefined) {
    tell(`the run in ${same.folder} is not finished: --resume would go on with it`);
  }
  const outputDir = join(RUNS, nextName(name));
  tell(`the run goes to ${outputDir}`);
  return { ...settings, outputDir };
}

/** Settings with a folder: the same for the same data, where a comparison finds its earlier runs. Throws `missing-setting`. */
export function withComparisonFolder(
  settings: CompareSettings,
  host: Pick<Host, "emit">,
): PlacedCompareSettings {
  const { outputDir: given, dataset, trainFile } = settings;
  if (given !== undefined) return { ...settings, outputDir: given };
  const [first, ...others] = dataset ?? (trainFile === undefined ? [] : [trainFile]);
  if (first === undefined) throw noTexts();
  const further = others.length === 0 ? "" : `-and-${others.length}-more`;
  const outputDir = join(COMPARISONS, `${fileName(datasetName(first))}${further}`);
  host.emit({ type: "notice", level: "info", text: `the comparison goes to ${outputDir}` });
  return { ...settings, outputDir };
}

/** A name without what a shell or a file system would trip over. */
function fileName(name: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, "-").replaceAll(/^[.-]+|[.-]+$/g, "");
  return plain === "" ? "data" : plain;
}

/** Numbers of the folders called NAME (1) and NAME-2, NAME-3, ..., the highest first. */
function takenNumbers(name: string): number[] {
  const names = exists(RUNS) ? listFolder(RUNS) : [];
  return names
    .flatMap((folder) => {
      if (folder === name) return [1];
      const ending = folder.startsWith(`${name}-`) ? folder.slice(name.length + 1) : "";
      return /^[1-9]\d{0,8}$/.test(ending) ? [Number(ending)] : [];
    })
    .sort((a, b) => b - a);
}

function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}-${number}`;
}

function nextName(name: string): string {
  const [highest = 0] = takenNumbers(name);
  return numbered(name, highest + 1);
}

interface EarlierRun {
  readonly folder: string;
  readonly finished: boolean;
  /** Were all settings that count the same? */
  readonly isSame: boolean;
}

/** Runs of the same data under these names, the newest first. */
function earlierRuns(name: string, settings: TrainSettings): EarlierRun[] {
  return takenNumbers(name)
    .map((number) => join(RUNS, numbered(name, number)))
    .filter((folder) => exists(join(folder, "config.json")))
    .map((folder) => ({ folder, record: readRunRecord(folder) }))
    .filter(({ record }) => isOfSameData(record, settings))
    .map(({ folder, record }) => ({
      folder,
      finished: exists(join(folder, "metrics.json")),
      isSame: isSameRun(record.settings, settings),
    }));
}

/** Are all settings that count the same? Those that the recipe completes are known only of the earlier run, unless given. */
function isSameRun(earlier: RunRecord["settings"], now: TrainSettings): boolean {
  const completed = recipeNames.map((name) => [name, now[name] ?? earlier[name]]);
  const settings = { ...now, ...Object.fromEntries(completed) };
  return runDigest({ settings: earlier }) === runDigest({ settings });
}

function isOfSameData({ settings }: RunRecord, { dataset, trainFile }: TrainSettings): boolean {
  const file = (path: unknown) => (typeof path === "string" ? resolve(path) : undefined);
  return settings.dataset === dataset && file(settings.trainFile) === file(trainFile);
}

function nothingToResume(data: string, earlier: readonly EarlierRun[]): L3MaskingError {
  const finished = earlier.map(({ folder }) => folder).join(", ");
  return new L3MaskingError(
    "checkpoint-missing",
    `expected an unfinished run of ${data} in ${RUNS}, found ${finished === "" ? "no run of it" : `only finished ones: ${finished}`}`,
    { hint: "Start without --resume, or name the folder of the run by --output-dir." },
  );
}
