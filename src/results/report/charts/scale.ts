/** Linear scales with round ticks. */

export interface Scale {
  /** Ends of the axis: round numbers at or beyond the data, unless they were given. */
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Decimals that tell the ticks apart. */
  readonly decimals: number;
  /** Place in the chart, in its units. */
  at(value: number): number;
}

/**
 * A scale over `low .. high` onto `range`, with about `count` ticks at multiples of 1, 2 or 5 times a power of ten.
 * The domain grows to the next ticks. A domain without extent gets one around its value.
 */
export function linearScale(
  [low, high]: readonly [number, number],
  range: readonly [number, number],
  count: number,
): Scale {
  const [from, to] = low === high ? around(low) : [low, high];
  const step = roundStep((to - from) / count);
  // Quotients such as 0.3 / 0.1 must not fall short of the whole number they stand for.
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toFixed(decimals)),
  );
  const domain = [ticks[0], ticks[ticks.length - 1]] as const;
  const [start, end] = range;
  return {
    domain,
    ticks,
    decimals,
    at: (value) => start + ((value - domain[0]) / (domain[1] - domain[0])) * (end - start),
  };
}

function around(value: number): [number, number] {
  const half = value === 0 ? 0.5 : Math.abs(value) / 10;
  return [value - half, value + half];
}

function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const lead = step / power;
  const round = lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10;
  return round * power;
}
