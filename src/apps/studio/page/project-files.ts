/**
 * Where the page keeps its projects in its place of work, and how they are read back:
 *
 *     NAME/project.json   the project
 *     NAME/rows.jsonl     its rows with all corrections
 *     NAME/data/N/NAME/   the rows that run N is trained on: the last folder gives the data their name in what the run says
 *     NAME/runs/N/        run N
 */

import { L3MaskingError } from "../../../base/errors.js";
import { type SplitName, splitNames } from "../../../data/dataset.js";
import { NO_SEPARATOR } from "../../../data/formats/label-layout.js";
import type { RunMetrics } from "../../../results/records/run-metrics.js";
import type { TrainedRun } from "../../../results/report/pages/run.js";
import type { GivenFiles, Workplace } from "../workplace.js";
import { type Project, readMetrics, readProject, readRows, readTrainedRows } from "./records.js";
import { fileRows, type Row, savedRows, toJsonLines } from "./rows.js";

/** A finished run in the list of a project. */
export interface RunSummary {
  readonly name: string;
  readonly metrics: RunMetrics;
  /** Rows of train when it was trained. */
  readonly rows: number;
}

/** A run that is looked at. */
export interface ShownRun extends RunSummary {
  readonly trained: TrainedRun;
  /** The rows of each file that it was trained with, by line. */
  readonly files: RowsBySplit;
}

export type RowsBySplit = Readonly<Record<SplitName, readonly Row[]>>;

const PROJECT = "project.json";
const text = (content: string) => new Blob([content]);

/** The projects of a workplace. */
export async function projectNames(workplace: Workplace): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of await workplace.list("")) {
    if (kind !== "folder") continue;
    const files = await workplace.list(name);
    if (files.some((file) => file.name === PROJECT)) found.push(name);
  }
  return found;
}

/** A name for a project, and its folder, that no other has. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const name = wanted.replace(/\.[a-z.]+$/i, "").replace(/[^\p{L}\p{N}._-]+/gu, "-") || "data";
  let free = name;
  for (let number = 2; taken.includes(free); number++) free = `${name}-${number}`;
  return free;
}

/** SHA-256 of files in the workplace, one after the other. */
export async function digestOf(
  workplace: Workplace,
  { trainFile, validationFile, testFile }: GivenFiles,
): Promise<string> {
  const paths = [trainFile, validationFile, testFile].flatMap((path) => path ?? []);
  const files = await Promise.all(paths.map((path) => workplace.read(path)));
  const whole = await new Blob(files).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The files of one project. */
export function projectFiles(workplace: Workplace, name: string) {
  const at = (path: string) => `${name}/${path}`;
  const dataOf = (run: string) => `data/${run}/${name}`;
  const has = async (folder: string, file: string) =>
    (await workplace.list(at(folder))).some((entry) => entry.name === file);

  /** Writes each split's rows into a folder; gives the settings that name the files. */
  async function writeSplits(folder: string, rows: readonly Row[]) {
    const of = (split: SplitName) => fileRows(rows, split);
    const lines: RowsBySplit = { train: of("train"), dev: of("dev"), test: of("test") };
    for (const split of splitNames) {
      const path = at(`${folder}/${split}.jsonl`);
      if (split === "train" || lines[split].length > 0) {
        await workplace.write(path, text(toJsonLines(lines[split])));
      } else await workplace.remove(path);
    }
    return { files: await splitFiles(folder), lines };
  }

  async function splitFiles(folder: string): Promise<GivenFiles> {
    const path = (split: SplitName) => at(`${folder}/${split}.jsonl`);
    return {
      trainFile: path("train"),
      // A person gives each row one label, whatever is in it.
      ...{ labelSeparator: NO_SEPARATOR },
      ...((await has(folder, "dev.jsonl")) && { validationFile: path("dev") }),
      ...((await has(folder, "test.jsonl")) && { testFile: path("test") }),
    };
  }

  return {
    at,
    project: async () => readProject(await workplace.read(at(PROJECT)), at(PROJECT)),
    saveProject: (project: Project) => workplace.write(at(PROJECT), text(JSON.stringify(project))),
    rows: async () => readRows(await workplace.read(at("rows.jsonl")), at("rows.jsonl")),
    saveRows: (rows: readonly Row[]) => workplace.write(at("rows.jsonl"), text(savedRows(rows))),
    /** For the check. */
    writeChecked: (rows: readonly Row[]) => writeSplits("checked", rows),
    /** For a run that is begun; gives its number. */
    async writeNextRun(rows: readonly Row[]): Promise<string> {
      const numbers = (await workplace.list(at("data"))).map((entry) => Number(entry.name));
      const run = String(Math.max(0, ...numbers.filter(Number.isInteger)) + 1);
      await writeSplits(dataOf(run), rows);
      return run;
    },
    /** The settings that say where the files of a run are. */
    runSettings: async (run: string) => ({
      ...(await splitFiles(dataOf(run))),
      outputDir: at(`runs/${run}`),
      resume: await has(`runs/${run}`, "config.json"),
    }),
    /** The finished ones, in their order. */
    async runs(): Promise<RunSummary[]> {
      const found: RunSummary[] = [];
      for (const { name: run, kind } of await workplace.list(at("runs"))) {
        if (kind !== "folder" || !(await has(`runs/${run}`, "metrics.json"))) continue;
        const path = at(`runs/${run}/metrics.json`);
        const metrics = readMetrics(await workplace.read(path), path);
        const data = await workplace.read(at(`${dataOf(run)}/train.jsonl`));
        const rows = new TextDecoder().decode(data).split("\n").length - 1;
        found.push({ name: run, metrics, rows });
      }
      return found.sort((a, b) => Number(a.name) - Number(b.name));
    },
    async shownRun(summary: RunSummary): Promise<ShownRun> {
      const run = summary.name;
      const trained = await workplace.call("readRun", { folder: at(`runs/${run}`) });
      const rowsOf = async (split: SplitName) => {
        const path = at(`${dataOf(run)}/${split}.jsonl`);
        if (!(await has(dataOf(run), `${split}.jsonl`))) return [];
        return readTrainedRows(await workplace.read(path), path, split);
      };
      const [train, dev, test] = [await rowsOf("train"), await rowsOf("dev"), await rowsOf("test")];
      return { ...summary, trained, files: { train, dev, test } };
    },
    /** Removes a run that is not finished, with its data. */
    async removeUnfinished(run: string): Promise<void> {
      if (await has(`runs/${run}`, "metrics.json")) return;
      await workplace.remove(at(`runs/${run}`));
      await workplace.remove(at(`data/${run}`));
    },
  };
}

/** The labelled files of those that were given, by their names. Throws `file-missing` where none is there to train on. */
export function requireTrainFile(
  names: readonly string[],
  placed: Partial<GivenFiles>,
): GivenFiles {
  const { trainFile } = placed;
  if (trainFile !== undefined) return { ...placed, trainFile };
  throw new L3MaskingError(
    "file-missing",
    `expected a file to train on, got ${names.join(", ") || "none"}`,
    { hint: "Name the files train, dev and test." },
  );
}
