/** TensorBoard: the numbers of a run in one event file of its folder. */
import { messageOf } from "../../base/errors.js";
import { writeDurably } from "../../platform/files/durable.js";
import { writing } from "../../platform/files/failures.js";
import {
  listFolder,
  makeFolders,
  openToWrite,
  readBytes,
  remove,
  rename,
  syncFolder,
} from "../../platform/files/files.js";
import { dirname, join } from "../../platform/paths.js";
import {
  pointRecord,
  type ReadRecord,
  readRecords,
  startRecord,
  textRecord,
  versionRecord,
} from "./event-records.js";
import { eventScalars, isShown } from "./scalars.js";
import {
  settingWords,
  type TrackedRun,
  type Tracker,
  type TrackerSurroundings,
} from "./tracker.js";

/** TensorBoard takes every file for an event file that has "tfevents" in its name, and reads them in the order of their names. */
const NAME = "events.out.tfevents";

/**
 * Opens the event file of a run in `folder`. One file has all of a run: a run that goes on gets a new one, with the
 * records of the steps that its journal still has, and those the old file lacks made from the journal; then the old one is
 * emptied. The new one begins with a start at step 0, upon which a TensorBoard that runs meanwhile forgets what it read of
 * the old file. Files of other runs in the folder are left alone.
 *
 * A point is handed to the system as it comes, not flushed: a kill leaves it there, a power cut may not, and then it is made
 * from the journal.
 *
 * `clock` gives milliseconds since 1970. Throws `disk-full`, `output-unwritable`, or what else the system says, before anything is trained; later a
 * write that fails is told as a warning, and the values lost are counted.
 */
export function openTensorboard(
  folder: string,
  run: Pick<TrackedRun, "key" | "settings" | "journal" | "resumed">,
  clock: () => number,
  { emit }: Pick<TrackerSurroundings, "emit">,
): Tracker {
  writing(folder, () => makeFolders(folder));
  const old = eventFiles(folder, run.key);
  const seconds = Math.max(Math.floor(clock() / 1000), ...old.map((file) => file.seconds + 1));
  const path = join(folder, `${NAME}.${fileTime(seconds)}.l3masking.${run.key}`);
  const known = run.resumed ? old.flatMap(({ name }) => recordsOf(join(folder, name))) : [];
  writeFirst(join(folder, `${run.key}.partial`), path, firstRecords(run, known, clock() / 1000));
  writing(folder, () => emptyOld(folder, old));
  const file = writing(path, () => openToWrite(path, "append"));

  let lost = 0;
  return {
    add(point) {
      try {
        writing(path, () => file.write(pointRecord(clock() / 1000, point)));
      } catch (error) {
        if (lost === 0) {
          const text = `tensorboard: ${messageOf(error)}; training continues without these values`;
          emit({ type: "notice", level: "warning", text });
        }
        lost += point.scalars.length;
      }
    },
    async finish() {
      try {
        file.close();
      } catch {
        // Network file systems may tell of an earlier write only now; the run has its numbers in its journal.
      }
      if (lost === 0) return;
      const text = `tensorboard: ${lost} values were not written to ${path}`;
      emit({ type: "notice", level: "warning", text });
    },
  };
}

interface EventFileName {
  readonly name: string;
  /** When it was begun, since 1970. */
  readonly seconds: number;
}

/** The event files of one run in a folder, oldest first. */
function eventFiles(folder: string, key: string): EventFileName[] {
  const pattern = new RegExp(`^${NAME.replaceAll(".", "\\.")}\\.(\\d+)\\.l3masking\\.${key}$`);
  const files = listFolder(folder).flatMap((name) => {
    const seconds = pattern.exec(name)?.[1];
    return seconds === undefined ? [] : [{ name, seconds: Number(seconds) }];
  });
  return files.sort((one, other) => one.seconds - other.seconds);
}

/**
 * Leaves the last old file empty and removes those before it. A TensorBoard without TensorFlow that has read a file stays with
 * it for ever if it is removed, and goes on to the next one if it is only empty.
 */
function emptyOld(folder: string, old: readonly EventFileName[]): void {
  for (const [index, { name }] of old.entries()) {
    if (index < old.length - 1) remove(join(folder, name));
    else openToWrite(join(folder, name), "replace").close();
  }
}

/** Ten digits, so that the order of names is that of times. */
function fileTime(seconds: number): string {
  return String(seconds).padStart(10, "0");
}

function recordsOf(path: string): ReadRecord[] {
  return readRecords(writing(path, () => readBytes(path)));
}

/** Version, start, settings and what the journal holds already; records that are known keep their times. */
function firstRecords(
  { settings, journal }: Pick<TrackedRun, "settings" | "journal">,
  known: readonly ReadRecord[],
  now: number,
): Uint8Array[] {
  const lastStart = known.findLastIndex(({ kind, step }) => kind === "start" && step === 0);
  const summaries = known.slice(lastStart + 1).filter(({ kind }) => kind === "summary");
  const byStep = new Map<number, ReadRecord[]>();
  for (const summary of summaries) {
    byStep.set(summary.step, [...(byStep.get(summary.step) ?? []), summary]);
  }
  let wallTime = known.find(({ kind }) => kind === "start")?.wallTime ?? now;
  const head = { wallTime, step: 0 };
  const points = journal.filter(isShown).map((event) => {
    // A step comes before the evaluation after it, in the journal as in the file.
    const found = byStep.get(event.step)?.shift();
    if (found === undefined) {
      return pointRecord(wallTime, { step: event.step, scalars: eventScalars(event) });
    }
    ({ wallTime } = found);
    return found.bytes;
  });
  return [
    versionRecord(head.wallTime),
    startRecord(head),
    textRecord(head, "args/text_summary", settingsTable(settings)),
    ...points,
  ];
}

function settingsTable(settings: TrackedRun["settings"]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
  const rows = settingWords(settings).map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return ["| setting | value |", "| --- | --- |", ...rows].join("\n");
}

/** Writes a file under a name that TensorBoard does not look at, and then gives it its own. */
function writeFirst(partial: string, path: string, records: readonly Uint8Array[]): void {
  writeDurably(partial, records);
  writing(path, () => {
    rename(partial, path);
    syncFolder(dirname(path));
  });
}
