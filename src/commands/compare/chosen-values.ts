/** What the runs of a sweep measured on dev, and what is chosen by it. */
import { join } from "../../platform/paths.js";
import { type LabelMeasureName, labelMeasureOf } from "../../results/metrics/label-measures.js";
import type { RunKey, TunedCell } from "../../results/records/comparison.js";
import type { Swept } from "../../results/records/paired-comparison.js";
import { metricsSpread } from "../../results/statistics/comparison-cells.js";
import { finishedMetrics } from "../../run/folder/finished-run.js";
import type { Plan } from "./comparison-plan.js";
import { findFailure, isFinished } from "./run-ticket.js";

/** The values that were chosen, by `placeKey`. */
export type Chosen = ReadonlyMap<string, Swept>;

type PlannedPlace = Plan["runs"][number];

/** Identifies runs that differ in seed and swept values alone. */
export function placeKey({ dataset, model, method, task_weights }: Omit<RunKey, "seed">): string {
  return JSON.stringify([dataset, model, method, task_weights]);
}

/** Have all runs that choose ended: finished, or failed where that is an end? */
export function hasTuned(
  { runs }: Pick<Plan, "runs">,
  folder: string,
  failedEnds: boolean,
): boolean {
  const left = runs.filter((run) => run.tuning === true && !isFinished(join(folder, run.folder)));
  return left.every((run) => failedEnds && findFailure(join(folder, run.folder)) !== undefined);
}

/**
 * Every combination with its dev measures over the seeds, and which one is chosen of each place: that with the highest mean, or the lowest where that is better,
 * among those whose runs all finished. Nothing is chosen while runs are left to do. Only dev is looked at. Throws `data-format` for damaged files.
 */
export function tunedCells(
  { runs }: Pick<Plan, "runs">,
  folder: string,
  measure: LabelMeasureName,
): TunedCell[] {
  const groups = new Map<string, PlannedPlace[]>();
  for (const run of runs) {
    if (run.tuning !== true) continue;
    const key = `${placeKey(run)} ${JSON.stringify(run.swept)}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const cells = [...groups.values()].map((members) => cellOf(members, folder));
  if (!hasTuned({ runs }, folder, true)) return cells;
  const sign = labelMeasureOf(measure).better === "higher" ? 1 : -1;
  const best = new Map<string, TunedCell>();
  for (const cell of cells) {
    if (cell.dev === null || cell.failed > 0) continue;
    const known = best.get(placeKey(cell))?.dev;
    // The first of equal ones stays.
    const gain = known ? sign * (cell.dev[measure].mean - known[measure].mean) : 1;
    if (gain > 0) best.set(placeKey(cell), cell);
  }
  return cells.map((cell) => ({ ...cell, chosen: best.get(placeKey(cell)) === cell }));
}

function cellOf(members: readonly PlannedPlace[], folder: string): TunedCell {
  const [{ dataset, model, method, task_weights, swept = {} }] = members;
  const measured = members.flatMap(({ seed, folder: run }) => {
    const metrics = finishedMetrics(join(folder, run));
    return metrics === undefined ? [] : [{ seed, dev: metrics.dev }];
  });
  const failed = members.filter(({ folder: run }) => findFailure(join(folder, run)) !== undefined);
  return {
    ...{ dataset, model, method, task_weights, swept },
    seeds: measured.map(({ seed }) => seed),
    failed: failed.length,
    dev: measured.length === 0 ? null : metricsSpread(measured.map(({ dev }) => dev)),
    chosen: false,
  };
}

/** What is chosen for each place. */
export function chosenValues(cells: readonly TunedCell[]): Chosen {
  const chosen = cells.filter((cell) => cell.chosen);
  return new Map(chosen.map((cell) => [placeKey(cell), cell.swept]));
}
