/** A dataset check as a plain-text page for a terminal, at most 80 columns but for long names. */

import { PAGE_WIDTH, textTable, wrapped } from "../../base/figures.js";
import { NO_LABELS } from "../label-sets.js";
import { foldText, grouped, overlapCells, percentOf } from "./check-numbers.js";
import type {
  DatasetCheck,
  DoubtfulRows,
  LabelsPerText,
  LengthSummary,
  SplitCheck,
} from "./check-result.js";

const longestLabel = 36;
/** Of more labels than this the most frequent are listed. */
const listedLabels = 100;

/** Tables of rows, lengths, labels and shared texts, then the warnings. Ends with a line end. */
export function formatCheck(check: DatasetCheck): string {
  const { splits, labels, overlaps, warnings } = check;
  const sections = [splitTable(splits)];
  if (check.folds !== undefined) sections.push(wrapped(foldText(check.folds)));
  if (labels.length > 0) sections.push(labelTable(check));
  if (overlaps.length > 0) sections.push(overlapTable(check));
  const { doubtful } = check;
  if (doubtful !== undefined && doubtful.rows.length > 0) sections.push(doubtTable(doubtful));
  sections.push(
    warnings.length === 0
      ? "No warnings."
      : ["Warnings", ...warnings.map(({ message }) => wrapped(message, "  ! ", "    "))].join("\n"),
  );
  return `${sections.join("\n\n")}\n`;
}

function splitTable(splits: readonly SplitCheck[]): string {
  const line = (name: string, cell: (split: SplitCheck) => string) => [name, ...splits.map(cell)];
  const length = (name: string, value: (lengths: LengthSummary) => string) =>
    line(name, ({ lengths }) => (lengths === undefined ? "-" : value(lengths)));
  const unit = splits.find(({ lengths }) => lengths !== undefined)?.lengths?.unit ?? "words";
  const lines = [
    ["", ...splits.map(({ name }) => name)],
    line("rows", ({ rows }) => grouped(rows)),
    line("empty texts", ({ emptyTexts }) => grouped(emptyTexts)),
    line("rows repeating a text", ({ repeatedRows }) => grouped(repeatedRows)),
    ...labelLines(splits),
    length(`${unit} per text: mean`, ({ mean }) => mean.toFixed(1)),
    length("  median", ({ median }) => grouped(median)),
    length("  95th percentile", ({ p95 }) => grouped(p95)),
    length("  longest", ({ max }) => grouped(max)),
  ];
  if (splits.some(({ unlabelledRows }) => unlabelledRows > 0)) {
    lines.splice(
      2,
      0,
      line("rows without a label", (split) => grouped(split.unlabelledRows)),
    );
  }
  const limit = splits.find(({ truncation }) => truncation !== undefined)?.truncation?.maxLength;
  if (limit !== undefined) {
    lines.push(
      line(`rows cut at ${limit} tokens`, ({ truncation, rows }) =>
        truncation === undefined
          ? "-"
          : `${grouped(truncation.rows)} (${percentOf(truncation.rows, rows)})`,
      ),
      line("  tokens cut off", ({ truncation }) =>
        truncation === undefined ? "-" : percentOf(truncation.lostShare, 1),
      ),
    );
  }
  return textTable(lines);
}

function labelLines(splits: readonly SplitCheck[]): string[][] {
  const line = (name: string, cell: (split: SplitCheck) => string) => [name, ...splits.map(cell)];
  if (splits.every(({ labelsPerText }) => labelsPerText === undefined)) {
    return [line("texts with several labels", (split) => grouped(split.conflictingTexts))];
  }
  const perText = (name: string, value: (found: LabelsPerText) => string) =>
    line(name, ({ labelsPerText }) => (labelsPerText === undefined ? "-" : value(labelsPerText)));
  return [
    line("texts labelled in two ways", (split) => grouped(split.conflictingTexts)),
    perText("labels per text: mean", ({ mean }) => mean.toFixed(2)),
    perText("  most", ({ most }) => grouped(most)),
    perText("  texts without a label", ({ none }) => grouped(none)),
  ];
}

function labelTable({ labels, splits }: DatasetCheck): string {
  const total = (id: number) => splits.reduce((sum, { labelRows }) => sum + labelRows[id], 0);
  const ids = labels.map((_, id) => id);
  const shown =
    labels.length <= listedLabels
      ? ids
      : ids.toSorted((a, b) => total(b) - total(a)).slice(0, listedLabels);
  const lines = shown.map((id) => [
    shortened(labels[id]),
    ...splits.flatMap(({ labelRows, rows }) => [
      grouped(labelRows[id]),
      percentOf(labelRows[id], rows),
    ]),
  ]);
  const header = [
    `Labels (${grouped(labels.length)})`,
    ...splits.flatMap(({ name }) => [name, ""]),
  ];
  const more = labels.length - shown.length;
  const rest = more > 0 ? `\nand ${grouped(more)} labels with fewer rows` : "";
  return textTable([header, ...lines]) + rest;
}

/** Rows with a doubtful label that a terminal shows. */
const shownDoubts = 5;

function doubtTable({ rows, examined }: DoubtfulRows): string {
  const title = `Doubtful labels: ${grouped(rows.length)} of ${grouped(examined)} rows of train${rows.length > shownDoubts ? `, the first ${shownDoubts}` : ""}`;
  const lines = rows
    .slice(0, shownDoubts)
    .map(({ record, suggested, probability }) => [
      wrapped(
        `line ${record.line}: ${shortened(record.label || NO_LABELS)}, rather ${shortened(suggested || NO_LABELS)} (${percentOf(probability, 1)})`,
        "  ",
        "    ",
      ),
      `    ${beginning(record.text)}`,
    ]);
  return [title, ...lines.flat()].join("\n");
}

/** The beginning of a text on one line. */
function beginning(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  const room = PAGE_WIDTH - 4;
  return line.length <= room ? line : `${line.slice(0, room - 3)}...`;
}

function overlapTable(check: DatasetCheck): string {
  const header = ["Texts in two splits", "texts", "rows", "with the same label"];
  return textTable([header, ...overlapCells(check)]);
}

function shortened(label: string): string {
  const line = label.replace(/\s+/g, " ");
  return line.length <= longestLabel ? line : `${line.slice(0, longestLabel - 3)}...`;
}
