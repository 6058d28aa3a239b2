/** How long the runs of a sweep take, told before any is trained; a sweep of thousands of runs is refused with it. */
import { counted, duration } from "../../base/figures.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { isLinear } from "../../method/methods.js";
import { loadInputs } from "../../run/fine-tune/inputs.js";
import { secondsPerStep } from "../../run/fine-tune/step-time.js";
import { encoderSeconds } from "../../run/fine-tune/work-plan.js";
import type { PlacedCompareSettings } from "../../run/folder/named-folder.js";
import type { Host } from "../../run/host/host.js";
import { type CompareSettings, toFlag } from "../../run/settings/schemas.js";
import { type DatasetSource, nameOf, uniqueNames } from "../../run/sources/dataset-sources.js";
import type { PlannedComparison } from "./compare.js";
import { type RunPlace, runPlaces, seedList, trainSettings } from "./compare-runs.js";
import { costOf, runCost, withCosts } from "./run-cost.js";
import { gridSize, MOST_LISTED, type Sweep } from "./sweep.js";
import { isTooLarge, tooManyRuns, triedValues } from "./sweep-runs.js";

/**
 * Before texts are scored: throws `invalid-setting` for a sweep of thousands of runs, with the time that they would take on this machine, unless
 * their number is asked for; and what loading model and data throws then.
 */
export async function requireModestSweep(
  settings: PlacedCompareSettings,
  sweep: Sweep,
  sources: readonly DatasetSource[],
  runtime: Runtime,
  host: Host,
): Promise<void> {
  const places = unreadPlaces(settings, sources);
  const tuning = tuningRuns(settings, sweep, places);
  if (!isTooLarge(sweep, tuning)) return;
  const trained = places.filter(({ candidate }) => !isLinear(candidate.method));
  const [first] = trained;
  if (first === undefined) throw tooManyRuns(sweep, tuning, "");
  const { training, loading } = await runSeconds(settings, first, runtime, host);
  const shares = trained.map((place) => costBesideStl(settings, place));
  const share = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  const seconds = tuning * (loading + share * training);
  throw tooManyRuns(sweep, tuning, `, about ${duration(seconds)} on this machine`);
}

/** The places of the runs, before data and models are read: names stand for their digests. */
function unreadPlaces(settings: CompareSettings, sources: readonly DatasetSource[]): RunPlace[] {
  const names = uniqueNames(settings.model.map(nameOf));
  const models = settings.model.map((folder, index) => ({
    ...{ name: names[index], folder, checkpoint_digest: folder, tokenizer_digest: folder },
  }));
  const datasets = sources.map(({ name }) => ({ digest: name }));
  return runPlaces(settings, { sources, datasets, models });
}

/** How many runs choose; of a grid that is not listed at most so many. */
function tuningRuns(settings: CompareSettings, sweep: Sweep, places: readonly RunPlace[]): number {
  const seeds = seedList(settings.sweepSeeds).length;
  const size = gridSize(sweep.settings);
  if (size > MOST_LISTED && sweep.samples === undefined) {
    return size * seeds * places.filter(({ candidate }) => !isLinear(candidate.method)).length;
  }
  const tried = triedValues(settings, sweep, places);
  const counts = places.map((place) => tried(place).length);
  return seeds * counts.reduce((sum, count) => sum + (count < 2 ? 0 : count), 0);
}

/** Seconds of classification alone at a place, by steps timed here, and of what comes before it: reading model and data. */
async function runSeconds(
  settings: PlacedCompareSettings,
  place: RunPlace,
  runtime: Runtime,
  host: Host,
): Promise<{ readonly training: number; readonly loading: number }> {
  const { outputDir } = settings;
  const given = trainSettings(settings, stlAt(place), { seed: 0 });
  const quiet: Host = { ...host, emit: (event) => event.type === "progress" && host.emit(event) };
  const start = host.now();
  const inputs = await loadInputs({ ...given, outputDir }, quiet);
  const loading = (host.now() - start) / 1000;
  const seconds = await secondsPerStep(inputs, undefined, runtime, quiet);
  return { training: encoderSeconds(inputs, seconds), loading };
}

/** How many times as long a run of a place takes as classification alone on the same texts. */
function costBesideStl(settings: CompareSettings, place: RunPlace): number {
  const sizes = { rows: 1, tokens: 1, layers: 1, hiddenSize: 1 };
  const of = (at: RunPlace) => runCost(trainSettings(settings, at, { seed: 0 }), sizes);
  return of(place) / of(stlAt(place));
}

/**
 * Says how many runs choose, how many measure what is chosen and, where they are trained here, about how long they take together; and which swept settings no method looks
 * at.
 */
export async function tellSweep(
  settings: PlacedCompareSettings,
  sweep: Sweep,
  planned: PlannedComparison,
  { sources, runtime }: { readonly sources: readonly DatasetSource[]; readonly runtime: Runtime },
  host: Host,
): Promise<void> {
  const tuning = planned.runs.filter((run) => run.tuning === true);
  const looked = new Set(tuning.flatMap(({ swept = {} }) => Object.keys(swept)));
  const idle = sweep.settings.filter(({ name }) => !looked.has(name));
  if (idle.length > 0) {
    const flags = idle.map(({ name }) => `--${toFlag(name)}`).join(", ");
    const text = `${flags}: no method that is compared looks at it, so there is nothing to choose`;
    host.emit({ type: "notice", level: "warning", text });
  }
  if (tuning.length === 0) return;
  const places = unreadPlaces(settings, sources);
  const measuring = places.length * seedList(settings.seeds).length;
  const time =
    settings.executor === "threads"
      ? await sweepTime(settings, planned, measuring, places, runtime, host)
      : "";
  const text = `sweep: first ${counted(tuning.length, "run")} to choose by on dev, then what was chosen is measured by ${counted(measuring, "run")}${time}`;
  host.emit({ type: "notice", level: "info", text });
}

async function sweepTime(
  settings: PlacedCompareSettings,
  planned: PlannedComparison,
  measuring: number,
  places: readonly RunPlace[],
  runtime: Runtime,
  host: Host,
): Promise<string> {
  const place = places.find(({ candidate }) => !isLinear(candidate.method));
  const reference = planned.runs.find((run) => !isLinear(run.method));
  if (place === undefined || reference === undefined) return "";
  const { training, loading } = await runSeconds(settings, place, runtime, host);
  const { dataset, model } = reference;
  const stl = { dataset, model, settings: trainSettings(settings, stlAt(place), { seed: 0 }) };
  const unit = training / costOf(stl, planned.plan, planned.inputs);
  const costs = withCosts(planned).filter(({ run }) => run.tuning === true);
  const choosing = costs.reduce((sum, { cost }) => sum + cost, 0);
  // What will be chosen is not known: it costs what the mean of what is tried does.
  const all = choosing + (choosing / costs.length) * measuring;
  const seconds = unit * all + loading * (costs.length + measuring);
  return `; about ${duration(seconds)} in all`;
}

/** Classification alone, which needs no scores: other methods are told by their passes. */
function stlAt(place: RunPlace) {
  return {
    ...place,
    candidate: { ...place.candidate, method: "stl", task_weights: null } as const,
  };
}
