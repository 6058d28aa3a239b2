/** Which column holds the text and which the label, and rows -> records. */

import { L3MaskingError } from "../../base/errors.js";
import { nearestName } from "../../base/nearest.js";
import { joinedTexts } from "../../base/pairs.js";
import { type LabelLayout, labelSetOf, layoutOf, usualLayout } from "./label-layout.js";
import { MAX_LABEL, MAX_TEXT } from "./limits.js";
import type { TextRecord } from "./record.js";
import { type ClassNames, describeValue, type Row, type Table } from "./table.js";

/** Usual names, the likeliest first; compared without case. */
const usualTextColumns = [
  "text",
  "sentence",
  "review",
  "content",
  "body",
  "document",
  "abstract",
  "comment",
  "message",
  "tweet",
  "utterance",
  "query",
] as const;

/** Usual names, the likeliest first; compared without case. */
const usualLabelColumns = [
  "label",
  "labels",
  "target",
  "class",
  "category",
  "intent",
  "sentiment",
  "topic",
  "y",
] as const;

/** Which columns of a file are text and label. */
export interface ColumnOptions {
  /**
   * Exact name of the text column, or the two of a pair, as a list or with a comma between them; found by its usual names if absent.
   */
  readonly textColumn?: string | readonly string[] | undefined;
  /**
   * Exact name of the label column; found by its usual names if absent. Several, with commas between them, are a column of 0 and 1 for each
   * label.
   */
  readonly labelColumn?: string | undefined;
  /** What stands between the labels of a text, or `NO_SEPARATOR`; told from the cells if absent. */
  readonly labelSeparator?: string | undefined;
  /** How several labels a text are said, where that is known; "one" where each text has one. */
  readonly labelLayout?: LabelLayout | "one" | undefined;
  /** "optional" for a column of labels that may have blanks, "unread" for files of texts, whatever else is in them. */
  readonly labels: "required" | "optional" | "unread";
  /** What to do with a file without labels, in a sentence; it follows the hint of errors. */
  readonly withoutLabels?: string | undefined;
  /** Of columns that hold numbers of classes, where the file itself does not name them. */
  readonly classNames?: ClassNames | undefined;
}

export interface ColumnChoice {
  /** Two where texts are read in pairs. */
  readonly texts: readonly string[];
  readonly label: string | undefined;
  /** Where each label has a column of its own. */
  readonly labels?: readonly string[] | undefined;
}

/**
 * The text and label columns: the names asked for, else the usual ones. A single column with another name is none: the first line of a
 * file without a header, or a line with its label, would be taken for its name or text. Throws `data-column` for an unknown name, or if a column that is needed cannot be told.
 */
export function chooseColumns(
  columns: readonly string[],
  file: string,
  options: ColumnOptions,
): ColumnChoice {
  const { textColumn } = options;
  const named = textColumn === undefined ? [] : namedTexts(textColumn, columns, file);
  for (const name of named) requireColumn(name, "text", columns, file);
  const labels = options.labels === "unread" ? [] : namedLabels(options, columns);
  for (const name of labels) requireColumn(name, "label", columns, file);
  const usual = usualColumn(columns, usualTextColumns, labels);
  const texts = named.length === 0 && usual !== undefined ? [usual] : named;
  if (texts.length === 0) throw unknownColumn("text", usualTextColumns, columns, file);
  if (options.labels === "unread") return { texts, label: undefined };
  const label = labels.at(0) ?? usualColumn(columns, usualLabelColumns, texts);
  if (label === undefined) {
    throw unknownColumn("label", usualLabelColumns, columns, file, options.withoutLabels);
  }
  const both = [label, ...labels].find((name) => texts.includes(name));
  if (both !== undefined) {
    throw new L3MaskingError(
      "data-column",
      `${file}: expected different columns for text and label, got "${both}" for both`,
      { hint: "Choose two columns with --text-column and --label-column." },
    );
  }
  if (labels.length < 2) return { texts, label };
  return { texts, label: LABELS, labels };
}

/** What a column with the labels of several is called. */
const LABELS = "labels";

/** The label columns that are meant: a column may have a comma in its name. */
function namedLabels(
  { labelColumn, labelLayout }: ColumnOptions,
  columns: readonly string[],
): readonly string[] {
  if (labelColumn === undefined) {
    const isColumns = typeof labelLayout === "object" && labelLayout.kind === "columns";
    // A file of another form than that of training has them in one column.
    if (!isColumns || usualColumn(columns, usualLabelColumns, labelLayout.columns)) return [];
    return labelLayout.columns;
  }
  if (columns.includes(labelColumn)) return [labelColumn];
  return [...new Set(labelColumn.split(",").map((name) => name.trim()))];
}

/** The columns that are meant: a column may have a comma in its name. Throws `data-column` for more than two, or one twice. */
function namedTexts(
  given: string | readonly string[],
  columns: readonly string[],
  file: string,
): readonly string[] {
  if (typeof given !== "string") return given;
  if (columns.includes(given)) return [given];
  const names = given.split(",").map((name) => name.trim());
  if (names.length === 1 || (names.length === 2 && names[0] !== names[1])) return names;
  throw new L3MaskingError(
    "data-column",
    `${file}: expected a text column, or two different ones with a comma between them, got ${JSON.stringify(given)}`,
    { hint: "Texts are read alone, or in pairs such as --text-column question,answer." },
  );
}

function usualColumn(
  columns: readonly string[],
  usual: readonly string[],
  taken: readonly (string | undefined)[],
): string | undefined {
  const free = columns.filter((name) => !taken.includes(name));
  for (const name of usual) {
    const found =
      free.find((column) => column === name) ??
      free.find((column) => column.toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function requireColumn(
  name: string,
  role: "text" | "label",
  columns: readonly string[],
  file: string,
): void {
  if (columns.includes(name)) return;
  const nearest = nearestName(name, columns);
  throw new L3MaskingError(
    "data-column",
    `${file}: expected a ${role} column named "${name}", found columns ${listed(columns)}`,
    {
      hint:
        nearest === undefined
          ? `Choose one of the file's columns with --${role}-column.`
          : `Did you mean --${role}-column ${shellWord(nearest)}?`,
    },
  );
}

function unknownColumn(
  role: "text" | "label",
  usual: readonly string[],
  columns: readonly string[],
  file: string,
  otherwise = "",
): L3MaskingError {
  const hint = `${otherDelimiterHint(columns, file)}Choose it with --${role}-column; the first line of a CSV or TSV file must contain the column names.`;
  return new L3MaskingError(
    "data-column",
    `${file}: expected a ${role} column with a usual name (${usual.join(", ")}), found columns ${listed(columns)}`,
    { hint: `${hint} ${otherwise}`.trim() },
  );
}

/** Of a file whose fields other characters part than those of its format. */
function otherDelimiterHint(columns: readonly string[], file: string): string {
  const [only = ""] = columns;
  if (columns.length !== 1 || !/\.tsv(\.gz)?$/i.test(file) || !/[,;|]/.test(only)) return "";
  return "If commas, semicolons or bars part its columns, give the file the ending .csv. ";
}

function listed(columns: readonly string[]): string {
  return columns.map((name) => JSON.stringify(name)).join(", ");
}

function shellWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `"${name}"`;
}

/**
 * One record per row. Numbers and booleans become strings; labels are trimmed, and get their names where the table numbers classes. An absent text (null, no such
 * key, NaN) is the empty text. Absent or blank labels are `data-label`, one error for all of them, where labels are
 * required, else no label. Any other type, a number that cannot be read exactly, and a text or label beyond its limit
 * are `data-format`, a list of labels is `data-multi-label` where there is no layout of several; all with file and line.
 */
export function toRecords(
  table: Table,
  file: string,
  choice: ColumnChoice,
  labels: ColumnOptions["labels"],
  withoutLabels?: string,
  layout?: LabelLayout,
): TextRecord[] {
  const unlabelled: number[] = [];
  const taken = new Set([...choice.texts, ...(choice.labels ?? []), choice.label]);
  const classes = table.classNames?.get(choice.label ?? "");
  const records = table.rows.map((row) => {
    const place = `${file} ${table.unit} ${row.line}`;
    const text = textOf(row, choice.texts, place);
    const label =
      choice.label === undefined
        ? undefined
        : layout === undefined
          ? labelOf(row, choice.label, place, classes)
          : labelSetOf(row, choice.label, layout, place, table.classNames);
    requireLength(label ?? "", MAX_LABEL, "label", place);
    if (label === undefined) unlabelled.push(row.line);
    const columns = Object.fromEntries(
      Object.entries(row.columns).filter(([name]) => !taken.has(name)),
    );
    const record = { text, columns, line: row.line };
    return label === undefined ? record : { ...record, label };
  });
  if (labels === "required" && unlabelled.length > 0) {
    throw missingLabels(unlabelled, table, file, choice.label ?? "", withoutLabels);
  }
  return records;
}

/** Lines of rows that a message lists. */
const SHOWN_LINES = 10;

function missingLabels(
  lines: readonly number[],
  { rows, unit }: Table,
  file: string,
  column: string,
  otherwise = "",
): L3MaskingError {
  if (lines.length === 1) {
    return new L3MaskingError(
      "data-label",
      `${file} ${unit} ${lines[0]}: expected a label, got none`,
      { hint: `Fill in the column "${column}", or remove the row.` },
    );
  }
  const more = lines.length - SHOWN_LINES;
  const shown = lines.slice(0, SHOWN_LINES).join(", ");
  return new L3MaskingError(
    "data-label",
    `${file}: expected a label in every row, got none in ${lines.length} of ${rows.length}: ${unit}s ${shown}${more > 0 ? ` and ${more} more` : ""}`,
    {
      hint:
        lines.length === rows.length
          ? `Choose the column of labels with --label-column. ${otherwise}`.trim()
          : `Fill in the column "${column}", or move these rows to another file and pass it as --unlabeled-file.`,
    },
  );
}

/** The text of a row, or its two texts put together, by the rules of `toRecords`; `place` names the row in messages. */
export function textOf(row: Row, columns: readonly string[], place: string): string {
  const text = joinedTexts(columns.map((column) => scalar(row, column, "text", place) ?? ""));
  requireLength(text, MAX_TEXT, "text", place);
  return text;
}

function requireLength(value: string, limit: number, role: "text" | "label", place: string): void {
  if (value.length <= limit) return;
  throw new L3MaskingError(
    "data-format",
    `${place}: expected a ${role} of at most ${limit} characters, got ${value.length}`,
    {
      hint:
        role === "text"
          ? "Check for a missing line end or closing quote before it, and split long documents."
          : "Choose the column of labels with --label-column.",
    },
  );
}

function labelOf(
  row: Row,
  column: string,
  place: string,
  classes: readonly string[] | undefined,
): string | undefined {
  const label = scalar(row, column, "label", place)?.trim();
  if (label === "" || label === undefined) return undefined;
  if (classes === undefined || !/^-?\d+$/.test(label)) return label;
  const id = Number(label);
  // Hugging Face's tools write -1 for a row without a label.
  if (id === -1) return undefined;
  const name = classes.at(id);
  if (id >= 0 && name !== undefined) return name.trim();
  throw new L3MaskingError(
    "data-label",
    `${place}: expected the number of one of ${classes.length} classes (${classes.join(", ")}) in the label column "${column}", got ${label}`,
    { hint: "Correct the label, or the names of the classes that come with the data." },
  );
}

function scalar(
  row: Row,
  column: string,
  role: "text" | "label",
  place: string,
): string | undefined {
  const value = Object.hasOwn(row.columns, column) ? row.columns[column] : undefined;
  if (typeof value === "string") return value;
  // Data frames write a missing value as NaN.
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    // JSON numbers beyond these limits came out as another number than the file has.
    if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) {
      return String(value);
    }
    throw new L3MaskingError(
      "data-format",
      `${place}: expected a number that float64 holds exactly in the ${role} column "${column}", got about ${value}`,
      { hint: "Write the value in quotes." },
    );
  }
  if (role === "label" && Array.isArray(value)) {
    throw new L3MaskingError(
      "data-multi-label",
      `${place}: expected one label per text, got a list of ${value.length} in the label column "${column}"`,
      {
        hint: "Write one row per text with a single label, or leave --label-separator out, so that each text can have several labels.",
      },
    );
  }
  throw new L3MaskingError(
    "data-format",
    `${place}: expected a string, number or boolean in the ${role} column "${column}", got ${describeValue(value)}`,
    { hint: `Choose another column with --${role}-column.` },
  );
}

/** How the labels of a table are said where a text can have several; undefined where each text has one. Throws what `layoutOf` throws. */
export function tableLayout(
  table: Table,
  file: string,
  { label, labels }: ColumnChoice,
  { labelSeparator, labelLayout, labels: wanted }: ColumnOptions,
): LabelLayout | undefined {
  if (label === undefined || wanted === "unread" || labelLayout === "one") return undefined;
  if (labels !== undefined) return { kind: "columns", columns: labels };
  if (labelLayout === undefined) return layoutOf(table, label, file, labelSeparator);
  if (labelSeparator === undefined && labelLayout.kind !== "columns") return labelLayout;
  return layoutOf(table, label, file, labelSeparator) ?? usualLayout;
}
