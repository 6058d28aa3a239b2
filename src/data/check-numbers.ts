/** Numbers as the check prints them: alike on every machine, whatever its locale. */

/** 25000 -> "25,000". */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
}

/** "1 row", "2 rows". */
export function countOf(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** 52 of 139 -> "37.4 %"; "-" if there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;
}
