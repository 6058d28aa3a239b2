/** The rows of a project, which a person edits: all changes as functions from rows to rows. */
import type { SplitName } from "../../../data/dataset.js";
import { isEmptyText, textKey } from "../../../data/formats/record.js";
import { sortedLabels } from "../../../data/labels.js";

export interface Row {
  /** The only one of its kind in a project, also after rows are removed. */
  readonly id: number;
  readonly split: SplitName;
  readonly text: string;
  /** Absent until somebody gives it one: such rows are not trained on. */
  readonly label?: string | undefined;
}

/** A row without an identity, as files have it. */
export type NewRow = Omit<Row, "id">;

/** The rows with further ones at the end. */
export function withRows(rows: readonly Row[], added: readonly NewRow[]): Row[] {
  const first = rows.reduce((most, { id }) => Math.max(most, id), 0) + 1;
  return [...rows, ...added.map((row, index) => ({ id: first + index, ...row }))];
}

export function withLabel(rows: readonly Row[], ids: ReadonlySet<number>, label: string): Row[] {
  return rows.map((row) => (ids.has(row.id) ? { ...row, label } : row));
}

export function withText(rows: readonly Row[], id: number, text: string): Row[] {
  return rows.map((row) => (row.id === id ? { ...row, text } : row));
}

export function withoutRows(rows: readonly Row[], ids: ReadonlySet<number>): Row[] {
  return rows.filter(({ id }) => !ids.has(id));
}

/** All rows of some labels get another one. */
export function mergedLabels(
  rows: readonly Row[],
  labels: ReadonlySet<string>,
  into: string,
): Row[] {
  return rows.map((row) =>
    row.label !== undefined && labels.has(row.label) ? { ...row, label: into } : row,
  );
}

/**
 * The rows whose text and label an earlier one of the same split has too. Rows of one text with other labels stay: which
 * of them is right is for a person to say.
 */
export function repeatedRows(rows: readonly Row[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const repeated = new Set<number>();
  for (const { id, split, text, label } of rows) {
    const key = JSON.stringify([split, textKey(text), label ?? null]);
    if (seen.has(key)) repeated.add(id);
    else seen.add(key);
  }
  return repeated;
}

export function labelsOf(rows: readonly Row[]): string[] {
  return sortedLabels(rows.flatMap(({ label }) => label ?? []));
}

/** The rows that go into a split's file: those with a text and a label. A row's line is its place here, from 1. */
export function fileRows(rows: readonly Row[], split: SplitName): Row[] {
  return rows.filter(
    (row) => row.split === split && row.label !== undefined && !isEmptyText(row.text),
  );
}

export function toJsonLines(rows: readonly Row[]): string {
  return rows.map(({ text, label }) => `${JSON.stringify({ text, label })}\n`).join("");
}

/** What is kept of a project's rows from visit to visit. */
export function savedRows(rows: readonly Row[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
