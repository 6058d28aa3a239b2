/** Numbers and rows as the check prints them: alike on every machine, whatever its locale. */
import { percent } from "../../base/figures.js";
import type { DatasetCheck, FoldSizes } from "./check-result.js";

/** 25000 -> "25,000". */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
}

/** "1 row", "2 rows". */
export function countOf(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** 52 of 139 -> "37.4 %"; "-" if there is no whole. */
export function percentOf(part: number, whole: number): string {
  return whole === 0 ? "-" : percent(part / whole);
}

/** For each pair of splits that share texts: which, how many texts, rows of the second, and rows with the same label. */
export function overlapCells({ overlaps, splits }: DatasetCheck): string[][] {
  return overlaps.map(({ first, second, texts, rows, rowsSameLabel }) => {
    const total = splits.find(({ name }) => name === second)?.rows ?? 0;
    return [
      `${first} and ${second}`,
      grouped(texts),
      `${grouped(rows)} of ${grouped(total)} ${second} rows (${percentOf(rows, total)})`,
      grouped(rowsSameLabel),
    ];
  });
}

/** "train holds its rows out in 5 folds of 49 to 51 rows ..." */
export function foldText({ rows, neverHeldOut }: FoldSizes): string {
  const [least, most] = [Math.min(...rows), Math.max(...rows)];
  const sizes = least === most ? countOf(most, "row") : `${least} to ${countOf(most, "row")}`;
  const never =
    neverHeldOut === 0
      ? ""
      : ` ${countOf(neverHeldOut, "row")} without which a label would have none ${neverHeldOut === 1 ? "is" : "are"} in every training part.`;
  return `Training holds the rows of train out in turn, in ${rows.length} folds of ${sizes}.${never} With --folds 0 it cuts dev and test from them instead.`;
}
