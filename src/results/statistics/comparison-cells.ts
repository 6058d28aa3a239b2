/** The cells of the table: means and deviations over the seeds of each data set, model and candidate. */
import { type OfLabelMeasures, ofLabelMeasures } from "../metrics/label-measures.js";
import { ofOrderMeasures } from "../metrics/order-measures.js";
import { ofSetMeasures } from "../metrics/set-measures.js";
import type { TaskFigures } from "../metrics/task-measures.js";
import type {
  CellMetrics,
  ComparedRun,
  ComparisonCell,
  RowSetMetrics,
  Spread,
} from "../records/comparison.js";
import { mean, sampleDeviation } from "./paired-tests.js";

/** Mean and sample standard deviation of at least one value. */
export function spread(values: readonly number[]): Spread {
  return { mean: mean(values), std: sampleDeviation(values), n: values.length };
}

/** One cell for each data set, model, method and task weights among the runs, in their order. */
export function comparisonCells(runs: readonly ComparedRun[]): ComparisonCell[] {
  const groups = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.dataset, run.model, run.method, run.task_weights]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map((members) => {
    const [{ dataset, model, method, task_weights, swept }] = members;
    return {
      dataset,
      model,
      method,
      task_weights,
      ...(swept && { swept }),
      seeds: members.map(({ seed }) => seed).sort((a, b) => a - b),
      test: rowSetSpread(members.map(({ test }) => test)),
      leak_free: rowSetSpread(members.map(({ leak_free }) => leak_free)),
      dev: metricsSpread(members.map(({ dev }) => dev)),
      best_step: mean(members.map(({ best_step }) => best_step)),
      training_seconds: mean(members.map(({ timing }) => timing.training_seconds)),
    };
  });
}

/** Null unless every run has the row set: the runs of a cell share their test rows. */
function rowSetSpread(rows: readonly (RowSetMetrics | null)[]): CellMetrics | null {
  const present = rows.filter((metrics) => metrics !== null);
  return present.length < rows.length ? null : metricsSpread(present);
}

/** Means and deviations of the measures of runs on the same rows. */
export function metricsSpread(
  metrics: readonly (OfLabelMeasures<number> & TaskFigures)[],
): CellMetrics {
  const orders = metrics.flatMap(({ order }) => order ?? []);
  const order =
    orders.length === 0 || orders.length < metrics.length
      ? undefined
      : ofOrderMeasures((_, name) => {
          const values = orders.flatMap((of) => of[name] ?? []);
          return values.length < orders.length ? null : spread(values);
        });
  const sets = metrics.flatMap(({ label_sets: of }) => of ?? []);
  const isOfSets = sets.length > 0 && sets.length === metrics.length;
  return {
    ...ofLabelMeasures((name) => spread(metrics.map((values) => values[name]))),
    ...(order && { order }),
    ...(isOfSets && {
      label_sets: ofSetMeasures((_, name) => spread(sets.map((of) => of[name]))),
    }),
  };
}
