/** What is to be looked at in the rows of a file, row by row. */
import { splitNames } from "../dataset.js";
import { isEmptyText, type TextRecord, textKey } from "../formats/record.js";
import type { DoubtfulRow, DoubtfulRows } from "./check-result.js";
import type { LabelSpellings } from "./label-spelling.js";
import { type NearRows, nearGroups, type PlacedRow } from "./near-rows.js";

/** A row with something to look at. */
export interface RowToCorrect {
  readonly record: TextRecord;
  /** In words: "doubtful label", "nearly equal text in test", ... */
  readonly reasons: readonly string[];
  /** A label to take instead; absent where none is better. */
  readonly suggested?: string;
  /** Of the suggested label, where a classifier suggests it. */
  readonly probability?: number;
  /** Lines of the rows it is to be seen with: "12", "test 7". */
  readonly others: readonly string[];
}

export interface Findings {
  readonly doubtful: Pick<DoubtfulRows, "rows" | "further"> | undefined;
  readonly spellings: readonly LabelSpellings[];
  readonly near: NearRows | undefined;
}

interface Finding {
  readonly reason: string;
  readonly suggested?: string | undefined;
  readonly probability?: number;
  readonly others?: readonly string[];
}

/** Lines of other rows that are named. */
const NAMED_ROWS = 5;

/**
 * The rows of train to look at, the weightiest first: doubtful labels, texts with several labels, labels with several spellings, labels
 * that are perhaps doubtful, texts that occur again.
 */
export function rowsToCorrect(
  train: readonly TextRecord[],
  { doubtful, spellings, near }: Findings,
): RowToCorrect[] {
  const found = new Map<TextRecord, Finding[]>();
  const add = (record: TextRecord, finding: Finding) => {
    const known = found.get(record);
    if (known === undefined) found.set(record, [finding]);
    else known.push(finding);
  };
  const addDoubts = (rows: readonly DoubtfulRow[] = [], reason: string) => {
    for (const { record, suggested, probability } of rows) {
      add(record, { reason, suggested, probability });
    }
  };
  addDoubts(doubtful?.rows, "doubtful label");
  const groups = near === undefined ? [] : nearGroups(near).map(inFileOrder);
  for (const group of groups) addConflicts(group, add);
  const spelling = new Map(
    spellings.flatMap(({ labels: [kept, ...others] }) =>
      others.map(({ label }) => [label, kept.label] as const),
    ),
  );
  for (const record of train) {
    const suggested = record.label === undefined ? undefined : spelling.get(record.label);
    if (suggested !== undefined) add(record, { reason: "label with another spelling", suggested });
  }
  addDoubts(doubtful?.further, "perhaps a doubtful label");
  for (const group of groups) addRepetitions(group, add);
  for (const record of train) {
    if (isEmptyText(record.text)) add(record, { reason: "empty text" });
  }
  return Array.from(found, ([record, findings]) => {
    const best = findings.find(({ suggested }) => suggested !== undefined);
    return {
      record,
      reasons: findings.map(({ reason }) => reason),
      ...(best?.suggested !== undefined && { suggested: best.suggested }),
      ...(best?.probability !== undefined && { probability: best.probability }),
      others: [...new Set(findings.flatMap(({ others }) => others ?? []))],
    };
  });
}

type Add = (record: TextRecord, finding: Finding) => void;

function inFileOrder(group: readonly PlacedRow[]): PlacedRow[] {
  const rank = ({ split }: PlacedRow) => splitNames.indexOf(split);
  return group.toSorted((a, b) => rank(a) - rank(b) || a.record.line - b.record.line);
}

const same = (a: PlacedRow, b: PlacedRow) => textKey(a.record.text) === textKey(b.record.text);
const placeOf = ({ split, record }: PlacedRow) =>
  split === "train" ? String(record.line) : `${split} ${record.line}`;
const placesOf = (rows: readonly PlacedRow[]) => rows.slice(0, NAMED_ROWS).map(placeOf);

/** Rows of train whose text, or a nearly equal one, has another label; the label of most of them is suggested to the others. */
function addConflicts(group: readonly PlacedRow[], add: Add): void {
  const counts = new Map<string, number>();
  for (const { record } of group) {
    if (record.label !== undefined) counts.set(record.label, (counts.get(record.label) ?? 0) + 1);
  }
  if (counts.size < 2) return;
  const [[first, most], [, second]] = [...counts].toSorted(([, a], [, b]) => b - a);
  for (const row of group) {
    if (row.split !== "train") continue;
    const others = group.filter(({ record }) => record.label !== row.record.label);
    if (others.length === 0) continue;
    const equal = others.some((other) => same(other, row));
    add(row.record, {
      reason: `${equal ? "equal" : "nearly equal"} text with another label`,
      suggested: most > second && row.record.label !== first ? first : undefined,
      others: placesOf(others),
    });
  }
}

/** Rows of train whose text is in another split too, or in an earlier row. */
function addRepetitions(group: readonly PlacedRow[], add: Add): void {
  group.forEach((row, index) => {
    if (row.split !== "train") return;
    const word = (others: readonly PlacedRow[]) =>
      others.some((other) => same(other, row)) ? "equal" : "nearly equal";
    for (const split of ["dev", "test"] as const) {
      const others = group.filter((other) => other.split === split);
      if (others.length > 0) {
        add(row.record, { reason: `${word(others)} text in ${split}`, others: placesOf(others) });
      }
    }
    const earlier = group.slice(0, index).filter(({ split }) => split === "train");
    if (earlier.length > 0) {
      add(row.record, { reason: `${word(earlier)} text before`, others: placesOf(earlier) });
    }
  });
}
