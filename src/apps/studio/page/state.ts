/** What the page knows, as signals, and everything that can be done with it. */
import { computed, signal } from "@preact/signals";
import { L3MaskingError } from "../../../base/errors.js";
import type { Examination } from "../../../commands/examine.js";
import type { FileRow } from "../../../commands/read-rows.js";
import { type SplitName, splitNames } from "../../../data/dataset.js";
import { filesOfList } from "../../../data/split-files.js";
import { isLinear } from "../../../method/methods.js";
import type { RunMetrics } from "../../../results/records/run-metrics.js";
import type { TrainedRun } from "../../../results/report/pages/run.js";
import type { GivenFiles, Workplace, WorkplaceFacts } from "../workplace.js";
import { type Project, readMetrics, readProject, readRows, readTrainedRows } from "./records.js";
import {
  fileRows,
  labelsOf,
  type NewRow,
  type Row,
  savedRows,
  toJsonLines,
  withRows,
} from "./rows.js";
import { createTraining, type TrainChoices, type Training } from "./training.js";

/** Bytes of a file that the page takes: all its rows are held in memory. */
const MAX_FILE = 50 * 2 ** 20;

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
  readonly files: Readonly<Record<SplitName, readonly Row[]>>;
}

/** An examination with the rows that it was made of. */
export interface ExaminedRows extends Examination {
  readonly lines: Readonly<Record<SplitName, readonly Row[]>>;
}

/** The page's state with its actions. */
export type Studio = ReturnType<typeof createStudio>;

/** `now` in milliseconds, of a steady clock. */
export function createStudio(workplace: Workplace, now: () => number) {
  const facts = signal<WorkplaceFacts | undefined>(undefined);
  const projects = signal<readonly string[]>([]);
  const project = signal<Project | undefined>(undefined);
  const rows = signal<readonly Row[]>([]);
  const examined = signal<ExaminedRows | undefined>(undefined);
  const runs = signal<readonly RunSummary[]>([]);
  const shown = signal<ShownRun | undefined>(undefined);
  const training = signal<Training | undefined>(undefined);
  /** What is being done, for people. */
  const busy = signal<string | undefined>(undefined);
  /** By the part of the page where it is shown. */
  const failures = signal<Readonly<Record<string, unknown>>>({});
  /** Is there something that is not saved yet? */
  const unsaved = signal(false);
  const labels = computed(() => labelsOf(rows.value));

  const at = (path: string) => `${project.value?.name ?? ""}/${path}`;
  /** Where the rows of a run are; the last folder gives the data its name in what the run says. */
  const dataOf = (run: string) => `data/${run}/${project.value?.name ?? ""}`;
  const text = (content: string) => new Blob([content]);

  function fail(place: string, error: unknown): void {
    failures.value = { ...failures.value, [place]: error };
  }

  function clear(place: string): void {
    const { [place]: _, ...others } = failures.value;
    failures.value = others;
  }

  /** Does something, and shows in its part of the page what went wrong. */
  async function attempt(place: string, doing: string, work: () => Promise<void>): Promise<void> {
    clear(place);
    busy.value = doing;
    try {
      await work();
    } catch (error) {
      fail(place, error);
    } finally {
      busy.value = undefined;
    }
  }

  let saving: Promise<void> | undefined;

  /** Saves the rows at once, and once more if they change meanwhile. */
  function saveRows(): Promise<void> {
    unsaved.value = true;
    saving ??= (async () => {
      try {
        for (let saved: readonly Row[] | undefined; saved !== rows.value; ) {
          saved = rows.value;
          await workplace.write(at("rows.jsonl"), text(savedRows(saved)));
        }
        unsaved.value = false;
        clear("save");
      } catch (error) {
        fail("save", error);
      } finally {
        saving = undefined;
      }
    })();
    return saving;
  }

  /** Changes the rows; what was found in them before no longer holds. */
  function edit(change: (rows: readonly Row[]) => readonly Row[]): void {
    rows.value = change(rows.value);
    void saveRows();
  }

  async function saveProject(next: Project): Promise<void> {
    project.value = next;
    await workplace.write(at("project.json"), text(JSON.stringify(next)));
  }

  async function findProjects(): Promise<void> {
    const found: string[] = [];
    for (const { name, kind } of await workplace.list("")) {
      if (kind !== "folder") continue;
      const files = await workplace.list(name);
      if (files.some((file) => file.name === "project.json")) found.push(name);
    }
    projects.value = found;
  }

  /** A name for a project, and its folder, that no other has. */
  function freeName(wanted: string): string {
    const name = wanted.replace(/\.[a-z.]+$/i, "").replace(/[^\p{L}\p{N}._-]+/gu, "-") || "data";
    let free = name;
    for (let number = 2; projects.value.includes(free); number++) free = `${name}-${number}`;
    return free;
  }

  /** Begins a project with files in the workplace; the same files as before go on with what was done to them. */
  async function beginWith(files: GivenFiles, source: string): Promise<void> {
    const paths = [files.trainFile, files.validationFile, files.testFile].flatMap(
      (path) => path ?? [],
    );
    const digest = await digestOf(await Promise.all(paths.map((path) => workplace.read(path))));
    for (const name of projects.value) {
      const known = await keptProject(name);
      if (known.digest === digest) return openProject(name);
    }
    const read = await workplace.call("readRows", files);
    const name = freeName(source);
    project.value = { name, source, digest };
    rows.value = withRows([], read.rows.map(newRow));
    [examined.value, shown.value, runs.value] = [undefined, undefined, []];
    await workplace.write(at("rows.jsonl"), text(savedRows(rows.value)));
    await saveProject({ name, source, digest });
    await findProjects();
    await examine();
  }

  async function keptProject(name: string): Promise<Project> {
    const path = `${name}/project.json`;
    return readProject(await workplace.read(path), path);
  }

  async function openProject(name: string): Promise<void> {
    const known = await keptProject(name);
    project.value = known;
    [examined.value, shown.value] = [undefined, undefined];
    rows.value = readRows(await workplace.read(at("rows.jsonl")), at("rows.jsonl"));
    await readRuns();
    const last = runs.value.at(-1);
    if (last !== undefined) await show(last.name);
    if (known.pending !== undefined) void goOn();
    await examine();
  }

  /** Files that were dropped or chosen. */
  async function takeFiles(files: readonly File[]): Promise<void> {
    await attempt("give", "Reading", async () => {
      const large = files.find(({ size }) => size > MAX_FILE);
      if (large !== undefined) throw tooLarge(large);
      const folder = "given";
      const names = files.map(({ name }) => `${folder}/${name}`);
      const placed = filesOfList(names);
      for (const file of files) await workplace.write(`${folder}/${file.name}`, file);
      const { trainFile } = placed;
      if (trainFile === undefined) throw noTrainFile(names);
      const [first] = files;
      const source = files.length === 1 ? first.name : files.map(({ name }) => name).join(", ");
      await beginWith({ ...placed, trainFile }, source);
    });
  }

  /** Rows as a spreadsheet program copies them, or lines of CSV; the first line names the columns. */
  async function takeText(pasted: string): Promise<void> {
    const ending = pasted.split("\n", 1)[0].includes("\t") ? "tsv" : "csv";
    await takeFiles([new File([pasted], `pasted.${ending}`)]);
  }

  /** Writes each split's rows into a folder; gives the settings that name the files. */
  async function writeFiles(folder: string) {
    const lines = Object.fromEntries(
      splitNames.map((split) => [split, fileRows(rows.value, split)]),
    ) as Record<SplitName, Row[]>;
    const write = async (split: SplitName) => {
      if (split !== "train" && lines[split].length === 0) return undefined;
      const path = at(`${folder}/${split}.jsonl`);
      await workplace.write(path, text(toJsonLines(lines[split])));
      return path;
    };
    const trainFile = (await write("train")) ?? "";
    const [validationFile, testFile] = [await write("dev"), await write("test")];
    const files = {
      trainFile,
      ...(validationFile !== undefined && { validationFile }),
      ...(testFile !== undefined && { testFile }),
    };
    return { files, lines };
  }

  async function examine(): Promise<void> {
    await attempt("check", "Checking the data", async () => {
      const { files, lines } = await writeFiles("checked");
      examined.value = { ...(await workplace.call("examine", files)), lines };
    });
  }

  async function readRuns(): Promise<void> {
    const found: RunSummary[] = [];
    for (const { name, kind } of await workplace.list(at("runs"))) {
      if (kind !== "folder") continue;
      const files = await workplace.list(at(`runs/${name}`));
      if (!files.some((file) => file.name === "metrics.json")) continue;
      const path = at(`runs/${name}/metrics.json`);
      const metrics = readMetrics(await workplace.read(path), path);
      const data = new TextDecoder().decode(
        await workplace.read(at(`${dataOf(name)}/train.jsonl`)),
      );
      found.push({ name, metrics, rows: data.split("\n").length - 1 });
    }
    runs.value = found.sort((a, b) => Number(a.name) - Number(b.name));
  }

  async function show(name: string): Promise<void> {
    const summary = runs.value.find((run) => run.name === name);
    if (summary === undefined) return;
    const trained = await workplace.call("readRun", { folder: at(`runs/${name}`) });
    const linesOf = async (split: SplitName) => {
      const there = await workplace.list(at(dataOf(name)));
      if (!there.some((file) => file.name === `${split}.jsonl`)) return [];
      const path = at(`${dataOf(name)}/${split}.jsonl`);
      return readTrainedRows(await workplace.read(path), path, split);
    };
    const files = {
      train: await linesOf("train"),
      dev: await linesOf("dev"),
      test: await linesOf("test"),
    };
    shown.value = { ...summary, trained, files };
  }

  /** Trains on the rows as they are. */
  async function train(choices: TrainChoices): Promise<void> {
    const known = project.value;
    if (known === undefined) return;
    const numbers = (await workplace.list(at("data"))).map(({ name }) => Number(name));
    const run = String(Math.max(0, ...numbers.filter(Number.isInteger)) + 1);
    await attempt("train", "Writing the rows", async () => {
      await writeFiles(dataOf(run));
      await saveProject({ ...known, pending: { run, choices } });
    });
    await goOn();
  }

  /** Goes on with the pending run, from its last saved state where there is one. */
  async function goOn(): Promise<void> {
    const pending = project.value?.pending;
    if (pending === undefined || training.value?.ended.value === false) return;
    const { run, choices } = pending;
    clear("train");
    const under = createTraining(now);
    training.value = under;
    try {
      const there = await workplace.list(at(`runs/${run}`));
      const data = await workplace.list(at(dataOf(run)));
      const file = (split: SplitName) =>
        data.some(({ name }) => name === `${split}.jsonl`)
          ? at(`${dataOf(run)}/${split}.jsonl`)
          : undefined;
      const [validationFile, testFile] = [file("dev"), file("test")];
      const settings = {
        ...choices,
        trainFile: at(`${dataOf(run)}/train.jsonl`),
        ...(validationFile !== undefined && { validationFile }),
        ...(testFile !== undefined && { testFile }),
        outputDir: at(`runs/${run}`),
        resume: there.some(({ name }) => name === "config.json"),
      };
      await workplace.call("train", settings, { onEvent: under.take, signal: under.signal });
      await forget();
      await readRuns();
      await show(run);
    } catch (error) {
      fail("train", error);
    } finally {
      under.ended.value = true;
    }
  }

  /** Gives up the pending run. */
  async function forget(): Promise<void> {
    const known = project.value;
    if (known === undefined) return;
    const { pending, ...rest } = known;
    await saveProject(rest);
    if (pending === undefined) return;
    const there = await workplace.list(at(`runs/${pending.run}`));
    if (!there.some(({ name }) => name === "metrics.json")) {
      await workplace.remove(at(`runs/${pending.run}`));
      await workplace.remove(at(`data/${pending.run}`));
      training.value = undefined;
      clear("train");
    }
  }

  async function start(): Promise<void> {
    await attempt("give", "Opening", async () => {
      facts.value = await workplace.facts();
      await findProjects();
      const { given } = facts.value;
      if (given === undefined) return;
      const name = given.trainFile.slice(given.trainFile.lastIndexOf("/") + 1);
      await beginWith(given, name);
    });
  }

  function close(): void {
    project.value = undefined;
    [examined.value, shown.value, runs.value, training.value] = [
      undefined,
      undefined,
      [],
      undefined,
    ];
    failures.value = {};
    rows.value = [];
  }

  return {
    workplace,
    facts,
    projects,
    project,
    rows,
    labels,
    examined,
    runs,
    shown,
    training,
    busy,
    failures,
    unsaved,
    at,
    attempt,
    edit,
    takeFiles,
    takeText,
    openProject: (name: string) => attempt("give", "Opening", () => openProject(name)),
    examine,
    show: (name: string) => attempt("look", "Reading the run", () => show(name)),
    train,
    goOn,
    forget,
    start,
    close,
  };
}

const newRow = ({ split, text, label }: FileRow): NewRow => ({
  split,
  text,
  ...(label !== undefined && { label }),
});

async function digestOf(files: readonly Uint8Array<ArrayBuffer>[]): Promise<string> {
  const whole = await new Blob([...files]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tooLarge({ name, size }: File): L3MaskingError {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;
  return new L3MaskingError(
    "data-format",
    `${name}: expected at most ${megabytes(MAX_FILE)}, got ${megabytes(size)}: the page holds all rows to edit them`,
    { hint: `Train on it without the page: l3masking train ${name}` },
  );
}

function noTrainFile(names: readonly string[]): L3MaskingError {
  return new L3MaskingError(
    "file-missing",
    `expected a file to train on, got ${names.join(", ") || "none"}`,
    { hint: "Name the files train, dev and test." },
  );
}

/** Is the run's classifier an encoder, which other programs can run? */
export function isEncoder({ metrics: { method } }: RunSummary): boolean {
  return !isLinear(method) && method !== "stack";
}
