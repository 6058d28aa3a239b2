/** `report`: the folder of a run or of a comparison as one HTML page. */
import { exists, makeFolder, readText } from "../platform/files/files.js";
import { basename, dirname, join } from "../platform/paths.js";
import { parseComparison } from "../results/records/comparison.js";
import { renderComparison } from "../results/report/pages/comparison.js";
import { figuresCsv } from "../results/report/pages/figures-csv.js";
import type { ChartFile } from "../results/report/pages/markup.js";
import { renderRun } from "../results/report/pages/run.js";
import { requireWritable, writeWhole } from "../run/folder/run-folder.js";
import { readTrainedRun } from "../run/folder/trained-run.js";
import type { Host } from "../run/host/host.js";
import type { ReportSettings } from "../run/settings/schemas.js";

/** What `writeReport` wrote. */
export interface ReportResult {
  /** The page written. */
  readonly output: string;
  readonly bytes: number;
  /** The numbers of its charts, written beside it. */
  readonly figures: string;
  /** The charts written; none unless a folder was named for them. */
  readonly charts: readonly string[];
}

/**
 * Writes the page, report.html in the folder if no other place is named, the numbers of its charts beside it, and the charts where a folder is named for them.
 *
 * Throws `file-missing` for a folder with neither results.json nor a finished training run, `data-format` for damaged
 * files and `invalid-setting` for a place that cannot be written.
 */
export async function runReport(settings: ReportSettings, host: Host): Promise<ReportResult> {
  const { folder } = settings;
  const results = join(folder, "results.json");
  const { html, charts } = exists(results)
    ? renderComparison(parseComparison(readText(results), results))
    : renderRun(readTrainedRun(folder), { date: host.today() });
  const output = settings.output ?? join(folder, "report.html");
  const figures = figuresBeside(output);
  requireWritable(output);
  requireWritable(figures);
  writeWhole(output, html);
  writeWhole(figures, figuresCsv(charts));
  return {
    output,
    figures,
    bytes: new TextEncoder().encode(html).length,
    charts: settings.charts === undefined ? [] : writeCharts(settings.charts, charts),
  };
}

/** figures.csv beside report.html, NAME-figures.csv beside another NAME.html. */
function figuresBeside(page: string): string {
  const name = basename(page).replace(/\.html?$/i, "");
  return join(dirname(page), name === "report" ? "figures.csv" : `${name}-figures.csv`);
}

/** Writes FOLDER/ID.svg for every chart of the page. */
function writeCharts(folder: string, charts: readonly ChartFile[]): string[] {
  makeFolder(folder);
  return charts.map(({ id, svg }) => {
    const path = join(folder, `${id}.svg`);
    writeWhole(path, svg);
    return path;
  });
}
