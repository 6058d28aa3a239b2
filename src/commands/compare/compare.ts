/** `compare`: methods x seeds x data sets x models, from files to tables, in reading order. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { makeFolder } from "../../platform/files/files.js";
import { holdingFolder } from "../../platform/files/folder-lock.js";
import { processorCount } from "../../platform/machine.js";
import type { Comparison } from "../../results/records/comparison.js";
import { comparisonPage } from "../../results/report/markdown/comparison.js";
import { resultTable } from "../../results/report/markdown/tables.js";
import { renderComparison } from "../../results/report/pages/comparison.js";
import { comparisonCells } from "../../results/statistics/comparison-cells.js";
import { comparisonNotes } from "../../results/statistics/paired-notes.js";
import { requireTrackers } from "../../results/trackers/trackers.js";
import { requireSharedPassFits } from "../../run/fine-tune/shared-pass.js";
import { openCommandLog } from "../../run/folder/command-log.js";
import { type PlacedCompareSettings, withComparisonFolder } from "../../run/folder/named-folder.js";
import { requireFreeFolder, writeJson, writeWhole } from "../../run/folder/run-folder.js";
import type { Host } from "../../run/host/host.js";
import { machineRecord } from "../../run/host/machine.js";
import { usableJobs } from "../../run/host/threads.js";
import { compareCommand } from "../../run/settings/command-line.js";
import type { CompareSettings } from "../../run/settings/schemas.js";
import { datasetSources } from "../../run/sources/dataset-sources.js";
import { readInputs } from "./compare-data.js";
import { candidates, plannedRuns, seedList } from "./compare-runs.js";
import { requireQueue } from "./executor/queue.js";
import { testedPairs } from "./paired-tests.js";
import { runFolderOf, runTicket } from "./run-ticket.js";
import { readTicket } from "./ticket.js";
import { finishedRuns, trainRuns, unfinishedRuns } from "./train-runs.js";

/** What `compare` wrote; the figures are in results.json of its folder. */
export interface CompareResult {
  readonly outputDir: string;
  /** The files written there. */
  readonly files: readonly string[];
  readonly finished: number;
  readonly failed: number;
  /** The table of results in Markdown. */
  readonly table: string;
}

/**
 * Trains every method with every seed on every data set from every model, and writes DIR, named after the data if no folder is given: runs/ with a folder for
 * each run, results.json, results.md and report.html. Runs that are finished are not repeated and those that were stopped
 * go on, whatever was added to the comparison since: a digest of what decides a run's result says which it is.
 *
 * A run that fails is recorded and the others go on. Throws the errors of data sets and models before anything is
 * trained; `interrupted` after a stop on request, when what is finished was written as a partial comparison, in which
 * no difference is tested; and `output-in-use` while another command works in DIR.
 */
export async function runCompare(given: CompareSettings, host: Host): Promise<CompareResult> {
  if (given.ticket !== undefined) return trainTicket(given.ticket, given.outputDir, host);
  const settings = withComparisonFolder(given, host);
  return holdingFolder(settings.outputDir, "compare", host, () => compareInFolder(settings, host));
}

/** The run of one ticket, as a process of an executor trains it. Throws `interrupted` after a stop on request. */
async function trainTicket(
  place: string,
  outputDir: string | undefined,
  host: Host,
): Promise<CompareResult> {
  if (outputDir === undefined) {
    throw new L3MaskingError("missing-setting", "expected the folder of the comparison", {
      hint: "Add --output-dir.",
    });
  }
  const ticket = readTicket(place);
  const end = await runTicket(ticket, outputDir, host);
  const run = runFolderOf(ticket, outputDir);
  if (end.state === "interrupted") {
    throw new L3MaskingError("interrupted", `the run in ${run} was stopped`, {
      hint: "Run the same command again: it goes on from the last saved step.",
    });
  }
  if (end.state === "failed") {
    const { code, message, hint } = end.error;
    const text = [`the run in ${run} failed: ${code}: ${message}`, ...(hint ? [hint] : [])];
    host.emit({ type: "notice", level: "warning", text: text.join("\n") });
  }
  const failed = end.state === "failed" ? 1 : 0;
  return { outputDir, files: [], finished: 1 - failed, failed, table: "" };
}

async function compareInFolder(
  settings: PlacedCompareSettings,
  host: Host,
): Promise<CompareResult> {
  const start = host.now();
  const { outputDir } = settings;
  requireFreeFolder(outputDir);
  // Faults of the lists come before the work on texts.
  seedList(settings.seeds);
  candidates(settings);
  requireSharedPassFits(settings);
  requireTrackers(settings, host);
  if (settings.executor === "queue") await requireQueue(settings, host);
  const sources = await datasetSources(settings, host);
  const runtime = await host.runtime(settings.threads);
  const inputs = await readInputs(settings, sources, runtime, host);
  const { datasets, models, masking } = inputs;

  makeFolder(join(outputDir, "runs"));
  const existing = readdirSync(join(outputDir, "runs"));
  // Elsewhere than in threads there may be more processors.
  const processors = settings.executor === "threads" ? processorCount() : Number.POSITIVE_INFINITY;
  const { jobs, notice } = usableJobs(settings.jobs, processors);
  if (notice !== undefined) host.emit(notice);
  const threads = Math.max(1, Math.floor(runtime.threads / jobs));
  const runs = plannedRuns(settings, { sources, ...inputs }, threads, existing);
  const commands = openCommandLog(join(outputDir, "commands.jsonl"));
  const outcomes = await trainRuns(runs, { ...settings, jobs }, host);
  const readings = finishedRuns(runs, outcomes, settings, datasets);
  const stopped = outcomes.some(({ state }) => state === "interrupted" || state === "waiting");
  const paired = stopped
    ? undefined
    : await testedPairs(readings, datasets, settings.bootstrapSamples, host);

  const command = compareCommand(settings);
  commands.append(command, (host.now() - start) / 1000);
  const finished = readings.map(({ run }) => run);
  const comparison: Comparison = {
    format: "l3masking-comparison",
    version: 1,
    partial: paired === undefined,
    command,
    settings,
    machine: machineRecord(runtime),
    wall: commands.wallTime(finished),
    datasets,
    models,
    runs: finished,
    unfinished: unfinishedRuns(runs, outcomes),
    cells: comparisonCells(finished),
    paired: paired ?? [],
    masking,
    notes: paired === undefined ? [untestedNote] : comparisonNotes(paired),
  };
  // A command that was stopped before any run was finished has nothing to put in place of earlier results.
  const write = paired !== undefined || finished.length > 0;
  const files = write ? writeComparison(outputDir, comparison, host.today()) : [];
  if (paired === undefined) throw interrupted(comparison, outputDir);
  return {
    outputDir,
    files,
    finished: finished.length,
    failed: outcomes.filter(({ state }) => state === "failed").length,
    table: tableOf(comparison),
  };
}

const untestedNote =
  "The comparison was stopped early, so no difference has been tested yet: run the same command again.";

/** The record, its tables and its page; gives where they are. */
function writeComparison(folder: string, comparison: Comparison, date: string): string[] {
  writeJson(folder, "results.json", comparison);
  writeWhole(join(folder, "results.md"), comparisonPage(comparison));
  writeWhole(join(folder, "report.html"), renderComparison(comparison, { date }).html);
  return ["results.json", "results.md", "report.html"].map((name) => join(folder, name));
}

/** The table of results in Markdown, of the test rows if there are any. */
function tableOf(comparison: Comparison): string {
  const { runs } = comparison;
  const rows = runs.some(({ test }) => test !== null) ? "test" : "dev";
  return runs.length === 0 ? "" : resultTable(comparison, rows);
}

function interrupted({ runs, unfinished }: Comparison, outputDir: string): L3MaskingError {
  const written =
    runs.length === 0 ? "" : ` Results so far are in ${join(outputDir, "results.md")}.`;
  return new L3MaskingError(
    "interrupted",
    `the comparison was stopped after ${runs.length} of ${runs.length + unfinished.length} runs`,
    {
      hint: `Run the same command again: finished runs are kept, the others resume.${written}`,
    },
  );
}
