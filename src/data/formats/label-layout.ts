/** How a file says that a text has several labels: in one cell with a separator, in a list, or in a column of 0 and 1 for each label. */
import { L3MaskingError } from "../../base/errors.js";
import { listed } from "../../base/figures.js";
import { BETWEEN_LABELS, joinedLabels } from "../label-sets.js";
import type { ClassNames, Row, Table } from "./table.js";

/** How a file writes the labels of a row. */
export type LabelLayout =
  | { readonly kind: "separated"; readonly separator: string }
  /** Of JSON or Parquet, or a cell with a list as JSON or Python writes it. */
  | { readonly kind: "lists" }
  /** The columns are named after the labels. */
  | { readonly kind: "columns"; readonly columns: readonly string[] };

/** Of labels in a file that does not say it. */
export const usualLayout: LabelLayout = { kind: "separated", separator: BETWEEN_LABELS };

/** `--label-separator`: this word for cells that hold one label each, whatever is in them. */
export const NO_SEPARATOR = "none";

/** Separators that are found without being named, the likeliest first. */
const usualSeparators = [";", "|", ","] as const;

/**
 * The layout of the labels of a column, told from its cells; undefined where each text has one label. Lists are several labels. Cells are taken for
 * parts with a separator between them where labels recur by themselves or in other cells: all parts of all cells that have several but for at
 * most half of them. A comma between numbers is none.
 *
 * Throws `data-label` for a separator that was named and is in no cell.
 */
export function layoutOf(
  { rows, unit }: Pick<Table, "rows" | "unit">,
  column: string,
  file: string,
  named: string | undefined,
): LabelLayout | undefined {
  if (named === NO_SEPARATOR) return undefined;
  const cells = rows.map(({ columns }) => (Object.hasOwn(columns, column) ? columns[column] : ""));
  const texts = cells.filter((cell): cell is string => typeof cell === "string");
  if (named !== undefined) {
    if (texts.some((cell) => cell.includes(named))) return { kind: "separated", separator: named };
    throw unusedSeparator(named, texts, column, `${file}, ${rows.length} ${unit}s`);
  }
  if (cells.some(Array.isArray)) return { kind: "lists" };
  const filled = texts.map((cell) => cell.trim()).filter((cell) => cell !== "");
  if (filled.length > 0 && filled.every((cell) => listIn(cell) !== undefined)) {
    return { kind: "lists" };
  }
  const separator = usualSeparators.find((one) => separates(one, filled));
  return separator === undefined ? undefined : { kind: "separated", separator };
}

function separates(separator: string, cells: readonly string[]): boolean {
  const distinct = new Set(cells);
  const cellsOf = new Map<string, number>();
  const inSeveral = new Set<string>();
  for (const cell of distinct) {
    const parts = new Set(partsOf(cell, separator));
    for (const part of parts) cellsOf.set(part, (cellsOf.get(part) ?? 0) + 1);
    if (parts.size > 1) for (const part of parts) inSeveral.add(part);
  }
  if (inSeveral.size === 0) return false;
  if (separator === "," && [...inSeveral].some((part) => /^\d+$/.test(part))) return false;
  const recurring = [...inSeveral].filter((part) => (cellsOf.get(part) ?? 0) > 1);
  return 2 * recurring.length > inSeveral.size;
}

function partsOf(cell: string, separator: string): readonly string[] {
  return cell
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** The list that a cell holds, as JSON or Python writes it; undefined for any other cell. */
function listIn(cell: string): readonly unknown[] | undefined {
  if (!/^\[.*\]$/s.test(cell)) return undefined;
  const read = (text: string): readonly unknown[] | undefined => {
    try {
      const value: unknown = JSON.parse(text);
      return Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  };
  const known = read(cell);
  if (known !== undefined || cell.includes('"')) return known;
  return read(cell.replace(/(?<=^\[\s*|,\s*)'|'(?=\s*(,|\]$))/g, '"'));
}

/**
 * The labels of a row as `joinedLabels` puts them together, each once and in their order; undefined for a row that says nothing (an absent cell, or null). `classes` names
 * labels that are numbers.
 *
 * Throws `data-label` for a value other than 0 and 1 in a column of a label, for a label with a semicolon in it, and for one that numbers no class; `data-format` for
 * anything in a list that is no label.
 */
export function labelSetOf(
  row: Row,
  column: string,
  layout: LabelLayout,
  place: string,
  classNames: ClassNames | undefined,
): string | undefined {
  if (layout.kind === "columns") {
    return joinedLabels(layout.columns.filter((name) => isMarked(row, name, place)));
  }
  const cell = Object.hasOwn(row.columns, column) ? row.columns[column] : undefined;
  const given = cellLabels(cell, layout, place, column);
  if (given === undefined) return undefined;
  const classes = classNames?.get(column);
  const labels = given.map((label) => named(label, classes, place, column));
  const odd = labels.find((label) => label.includes(BETWEEN_LABELS));
  if (odd !== undefined) throw semicolon(odd, place, column);
  return joinedLabels(labels);
}

function cellLabels(
  cell: unknown,
  layout: LabelLayout,
  place: string,
  column: string,
): readonly string[] | undefined {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return undefined;
  if (Array.isArray(cell)) return cell.map((item) => labelIn(item, place, column));
  if (typeof cell !== "string") return [labelIn(cell, place, column)];
  const list = listIn(cell.trim());
  if (list !== undefined) return list.map((item) => labelIn(item, place, column));
  const parts =
    layout.kind === "separated" ? partsOf(cell, layout.separator) : partsOf(cell, BETWEEN_LABELS);
  return parts;
}

function labelIn(item: unknown, place: string, column: string): string {
  const isLabel =
    typeof item === "string" || typeof item === "boolean" || Number.isSafeInteger(item);
  const label = isLabel ? String(item).trim() : "";
  if (label !== "") return label;
  throw new L3MaskingError(
    "data-format",
    `${place}: expected labels, as strings or whole numbers, in the label column "${column}", got ${JSON.stringify(item)}`,
    { hint: "Write the list without it; an empty list stands for no label." },
  );
}

function named(
  label: string,
  classes: readonly string[] | undefined,
  place: string,
  column: string,
): string {
  if (classes === undefined || !/^\d+$/.test(label)) return label;
  const name = classes.at(Number(label));
  if (name !== undefined) return name.trim();
  throw new L3MaskingError(
    "data-label",
    `${place}: expected numbers of ${classes.length} classes (${classes.join(", ")}) in the label column "${column}", got ${label}`,
    { hint: "Correct the label, or the names of the classes that come with the data." },
  );
}

/** Does the row have the label that a column is named after? */
function isMarked(row: Row, column: string, place: string): boolean {
  const cell = Object.hasOwn(row.columns, column) ? row.columns[column] : undefined;
  const value = typeof cell === "string" ? cell.trim().toLowerCase() : cell;
  if (value === 1 || value === true || value === "1" || value === "true" || value === "1.0") {
    return true;
  }
  if (value === 0 || value === false || value === "0" || value === "false" || value === "0.0") {
    return false;
  }
  throw new L3MaskingError(
    "data-label",
    `${place}: expected 0 or 1 in the column "${column}" of a label, got ${value === "" || value === undefined ? "none" : JSON.stringify(cell)}`,
    {
      hint: "Several columns after --label-column are one label each, 1 where the text has it; name one column if it holds the labels themselves.",
    },
  );
}

function semicolon(label: string, place: string, column: string): L3MaskingError {
  return new L3MaskingError(
    "data-label",
    `${place}: expected labels without a semicolon where a text can have several, got ${JSON.stringify(label)} in the label column "${column}"`,
    {
      hint: "Write the label without it; or choose the character between labels with --label-separator.",
    },
  );
}

function unusedSeparator(
  separator: string,
  cells: readonly string[],
  column: string,
  place: string,
): L3MaskingError {
  const others = usualSeparators.filter((one) => cells.some((cell) => cell.includes(one)));
  const found =
    others.length === 0 ? "" : `, though ${listed(others.map((one) => JSON.stringify(one)))}`;
  return new L3MaskingError(
    "data-label",
    `${place}: expected ${JSON.stringify(separator)} between labels in some cell of the label column "${column}", found it in none${found}`,
    { hint: `Choose another --label-separator, or ${NO_SEPARATOR} for one label a text.` },
  );
}

/** What was read, and how to have it otherwise, for a notice. */
export function layoutText(layout: LabelLayout, column: string | undefined): string {
  if (layout.kind === "columns") {
    const names = listed(layout.columns.map((name) => `"${name}"`));
    return `several labels a text from the columns of 0 and 1 ${names} (--label-column)`;
  }
  const one = `--label-separator ${NO_SEPARATOR} reads each cell as one label`;
  return layout.kind === "lists"
    ? `several labels a text from the lists in "${column}" (--label-column)`
    : `several labels a text from "${column}" (--label-column), with "${layout.separator}" between them (${one})`;
}
