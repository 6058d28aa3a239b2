/** A sweep: settings of a comparison with several values each, of which dev chooses; and the combinations that are tried. */
import { L3MaskingError } from "../../base/errors.js";
import { counted, listed } from "../../base/figures.js";
import { permutation, type Random } from "../../base/random.js";
import type { Swept, SweptValue } from "../../results/records/paired-comparison.js";
import {
  type CompareSettings,
  compareSchema,
  mayBeSwept,
  resolveSettings,
  settingsOf,
  toFlag,
} from "../../run/settings/schemas.js";

/** A setting with the values that are tried. */
export interface SweptSetting {
  readonly name: string;
  readonly values: readonly SweptValue[];
}

export interface Sweep {
  /** With at least two values, in the order of their records. */
  readonly settings: readonly SweptSetting[];
  /** Combinations for each method, drawn at random; all where undefined. */
  readonly samples: number | undefined;
}

/** Settings of a comparison with one value each, the first of several, and what is swept; undefined where each has one value. */
export interface ComparedSettings {
  readonly settings: CompareSettings;
  readonly sweep: Sweep | undefined;
}

/** Parts the settings of `sweepingSchema` in those with one value and those that are swept. Throws `invalid-setting` for what a sweep alone uses where nothing is swept. */
export function comparedSettings(given: Readonly<Record<string, unknown>>): ComparedSettings {
  const several = settingsOf("compare")
    .filter(mayBeSwept)
    .flatMap(({ name }): SweptSetting[] => {
      const value = given[name];
      return Array.isArray(value) ? [{ name, values: [...new Set(value.filter(isValue))] }] : [];
    });
  const first = several.map(({ name, values }) => [name, values[0]]);
  const settings = resolveSettings(compareSchema, { ...given, ...Object.fromEntries(first) });
  const swept = several.filter(({ values }) => values.length > 1);
  const { sweepSamples: samples } = settings;
  if (swept.length === 0 && samples !== undefined) {
    const text = "expected a setting with several values with --sweep-samples, got none";
    throw new L3MaskingError("invalid-setting", text, {
      hint: "Give several, such as --gamma 0.5,1,2, or leave --sweep-samples out.",
    });
  }
  return { settings, sweep: swept.length === 0 ? undefined : { settings: swept, samples } };
}

function isValue(value: unknown): value is SweptValue {
  return ["string", "number", "boolean"].includes(typeof value);
}

/** More combinations are only drawn from, never listed. */
export const MOST_LISTED = 2000;

/** Draws for each combination that is wanted, before all that differ count as found. */
const DRAWS_EACH = 30;

/**
 * The combinations of values that a method tells apart, in the order of the grid, the last setting changing fastest. `look` gives the digest that a combination's run would have, and
 * which settings the run looks at: the others are left out of the combination. With `samples` fewer than there are, so many are drawn
 * without replacement.
 *
 * Throws `invalid-setting` for a grid that is too large to list, unless it is drawn from.
 */
export function combinations(
  { settings, samples }: Sweep,
  look: (values: Swept) => { readonly digest: string; readonly names: ReadonlySet<string> },
  random: Random,
): Swept[] {
  const size = gridSize(settings);
  const found = new Map<string, { readonly place: number; readonly values: Swept }>();
  const add = (place: number) => {
    const values = combinationAt(settings, place);
    const { digest, names } = look(values);
    if (found.has(digest)) return;
    const seen = Object.entries(values).filter(([name]) => names.has(name));
    found.set(digest, { place, values: Object.fromEntries(seen) });
  };
  if (size <= MOST_LISTED) {
    for (let place = 0; place < size; place++) add(place);
  } else {
    const wanted = samples ?? tooLarge(settings, size);
    for (let draw = 0; found.size < wanted && draw < DRAWS_EACH * wanted; draw++) {
      add(random.integer(size));
    }
  }
  const all = [...found.values()];
  const drawn = Array.from(permutation(all.length, random).subarray(0, samples), (at) => all[at]);
  return drawn.sort((one, other) => one.place - other.place).map(({ values }) => values);
}

/** Combinations of all values. */
export function gridSize(settings: readonly SweptSetting[]): number {
  return settings.reduce((product, { values }) => product * values.length, 1);
}

/** All combinations of values, the last setting changing fastest. */
export function gridOf(settings: readonly SweptSetting[]): Swept[] {
  return Array.from({ length: gridSize(settings) }, (_, place) => combinationAt(settings, place));
}

function combinationAt(settings: readonly SweptSetting[], place: number): Swept {
  let rest = place;
  const chosen = settings.toReversed().map(({ name, values }): [string, SweptValue] => {
    const value = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    return [name, value];
  });
  return Object.fromEntries(chosen.reverse());
}

function tooLarge(settings: readonly SweptSetting[], size: number): never {
  const flags = settings.map(({ name, values }) => `${values.length} of --${toFlag(name)}`);
  const text = `expected at most ${MOST_LISTED} combinations of values, got ${size}: ${listed(flags)}`;
  throw new L3MaskingError("invalid-setting", text, { hint: samplesHint });
}

export const samplesHint =
  "Add --sweep-samples 20, which draws so many combinations for each method at random, or name fewer values.";

/** What a sweep tries, in a sentence. */
export function sweepText({ settings, samples }: Sweep): string {
  const flags = settings.map(({ name, values }) => `--${toFlag(name)} ${values.join(",")}`);
  const drawn = samples === undefined ? "" : `, ${counted(samples, "combination")} of each method`;
  return `${listed(flags)}${drawn}`;
}
