/** What the page keeps in its place of work, and what runs leave there, as it is read back. */
import { z } from "zod";
import { type SplitName, splitNames } from "../../../data/dataset.js";
import { type JournalEvent, journalEvent } from "../../../method/train/events.js";
import { parseRecord, parseRecordLines } from "../../../results/records/parse.js";
import { type RunMetrics, runMetrics } from "../../../results/records/run-metrics.js";
import type { Row } from "./rows.js";

const project = z.object({
  /** Of its folder. */
  name: z.string(),
  /** What its rows came from, in words. */
  source: z.string(),
  /** SHA-256 of the files. */
  digest: z.string(),
  /** A run that was begun and is not finished. */
  pending: z
    .object({
      run: z.string(),
      choices: z.record(z.string(), z.union([z.string(), z.number()])),
      /** It was asked to end with the best that it has. */
      ending: z.boolean().exactOptional(),
    })
    .exactOptional(),
});

/** What is kept of a project beside its rows and runs. */
export type Project = z.infer<typeof project>;

const row: z.ZodType<Row> = z.object({
  id: z.number(),
  split: z.enum(splitNames),
  text: z.string(),
  label: z.string().exactOptional(),
});
const trainedRow = z.object({ text: z.string(), label: z.string() });

const ofPage = { writer: "the page", hint: "Remove the project, and give its texts again." };

/** Throws `data-format`, as all of these do. */
export function readProject(bytes: Uint8Array, path: string): Project {
  return parseRecord(project, textOf(bytes), { path, ...ofPage });
}

export function readRows(bytes: Uint8Array, path: string): Row[] {
  return parseRecordLines(row, textOf(bytes), { path, ...ofPage });
}

/** The rows of a file that a run was trained with; a row is known by its line, from 0. */
export function readTrainedRows(bytes: Uint8Array, path: string, split: SplitName): Row[] {
  const rows = parseRecordLines(trainedRow, textOf(bytes), { path, ...ofPage });
  return rows.map((one, id) => ({ id, split, ...one }));
}

export function readMetrics(bytes: Uint8Array, path: string): RunMetrics {
  const hint = "Remove the run, and train again.";
  return parseRecord(runMetrics, textOf(bytes), { path, writer: "a run", hint });
}

/** The whole lines of a journal that may still be written. */
export function readJournal(bytes: Uint8Array, path: string): JournalEvent[] {
  const text = textOf(bytes);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const hint = "Remove the run, and train again.";
  return parseRecordLines(journalEvent, whole, { path, writer: "a run", hint });
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
