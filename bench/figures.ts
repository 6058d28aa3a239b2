/** Figures from the times of turns. */
import type { Figure, Unit } from "./results.js";
import { median, pairedRatio, type Spread, spread } from "./statistics.js";

export type Reach = Figure["reach"];
export type Limit = Figure["limit"];

export const atLeast = (value: number): Reach => ({ bound: "at least", value });
export const atMost = (value: number): Reach => ({ bound: "at most", value });

/** Our seconds held against the least they could be. */
export function timeLimit(name: string, seconds: number, ours: number): Limit {
  return { name, value: seconds, unit: "s", share: seconds / ours };
}

/** How many times faster we are than a peer, turn by turn. */
export function ratioFigure(
  work: string,
  ours: readonly number[],
  peer: { readonly name: string; readonly times: readonly number[] },
  reach: Reach,
  limit: Limit,
): Figure {
  const { name, times } = peer;
  return {
    work,
    ours: { value: median(ours), unit: "s" },
    against: { name, value: median(times), unit: "s" },
    figure: { unit: "x", ...pairedRatio(ours, times) },
    reach,
    limit,
  };
}

/** A figure of our own, without another side. */
export function ownFigure(
  work: string,
  values: readonly number[],
  unit: Unit,
  reach: Reach,
  limit: Limit = null,
): Figure {
  const found: Spread = spread(values);
  return {
    work,
    ours: { value: found.median, unit },
    against: null,
    figure: { unit, ...found },
    reach,
    limit,
  };
}

/** The times of a contender. Throws `RangeError` for a name that took no part. */
export function timesOf(
  times: ReadonlyMap<string, readonly number[]>,
  name: string,
): readonly number[] {
  const found = times.get(name);
  if (found === undefined) throw new RangeError(`${name} took no part`);
  return found;
}

/** The contender with the least median among some. */
export function fastest(
  times: ReadonlyMap<string, readonly number[]>,
  names: readonly string[],
): { readonly name: string; readonly times: readonly number[] } {
  return names
    .map((name) => ({ name, times: timesOf(times, name) }))
    .reduce((best, each) => (median(each.times) < median(best.times) ? each : best));
}

/** "a 19.0 s, b 21.2 s": medians of variants, for the notes. */
export function mediansText(
  times: ReadonlyMap<string, readonly number[]>,
  names: readonly string[],
): string {
  return names.map((name) => `${name} ${median(timesOf(times, name)).toFixed(2)} s`).join(", ");
}

export const WITHOUT_PEER = "no peer: the other side was not given (--peer PYTHON)";
