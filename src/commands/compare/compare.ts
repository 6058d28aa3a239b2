/** `compare`: methods x seeds x data sets x models, from files to tables, in reading order. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { randomStream } from "../../base/random.js";
import { makeFolder } from "../../platform/files/files.js";
import { holdingFolder } from "../../platform/files/folder-lock.js";
import type { Comparison } from "../../results/records/comparison.js";
import { comparisonPage } from "../../results/report/markdown/comparison.js";
import { resultTable } from "../../results/report/markdown/tables.js";
import { renderComparison } from "../../results/report/pages/comparison.js";
import { comparisonCells } from "../../results/statistics/comparison-cells.js";
import {
  type PredictedGroup,
  pairedComparisons,
} from "../../results/statistics/paired-comparisons.js";
import { comparisonNotes } from "../../results/statistics/paired-notes.js";
import { requireTrackers } from "../../results/trackers/trackers.js";
import { requireSharedPassFits } from "../../run/fine-tune/shared-pass.js";
import { openCommandLog } from "../../run/folder/command-log.js";
import { type RunReading, readComparedRun } from "../../run/folder/compared-run.js";
import { requireFreeFolder, writeJson, writeWhole } from "../../run/folder/run-folder.js";
import type { CompareResult, Host } from "../../run/host/host.js";
import { machineRecord } from "../../run/host/machine.js";
import type { CompareSettings } from "../../run/settings/compare.js";
import { datasetSources } from "../../run/sources/dataset-sources.js";
import { compareCommand } from "./compare-command.js";
import { readInputs } from "./compare-data.js";
import { candidates, type PlannedRun, plannedRuns, seedList } from "./compare-runs.js";
import { type RunOutcome, trainAll } from "./run-queue.js";

/**
 * Trains every method with every seed on every data set from every model, and writes DIR: runs/ with a folder for
 * each run, results.json, results.md and report.html. Runs that are finished are not repeated and those that were stopped
 * go on, whatever was added to the comparison since: a digest of what decides a run's result says which it is.
 *
 * A run that fails is recorded and the others go on. Throws the errors of data sets and models before anything is
 * trained; `interrupted` after a stop on request, when what is finished was written as a partial comparison, in which
 * no difference is tested; and `output-in-use` while another command works in DIR.
 */
export function runCompare(settings: CompareSettings, host: Host): Promise<CompareResult> {
  return holdingFolder(settings.outputDir, "compare", host, () => compareInFolder(settings, host));
}

async function compareInFolder(settings: CompareSettings, host: Host): Promise<CompareResult> {
  const start = host.now();
  const { outputDir } = settings;
  const seconds = () => (host.now() - start) / 1000;
  requireFreeFolder(outputDir);
  // Faults of the lists come before the work on texts.
  seedList(settings.seeds);
  candidates(settings);
  requireSharedPassFits(settings);
  requireTrackers(settings, host);
  const sources = await datasetSources(settings, host);
  const runtime = await host.runtime(settings.threads);
  const inputs = await readInputs(settings, sources, runtime, host);

  makeFolder(join(outputDir, "runs"));
  const runs = plannedRuns(
    settings,
    {
      data: inputs.datasets.map(({ digest }, index) => ({ source: sources[index], digest })),
      checkpoints: inputs.models.map(({ name, folder, checkpoint_digest, tokenizer_digest }) => ({
        name,
        folder,
        checkpointDigest: checkpoint_digest,
        tokenizerDigest: tokenizer_digest,
      })),
      unlabelledDigest: inputs.unlabelledDigest,
    },
    Math.max(1, Math.floor(runtime.threads / settings.jobs)),
    readdirSync(join(outputDir, "runs")),
  );
  const command = compareCommand(settings);
  const commands = openCommandLog(join(outputDir, "commands.jsonl"));
  const { jobs } = settings;
  const outcomes = await trainAll(runs, { folder: outputDir, jobs }, host);
  const readings = runs.flatMap((run, index) => readRun(run, outcomes[index], outputDir, inputs));
  const stopped = outcomes.some(({ state }) => state === "interrupted" || state === "waiting");
  const paired = stopped
    ? undefined
    : await testedPairs(predictedGroups(readings, inputs.datasets), settings, host);
  const finished = readings.map(({ run }) => run);
  commands.append(command, seconds());
  const comparison: Comparison = {
    format: "l3masking-comparison",
    version: 1,
    partial: paired === undefined,
    command,
    settings,
    machine: machineRecord(runtime),
    wall: commands.wallTime(finished),
    datasets: inputs.datasets,
    models: inputs.models,
    runs: finished,
    unfinished: runs.flatMap((run, index) => unfinishedRun(run, outcomes[index])),
    cells: comparisonCells(finished),
    paired: paired ?? [],
    masking: inputs.masking,
    notes: paired === undefined ? [untestedNote] : comparisonNotes(paired),
  };
  // A command that was stopped before any run was finished has nothing to put in place of earlier results.
  if (paired !== undefined || finished.length > 0) {
    writeJson(outputDir, "results.json", comparison);
    writeWhole(join(outputDir, "results.md"), comparisonPage(comparison));
    const date = host.today();
    writeWhole(join(outputDir, "report.html"), renderComparison(comparison, { date }).html);
  }
  if (paired === undefined) throw interrupted(comparison, outputDir);
  const rows = finished.some(({ test }) => test !== null) ? "test" : "dev";
  return {
    outputDir,
    files: ["results.json", "results.md", "report.html"].map((name) => join(outputDir, name)),
    finished: finished.length,
    failed: outcomes.filter(({ state }) => state === "failed").length,
    table: finished.length === 0 ? "" : resultTable(comparison, rows),
  };
}

const untestedNote =
  "The comparison was stopped before it was complete, so no difference was tested yet: start the same command again.";

/**
 * The tests of all pairs; undefined after a stop on request. They are made once no run is left to do: over some of the
 * runs they would answer another question.
 */
async function testedPairs(
  groups: readonly PredictedGroup[],
  { bootstrapSamples: samples }: CompareSettings,
  host: Host,
): Promise<Comparison["paired"] | undefined> {
  const stop = new AbortController();
  const task = "testing differences";
  const tests = pairedComparisons(groups, {
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

function interrupted({ runs, unfinished }: Comparison, outputDir: string): L3MaskingError {
  const written =
    runs.length === 0 ? "" : ` What is finished stands in ${join(outputDir, "results.md")}.`;
  return new L3MaskingError(
    "interrupted",
    `the comparison was stopped with ${runs.length} of ${runs.length + unfinished.length} runs finished`,
    {
      hint: `Start the same command again: finished runs are kept, and the others go on.${written}`,
    },
  );
}

function readRun(
  { dataset, model, method, task_weights, seed, digest, folder }: PlannedRun,
  outcome: RunOutcome,
  outputDir: string,
  inputs: Pick<Comparison, "datasets">,
): RunReading[] {
  if (outcome.state !== "finished") return [];
  const { reused } = outcome;
  const place = { dataset, model, method, task_weights, seed, digest, folder, reused };
  const labels = inputs.datasets.find(({ name }) => name === dataset)?.labels ?? [];
  const reading = readComparedRun(join(outputDir, folder), place, labels);
  return reading === undefined ? [] : [reading];
}

function unfinishedRun(
  { dataset, model, method, task_weights, seed, digest, folder }: PlannedRun,
  outcome: RunOutcome,
): Comparison["unfinished"] {
  if (outcome.state === "finished") return [];
  const place = { dataset, model, method, task_weights, seed, digest, folder };
  if (outcome.state !== "failed") return [{ ...place, state: outcome.state, error: null }];
  const { code, message, hint = null } = outcome.error;
  return [{ ...place, state: "failed", error: { code, message, hint } }];
}

/** The runs of each data set and model, which share their test rows. */
function predictedGroups(
  readings: readonly RunReading[],
  datasets: Comparison["datasets"],
): PredictedGroup[] {
  return datasets.flatMap(({ name, labels }) => {
    const ofDataset = readings.filter(({ run }) => run.dataset === name);
    return [...new Set(ofDataset.map(({ run }) => run.model))].map((model) => {
      const members = ofDataset.filter(({ run }) => run.model === model);
      const [{ predictions }] = members;
      return {
        dataset: name,
        model,
        labels: labels.length,
        expected: predictions.expected,
        seenInTraining: predictions.seenInTraining,
        runs: members.map(({ run, predictions: { predicted } }) => ({
          method: run.method,
          task_weights: run.task_weights,
          seed: run.seed,
          predicted,
        })),
      };
    });
  });
}
