/** Folds for cross-validation: which rows are held out together. */
import { permutation, type Random } from "../base/random.js";
import { textKey } from "./formats/record.js";

/** Labelled rows; N of each. */
export interface FoldedRows {
  readonly texts: readonly string[];
  /** From 0. */
  readonly labelIds: ArrayLike<number>;
  /** Rows of one group stay together, such as near-duplicates; rows of equal texts do in any case. */
  readonly groups?: readonly (number | string)[] | undefined;
}

export interface Folds {
  /** Folds with a row; at most as many as were asked for. */
  readonly count: number;
  /** The fold of each row, 0 .. count-1; `NEVER_HELD_OUT` for rows that every fold trains on. */
  readonly ofRow: Int32Array; // [N]
}

/** Of a row without which no row of its label would be left to train on. */
export const NEVER_HELD_OUT = -1;

/** Rows that stay together. */
interface Block {
  /** The first of its texts in code unit order. */
  readonly key: string;
  readonly rows: readonly number[];
  /** The most frequent, by which the block is dealt; ties: the smallest id. */
  readonly label: number;
}

/**
 * Deals rows to `folds` folds (at least 2), stratified by label: each block of rows that stay together goes to the fold with the
 * fewest rows of its label, and of those to the smallest; large blocks first. Every label has a row outside each fold, so a label
 * of one block is never held out. The folds depend on the set of rows and on `random`, not on the order of the rows.
 */
export function dealFolds(rows: FoldedRows, folds: number, random: Random): Folds {
  const blocks = blocksOf(rows);
  const labels = blocks.reduce((most, { label }) => Math.max(most, label + 1), 0);
  const sizes = new Float64Array(folds);
  const sizesByLabel = new Float64Array(folds * labels);
  const ofRow = new Int32Array(rows.texts.length).fill(NEVER_HELD_OUT);
  const blocksByLabel = new Int32Array(labels);
  for (const { label } of blocks) blocksByLabel[label] += 1;

  for (const block of dealingOrder(blocks, random)) {
    if (blocksByLabel[block.label] === 1) continue;
    const load = (fold: number) => sizesByLabel[fold * labels + block.label];
    let fold = 0;
    for (let other = 1; other < folds; other++) {
      const less = load(other) - load(fold) || sizes[other] - sizes[fold];
      if (less < 0) fold = other;
    }
    sizes[fold] += block.rows.length;
    sizesByLabel[fold * labels + block.label] += block.rows.length;
    for (const row of block.rows) ofRow[row] = fold;
  }
  keepLabelsInTraining(blocks, rows.labelIds, ofRow);
  return withoutEmptyFolds(ofRow);
}

/** The rows to train on and those held out, in the order of the rows. */
export function rowsOfFold({ ofRow }: Folds, fold: number): { train: number[]; heldOut: number[] } {
  const rows = [...ofRow.keys()];
  return {
    train: rows.filter((row) => ofRow[row] !== fold),
    heldOut: rows.filter((row) => ofRow[row] === fold),
  };
}

/**
 * A share (0 to 1) of some rows, of each label alike and at least one of each, in the order given. With equal rows and `random` a smaller share is
 * part of a larger one.
 */
export function shareOfRows(
  rows: readonly number[],
  labelIds: ArrayLike<number>,
  share: number,
  random: Random,
): number[] {
  const byLabel = new Map<number, number[]>();
  for (const place of permutation(rows.length, random)) {
    const label = labelIds[rows[place]];
    const known = byLabel.get(label);
    if (known === undefined) byLabel.set(label, [place]);
    else known.push(place);
  }
  const places = [...byLabel.values()].flatMap((all) =>
    all.slice(0, Math.ceil(share * all.length)),
  );
  return places.sort((a, b) => a - b).map((place) => rows[place]);
}

/** Blocks in the order of their keys. */
function blocksOf({ texts, labelIds, groups }: FoldedRows): Block[] {
  const first = new Map<string, number>();
  const parent = Int32Array.from(texts, (_, row) => row);
  const rootOf = (row: number): number => {
    let root = row;
    while (parent[root] !== root) root = parent[root];
    parent[row] = root;
    return root;
  };
  const join = (name: string, row: number) => {
    const other = first.get(name);
    if (other === undefined) first.set(name, row);
    else parent[rootOf(row)] = rootOf(other);
  };
  texts.forEach((text, row) => {
    join(`text ${textKey(text)}`, row);
    if (groups !== undefined) join(`${typeof groups[row]} ${groups[row]}`, row);
  });
  const members = new Map<number, number[]>();
  texts.forEach((_, row) => {
    const rows = members.get(rootOf(row));
    if (rows === undefined) members.set(rootOf(row), [row]);
    else rows.push(row);
  });
  return [...members.values()]
    .map((rows) => ({
      key: rows.map((row) => textKey(texts[row])).reduce((a, b) => (b < a ? b : a)),
      rows,
      label: mostFrequent(rows.map((row) => labelIds[row])),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function mostFrequent(ids: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const [[label]] = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  return label;
}

/** Large blocks first, those of one size label by label, and in a random order inside. */
function dealingOrder(blocks: readonly Block[], random: Random): Block[] {
  const order = permutation(blocks.length, random);
  return Array.from(order, (index) => blocks[index]).sort(
    (a, b) => b.rows.length - a.rows.length || a.label - b.label,
  );
}

/** A label all of whose rows fell into one fold, beside more frequent labels, gets a block that is never held out. */
function keepLabelsInTraining(
  blocks: readonly Block[],
  labelIds: ArrayLike<number>,
  ofRow: Int32Array,
): void {
  const folds = new Map<number, Set<number>>();
  ofRow.forEach((fold, row) => {
    const known = folds.get(labelIds[row]) ?? new Set();
    folds.set(labelIds[row], known.add(fold));
  });
  const isLost = (label: number) => {
    const found = folds.get(label);
    return found?.size === 1 && !found.has(NEVER_HELD_OUT);
  };
  for (const { rows } of blocks) {
    if (!rows.some((row) => isLost(labelIds[row]))) continue;
    for (const row of rows) {
      ofRow[row] = NEVER_HELD_OUT;
      folds.get(labelIds[row])?.add(NEVER_HELD_OUT);
    }
  }
}

function withoutEmptyFolds(ofRow: Int32Array): Folds {
  const filled = [...new Set(ofRow)]
    .filter((fold) => fold !== NEVER_HELD_OUT)
    .sort((a, b) => a - b);
  const ids = new Map(filled.map((fold, id) => [fold, id]));
  return { count: filled.length, ofRow: ofRow.map((fold) => ids.get(fold) ?? NEVER_HELD_OUT) };
}
