/**
 * The report of a comparison: results.json, its tables, report.html and figures.csv, from its plan and the folders of its runs. The same
 * runs give the same bytes, wherever, when and in how many parts they were trained.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { exists } from "../../platform/files/files.js";
import {
  decidingMeasure,
  labelMeasureOf,
  labelMeasures,
} from "../../results/metrics/label-measures.js";
import type { Comparison, SweepRecord } from "../../results/records/comparison.js";
import type { MachineRecord, TrainingMachine } from "../../results/records/machine-record.js";
import type { MaskingSummary } from "../../results/records/masking-summary.js";
import { cellsCsv, cellsLatex } from "../../results/report/markdown/cell-tables.js";
import { comparisonPage } from "../../results/report/markdown/comparison.js";
import { spreadText } from "../../results/report/markdown/tables.js";
import { tuningCsv, tuningLatex } from "../../results/report/markdown/tuning-tables.js";
import { renderComparison } from "../../results/report/pages/comparison.js";
import { figuresCsv } from "../../results/report/pages/figures-csv.js";
import { comparisonCells } from "../../results/statistics/comparison-cells.js";
import {
  candidateTitle,
  comparisonNotes,
  needsWeights,
  sweptText,
} from "../../results/statistics/paired-notes.js";
import { type RunReading, readComparedRun } from "../../run/folder/compared-run.js";
import { writeJson, writeWhole } from "../../run/folder/run-folder.js";
import { readMaskingSummary } from "../../run/folder/trained-run.js";
import type { Host } from "../../run/host/host.js";
import { tunedCells } from "./chosen-values.js";
import type { Plan } from "./comparison-plan.js";
import { testedPairs } from "./paired-tests.js";
import { findFailure, isFinished } from "./run-ticket.js";

export interface ReportedComparison {
  readonly comparison: Comparison;
  /** The files written. */
  readonly files: readonly string[];
}

/**
 * Writes the report of the runs that are finished. While runs are missing, other than failed ones, and after a stop on request, it is
 * partial: no difference is tested; and nothing is written before any run is finished.
 *
 * `check` may throw for where the runs were trained, before anything is written. Throws `data-format` for a finished run whose files are
 * damaged.
 */
export async function writeReport(
  plan: Plan,
  folder: string,
  host: Host,
  check: (machines: readonly TrainingMachine[]) => void = () => undefined,
): Promise<ReportedComparison> {
  const { command, settings, versions, datasets, models } = plan;
  const readings = finishedRuns(plan, folder);
  const machines = machinesOf(readings);
  check(machines);
  const unfinished = unfinishedRuns(plan, folder, readings);
  const sweep = sweepRecordOf(plan, folder);
  const chose = plan.sweep?.tuned !== false;
  const whole = chose && unfinished.every(({ state }) => state === "failed");
  const samples = Number(settings.bootstrapSamples);
  const paired = whole ? await testedPairs(readings, datasets, samples, host) : undefined;
  const runs = readings.map(({ run }) => run);
  const comparison: Comparison = {
    format: "l3masking-comparison",
    version: 1,
    partial: paired === undefined,
    command,
    settings,
    versions,
    machines,
    runs_seconds: runs.reduce(
      (sum, { timing }) => sum + timing.scoring_seconds + timing.training_seconds,
      0,
    ),
    datasets,
    models,
    runs,
    unfinished,
    cells: comparisonCells(runs),
    paired: paired ?? [],
    ...(sweep && { sweep }),
    masking: plan.sweep === undefined ? plan.masking : maskingOfRuns(plan, folder),
    notes: paired === undefined ? [chose ? untestedNote : unchosenNote] : comparisonNotes(paired),
  };
  // A command that was stopped before any run was finished has nothing to put in place of earlier results.
  const tried = sweep?.cells.some(({ dev }) => dev !== null) ?? false;
  const write = paired !== undefined || runs.length > 0 || tried;
  return { comparison, files: write ? writeFiles(folder, comparison) : [] };
}

const untestedNote =
  "The comparison was stopped early, so no difference has been tested yet: run the same command again.";

const unchosenNote =
  "The swept settings are not chosen yet, so nothing is measured on test rows: run the same command again.";

/** What a sweep tried and chose; undefined where nothing is swept. */
function sweepRecordOf(plan: Plan, folder: string): SweepRecord | undefined {
  if (plan.sweep === undefined) return undefined;
  const { settings, samples } = plan.sweep;
  const measure =
    labelMeasures.find(({ name }) => name === plan.settings.metricForBestModel) ?? decidingMeasure;
  return {
    settings,
    samples,
    measure: measure.name,
    cells: tunedCells(plan, folder, measure.name),
  };
}

/** What the finished runs of a sweep mask, by the masking.json of the first seed of each place: their settings differ. */
function maskingOfRuns({ runs, masking: _ }: Plan, folder: string): MaskingSummary[] {
  const seen = new Set<string>();
  return runs.flatMap((run) => {
    const key = `${run.dataset} ${run.model} ${run.method}`;
    if (run.tuning === true || seen.has(key)) return [];
    const found = readMaskingSummary(join(folder, run.folder));
    if (found === undefined) return [];
    seen.add(key);
    return [{ ...found, dataset: run.dataset, model: run.model }];
  });
}

/** What was chosen on dev, a line for each place. */
export function choiceNotes({ sweep }: Pick<Comparison, "sweep">): string[] {
  if (sweep === undefined) return [];
  const { title } = labelMeasureOf(sweep.measure);
  const weighted = needsWeights(sweep.cells);
  const several = new Set(sweep.cells.map(({ dataset, model }) => `${dataset} ${model}`)).size > 1;
  return sweep.cells.flatMap((cell) => {
    if (!cell.chosen || cell.dev === null) return [];
    const place = several ? `${cell.dataset}, ${cell.model}, ` : "";
    const of = `${place}${candidateTitle(cell, weighted)}`;
    return [
      `chosen on dev for ${of}: ${sweptText(cell.swept)} (${title} ${spreadText(cell.dev[sweep.measure])})`,
    ];
  });
}

/** The record, its tables and its page; gives where they are. */
function writeFiles(folder: string, comparison: Comparison): string[] {
  writeJson(folder, "results.json", comparison);
  writeWhole(join(folder, "results.md"), comparisonPage(comparison));
  writeWhole(join(folder, "results.csv"), cellsCsv(comparison));
  writeWhole(join(folder, "results.tex"), cellsLatex(comparison));
  const { html, charts } = renderComparison(comparison);
  writeWhole(join(folder, "report.html"), html);
  writeWhole(join(folder, "figures.csv"), figuresCsv(charts));
  const tuning = comparison.sweep && {
    "tuning.csv": tuningCsv(comparison.sweep),
    "tuning.tex": tuningLatex(comparison.sweep),
  };
  for (const [name, text] of Object.entries(tuning ?? {})) writeWhole(join(folder, name), text);
  const names = [
    ...["results.json", "results.md", "results.csv", "results.tex"],
    ...["report.html", "figures.csv"],
  ];
  return [...names, ...Object.keys(tuning ?? {})].map((name) => join(folder, name));
}

/** What the finished runs left, in their order. Throws `data-format` for files that are damaged or hold other labels. */
function finishedRuns({ runs, datasets }: Plan, folder: string): RunReading[] {
  const labelsOf = new Map(datasets.map(({ name, labels }) => [name, labels]));
  const begun = new Set(namesIn(join(folder, "runs")));
  return runs.flatMap((place) => {
    if (place.tuning === true) return [];
    if (!begun.has(place.folder.replace(/^runs\//, ""))) return [];
    const labels = labelsOf.get(place.dataset) ?? [];
    return readComparedRun(join(folder, place.folder), place, labels) ?? [];
  });
}

function namesIn(folder: string): string[] {
  return exists(folder) ? readdirSync(folder) : [];
}

/** The other runs, and how far they came. */
function unfinishedRuns(
  { runs }: Plan,
  folder: string,
  readings: readonly RunReading[],
): Comparison["unfinished"] {
  const finished = new Set(readings.map(({ run }) => run.digest));
  return runs.flatMap((place): Comparison["unfinished"] => {
    const path = join(folder, place.folder);
    if (finished.has(place.digest) || (place.tuning && isFinished(path))) return [];
    const failure = findFailure(path);
    if (failure === undefined) {
      const begun = exists(join(path, "config.json"));
      return [{ ...place, state: begun ? "interrupted" : "waiting", error: null }];
    }
    const { code, message, hint } = failure;
    return [{ ...place, state: "failed", error: { code, message, hint } }];
  });
}

/** Each machine once, with the number of its runs. */
function machinesOf(readings: readonly RunReading[]): TrainingMachine[] {
  const counts = new Map<string, { machine: MachineRecord; runs: number }>();
  for (const { machine } of readings) {
    if (machine === undefined) continue;
    const key = JSON.stringify(machine);
    const known = counts.get(key) ?? { machine, runs: 0 };
    counts.set(key, { machine, runs: known.runs + 1 });
  }
  return [...counts.values()].map(({ machine, runs }) => ({ ...machine, runs }));
}
