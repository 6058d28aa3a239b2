/** Figures in words and digits, the same everywhere in a report. */
import type { Spread } from "./comparison.js";

/** A fraction in percent, two decimals, as papers print it: 71.73. */
export function percent(fraction: number): string {
  return (100 * fraction).toFixed(2);
}

/** "71.73 ± 4.06" in percent; the mean alone for one seed. */
export function percentSpread({ mean, std }: Spread): string {
  return std === null ? percent(mean) : `${percent(mean)} ± ${percent(std)}`;
}

/** A difference of fractions in percentage points with its sign: "+2.10", "−0.35". */
export function signedPoints(difference: number): string {
  const points = (100 * difference).toFixed(2);
  if (Number(points) === 0) return "0.00";
  return difference > 0 ? `+${points}` : points.replace("-", "−");
}

/** A p by itself: "0.034", "< 0.001". */
export function pFigure(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** A p in a sentence: "p = 0.034", "p < 0.001". */
export function pText(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${pFigure(p)}`;
}

/** "52 s", "3 min 20 s", "2 h 05 min". */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A whole number with thin spaces between thousands: 12 345. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** "1 row", "2 rows". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** Mean and sample standard deviation (divisor n - 1; null for one) of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: n === 1 ? null : Math.sqrt(squares / (n - 1)), n };
}
