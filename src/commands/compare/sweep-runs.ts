/** The runs of a sweep: first those that choose on dev, then those that measure what was chosen, with other seeds. */
import { L3MaskingError } from "../../base/errors.js";
import { counted } from "../../base/figures.js";
import { randomStream } from "../../base/random.js";
import type { Swept } from "../../results/records/paired-comparison.js";
import { runDigest, runIdentity } from "../../run/folder/run-identity.js";
import type { CompareSettings } from "../../run/settings/schemas.js";
import { type Chosen, placeKey } from "./chosen-values.js";
import {
  type PlannedRun,
  type RunInputs,
  type RunPlace,
  requireDistinct,
  runMaker,
  runPlaces,
  seedList,
  trainSettings,
} from "./compare-runs.js";
import { combinations, gridSize, type Sweep, samplesHint, sweepText } from "./sweep.js";

/**
 * The runs of a sweep: of each place that looks at what is swept every combination with every seed of `--sweep-seeds`; and, once `chosen` is known, each place
 * with what was chosen and the seeds of `--seeds`. A place that has one combination needs no choice, one whose runs failed has none.
 *
 * Throws `invalid-setting` for too large a grid.
 */
export function sweptRuns(
  settings: CompareSettings,
  sweep: Sweep,
  inputs: RunInputs,
  threads: number,
  existing: readonly string[],
  chosen: Chosen | undefined,
): PlannedRun[] {
  const make = runMaker(settings, threads, existing);
  const places = runPlaces(settings, inputs);
  const tried = triedValues(settings, sweep, places);
  const tuning = places.flatMap((place) => {
    const values = tried(place);
    if (values.length < 2) return [];
    return values.flatMap((swept) =>
      seedList(settings.sweepSeeds).map((seed) => make(place, { seed, swept, tuning: true })),
    );
  });
  const measuring = places.flatMap((place) => {
    const [only, ...others] = tried(place);
    const swept = others.length === 0 ? only : chosen?.get(placeKey(keyOf(place)));
    if (chosen === undefined || swept === undefined) return [];
    return seedList(settings.seeds).map((seed) => make(place, { seed, swept }));
  });
  const runs = [...tuning, ...measuring];
  requireDistinct(runs);
  return runs;
}

function keyOf({ source, model, candidate: { method, task_weights } }: RunPlace) {
  return { dataset: source.name, model, method, task_weights };
}

/** The combinations that are tried at each place: those of its method, the same for all data sets and models. */
export function triedValues(
  settings: CompareSettings,
  sweep: Sweep,
  places: readonly RunPlace[],
): (place: RunPlace) => readonly Swept[] {
  const [seed] = seedList(settings.sweepSeeds);
  const known = new Map<string, readonly Swept[]>();
  const nameOf = ({ candidate: { method, task_weights } }: RunPlace) => `${method} ${task_weights}`;
  for (const place of places) {
    const name = nameOf(place);
    if (known.has(name)) continue;
    const look = (swept: Swept) => {
      const train = { settings: trainSettings(settings, place, { seed, swept }) };
      return { digest: runDigest(train), names: new Set(Object.keys(runIdentity(train))) };
    };
    known.set(name, combinations(sweep, look, randomStream(seed, "sweep", name)));
  }
  return (place) => known.get(nameOf(place)) ?? [];
}

/** Throws `invalid-setting` for a seed that would choose and measure. */
export function requireFreshSeeds({ seeds, sweepSeeds }: CompareSettings): void {
  const measuring = new Set(seedList(seeds));
  const both = seedList(sweepSeeds).find((seed) => measuring.has(seed));
  if (both === undefined) return;
  const text = `expected other seeds to choose by than to measure with, got ${both} in --sweep-seeds and in --seeds`;
  throw new L3MaskingError("invalid-setting", text, {
    hint: "Name other seeds in one of the two.",
  });
}

/** More runs than this are taken for a slip, unless their number is asked for. */
export const MOST_TUNING_RUNS = 1000;

/** Is a sweep larger than anybody means to? */
export function isTooLarge({ samples }: Sweep, tuning: number): boolean {
  return samples === undefined && tuning > MOST_TUNING_RUNS;
}

/** Refuses a sweep of too many runs, with the time that it would take. */
export function tooManyRuns(sweep: Sweep, tuning: number, time: string): L3MaskingError {
  const text = `expected at most ${MOST_TUNING_RUNS} runs to choose by, got ${counted(tuning, "run")} (${gridSize(sweep.settings)} combinations of ${sweepText(sweep)})${time}`;
  return new L3MaskingError("invalid-setting", text, { hint: samplesHint });
}
