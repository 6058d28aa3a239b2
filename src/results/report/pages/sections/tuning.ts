/** What a sweep tried on dev for a data set and model, and chose. */
import { labelMeasureOf } from "../../../metrics/label-measures.js";
import type { SweepRecord } from "../../../records/comparison.js";
import { candidateTitle, needsWeights, settingWords } from "../../../statistics/paired-notes.js";
import { interval } from "../../markdown/cell-tables.js";
import { spreadText } from "../../markdown/tables.js";
import { tuningText } from "../../markdown/tuning-tables.js";
import type { Group } from "../groups.js";
import { type Markup, markup } from "../markup.js";
import { foreign, table } from "../page.js";

/** Undefined where nothing was tried. */
export function tuningSection(
  { dataset, model }: Pick<Group, "dataset" | "model">,
  sweep: SweepRecord | undefined,
): Markup | undefined {
  const cells = (sweep?.cells ?? []).filter(
    (cell) => cell.dataset === dataset.name && cell.model === model.name,
  );
  if (sweep === undefined || cells.length === 0) return undefined;
  const weighted = needsWeights(sweep.cells);
  const { title } = labelMeasureOf(sweep.measure);
  const rows = cells.map((cell) => {
    const spread = cell.dev?.[sweep.measure];
    const { low, high } = spread ? interval(spread) : { low: null, high: null };
    const percent = (value: number) => (100 * value).toFixed(1);
    return [
      candidateTitle(cell, weighted),
      ...sweep.settings.map(({ name }) => foreign(String(cell.swept[name] ?? "–"))),
      { content: spread === undefined ? "–" : spreadText(spread), best: cell.chosen },
      low === null || high === null ? "–" : `${percent(low)} to ${percent(high)}`,
      `${cell.seeds.length}${cell.failed === 0 ? "" : `, ${cell.failed} failed`}`,
    ];
  });
  const columns = [
    { title: "Method" },
    ...sweep.settings.map(({ name }) => ({ title: foreign(settingWords(name)) })),
    { title: `Dev ${title}` },
    { title: "95 % interval" },
    { title: "Seeds" },
  ];
  const caption = "Mean ± sample standard deviation over seeds. Bold: what was chosen.";
  return markup`<p>${tuningText(sweep)}</p>${table(columns, rows, caption)}`;
}
