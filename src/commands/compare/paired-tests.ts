/** The tests of the differences between the runs of a comparison. */
import { randomStream } from "../../base/random.js";
import { idsIn } from "../../data/label-sets.js";
import type { Comparison } from "../../results/records/comparison.js";
import {
  type PredictedGroup,
  pairedComparisons,
} from "../../results/statistics/paired-comparisons.js";
import type { RunReading } from "../../run/folder/compared-run.js";
import type { Host } from "../../run/host/host.js";

/**
 * The tests of all pairs; undefined after a stop on request. They are made once no run is left to do: over some of the
 * runs they would answer another question.
 */
export async function testedPairs(
  readings: readonly RunReading[],
  datasets: Comparison["datasets"],
  samples: number,
  host: Host,
): Promise<Comparison["paired"] | undefined> {
  const stop = new AbortController();
  const task = "testing differences";
  const tests = pairedComparisons(predictedGroups(readings, datasets), {
    samples,
    random: randomStream(0, "bootstrap"),
    async onProgress(done, total) {
      if (host.cancelled()) stop.abort();
      stop.signal.throwIfAborted();
      host.emit({ type: "progress", task, done, total, unit: "resamples" });
    },
  });
  return tests.catch((error: unknown) => {
    if (stop.signal.aborted) return undefined;
    throw error;
  });
}

/** The runs of each data set and model, which share their test rows. */
function predictedGroups(
  readings: readonly RunReading[],
  datasets: Comparison["datasets"],
): PredictedGroup[] {
  return datasets.flatMap(({ name }) => {
    const ofDataset = readings.filter(({ run }) => run.dataset === name);
    return [...new Set(ofDataset.map(({ run }) => run.model))].map((model) => {
      const members = ofDataset.filter(({ run }) => run.model === model);
      const [{ predictions }] = members;
      return {
        dataset: name,
        model,
        labels: predictions.space,
        expected: predictions.expected,
        seenInTraining: predictions.seenInTraining,
        runs: members.map(({ run, predictions: { predicted, space } }) => ({
          method: run.method,
          task_weights: run.task_weights,
          seed: run.seed,
          predicted: idsIn(predicted, space, predictions.space),
        })),
      };
    });
  });
}
