/** What the page knows, as signals, and everything that can be done with it. */

import { computed, signal } from "@preact/signals";
import { L3MaskingError } from "../../../base/errors.js";
import type { Examination } from "../../../commands/examine.js";
import type { FileRow } from "../../../commands/read-rows.js";
import { filesOfList } from "../../../data/split-files.js";
import type { GivenFiles, Workplace, WorkplaceFacts } from "../workplace.js";
import { type OtherRun, otherRun } from "./other-runs.js";
import {
  digestOf,
  freeName,
  projectFiles,
  projectNames,
  type RowsBySplit,
  type RunSummary,
  requireTrainFile,
  type ShownRun,
} from "./project-files.js";
import type { Project } from "./records.js";
import { labelsOf, type NewRow, type Row, withRows } from "./rows.js";
import { createTraining, type TrainChoices, type Training } from "./training.js";

/** Bytes of a file that the page takes: all its rows are held in memory. */
const MAX_FILE = 50 * 2 ** 20;

/** An examination with the rows that it was made of. */
export interface ExaminedRows extends Examination {
  readonly lines: RowsBySplit;
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
  /** A run of another folder that is looked at. */
  const other = signal<OtherRun | undefined>(undefined);
  const training = signal<Training | undefined>(undefined);
  /** What is being done, for people. */
  const busy = signal<string | undefined>(undefined);
  /** By the part of the page where it is shown. */
  const failures = signal<Readonly<Record<string, unknown>>>({});
  /** Is there something that is not saved yet? */
  const unsaved = signal(false);
  const labels = computed(() => labelsOf(rows.value));

  /** Of the open project. */
  const files = () => projectFiles(workplace, project.value?.name ?? "");

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
          await files().saveRows(saved);
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

  let projectSaved: Promise<void> = Promise.resolve();

  /** One after the other, as two at once would write the same file. */
  function saveProject(next: Project): Promise<void> {
    project.value = next;
    const { saveProject: save } = files();
    // Whether the one before went well is its own affair.
    projectSaved = projectSaved.catch(() => undefined).then(() => save(next));
    return projectSaved;
  }

  /** Begins a project with files in the workplace; the same files as before go on with what was done to them. */
  async function beginWith(given: GivenFiles, source: string): Promise<void> {
    const digest = await digestOf(workplace, given);
    for (const name of projects.value) {
      const known = await projectFiles(workplace, name).project();
      if (known.digest === digest) return openProject(name);
    }
    const read = await workplace.call("readRows", given);
    const name = freeName(source, projects.value);
    project.value = { name, source, digest };
    rows.value = withRows([], read.rows.map(newRow));
    [examined.value, shown.value, runs.value] = [undefined, undefined, []];
    await files().saveRows(rows.value);
    await saveProject({ name, source, digest });
    projects.value = await projectNames(workplace);
    await examine();
  }

  async function openProject(name: string): Promise<void> {
    const known = await projectFiles(workplace, name).project();
    project.value = known;
    [examined.value, shown.value] = [undefined, undefined];
    rows.value = await files().rows();
    runs.value = await files().runs();
    const last = runs.value.at(-1);
    if (last !== undefined) await show(last.name);
    // Commands take turns: training would keep the check waiting.
    await examine();
    if (known.pending !== undefined) void goOn();
  }

  /** Files that were dropped or chosen. */
  async function takeFiles(list: readonly File[]): Promise<void> {
    await attempt("give", "Reading", async () => {
      const large = list.find(({ size }) => size > MAX_FILE);
      if (large !== undefined) throw tooLarge(large);
      const names = list.map(({ name }) => `given/${name}`);
      const placed = filesOfList(names);
      for (const file of list) await workplace.write(`given/${file.name}`, file);
      const given = requireTrainFile(names, placed);
      await beginWith(given, list.map(({ name }) => name).join(", "));
    });
  }

  /** Rows as a spreadsheet program copies them, or lines of CSV; the first line names the columns. */
  async function takeText(pasted: string): Promise<void> {
    const ending = pasted.split("\n", 1)[0].includes("\t") ? "tsv" : "csv";
    await takeFiles([new File([pasted], `pasted.${ending}`)]);
  }

  async function examine(): Promise<void> {
    await attempt("check", "Checking the data", async () => {
      const written = await files().writeChecked(rows.value);
      const found = await workplace.call("examine", written.files);
      examined.value = { ...found, lines: written.lines };
    });
  }

  async function show(name: string): Promise<void> {
    const summary = runs.value.find((run) => run.name === name);
    if (summary !== undefined) shown.value = await files().shownRun(summary);
  }

  /** Trains on the rows as they are. */
  async function train(choices: TrainChoices): Promise<void> {
    const known = project.value;
    if (known === undefined) return;
    await attempt("train", "Writing the rows", async () => {
      const run = await files().writeNextRun(rows.value);
      await saveProject({ ...known, pending: { run, choices } });
    });
    await goOn();
  }

  /** Goes on with the pending run, from its last saved state where there is one. */
  async function goOn(): Promise<void> {
    const pending = project.value?.pending;
    if (pending === undefined || training.value?.ended.value === false) return;
    const { run, choices, ending } = pending;
    clear("train");
    const under = createTraining(now);
    training.value = under;
    if (ending === true) under.end();
    try {
      const settings = { ...choices, ...(await files().runSettings(run)) };
      await workplace.call("train", settings, { onEvent: under.take, end: under.endSignal });
      await forget();
      runs.value = await files().runs();
      await show(run);
    } catch (error) {
      // That it was stopped is said where it can be gone on with.
      if (!(error instanceof L3MaskingError && error.code === "interrupted")) fail("train", error);
      // A later start goes on, whatever was asked of this one.
      await keepPending({ run, choices }).catch(() => undefined);
    } finally {
      under.ended.value = true;
    }
    // The model is there by now.
    facts.value = await workplace.facts().catch(() => facts.value);
  }

  async function keepPending(pending: NonNullable<Project["pending"]>): Promise<void> {
    const known = project.value;
    if (known?.pending !== undefined) await saveProject({ ...known, pending });
  }

  /** Ends the run under way with the best that it has; a reload in between does not forget it. */
  async function endTraining(): Promise<void> {
    const pending = project.value?.pending;
    training.value?.end();
    if (pending === undefined) return;
    await keepPending({ ...pending, ending: true }).catch((error: unknown) => fail("train", error));
  }

  /** Gives up the pending run. */
  async function forget(): Promise<void> {
    const known = project.value;
    if (known === undefined) return;
    const { pending, ...rest } = known;
    await saveProject(rest);
    if (pending === undefined) return;
    await files().removeUnfinished(pending.run);
    clear("train");
  }

  /** `last` is the project that was open when the page was left. */
  async function start(last?: string): Promise<void> {
    await attempt("give", "Opening", async () => {
      facts.value = await workplace.facts();
      projects.value = await projectNames(workplace);
      if (last !== undefined && projects.value.includes(last)) return openProject(last);
      const { given } = facts.value;
      if (given === undefined) return;
      const name = given.trainFile.slice(given.trainFile.lastIndexOf("/") + 1);
      await beginWith(given, name);
    });
  }

  async function showOther(name: string): Promise<void> {
    other.value = await otherRun(workplace, name);
  }

  function close(): void {
    other.value = undefined;
    project.value = undefined;
    [examined.value, shown.value, runs.value] = [undefined, undefined, []];
    training.value = undefined;
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
    other,
    training,
    busy,
    failures,
    unsaved,
    at: (path: string) => files().at(path),
    attempt,
    edit,
    takeFiles,
    takeText,
    openProject: (name: string) => attempt("give", "Opening", () => openProject(name)),
    examine,
    show: (name: string) => attempt("look", "Reading the run", () => show(name)),
    train,
    goOn,
    endTraining,
    async giveUp() {
      await attempt("train", "Removing the run", forget);
      training.value = undefined;
    },
    showOther: (name: string) => attempt("other", "Reading the run", () => showOther(name)),
    /** The same beside other work. */
    followOther: (name: string) => showOther(name).catch((error: unknown) => fail("other", error)),
    start,
    close,
  };
}

const newRow = ({ split, text, label }: FileRow): NewRow => ({
  split,
  text,
  ...(label !== undefined && { label }),
});

function tooLarge({ name, size }: File): L3MaskingError {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;
  return new L3MaskingError(
    "data-format",
    `${name}: expected at most ${megabytes(MAX_FILE)}, got ${megabytes(size)}: the page holds all rows to edit them`,
    { hint: `Train on it without the page: l3masking train ${name}` },
  );
}
