/** A table of shares as shaded cells with numbers: which labels are taken for which. */
import { type Markup, markup, visible } from "../pages/markup.js";
import {
  CHART_WIDTH,
  type Chart,
  FONT_SIZE,
  fittedLabel,
  label,
  place,
  titleBlock,
} from "./chart.js";
import type { ChartPoint } from "./numbers.js";
import { textWidth } from "./text-width.js";

export interface HeatMapText {
  readonly title: string;
  readonly description: string;
  readonly rowTitle: string;
  readonly columnTitle: string;
}

const SMALLEST_CELL = 27;
const LARGEST_CELL = 52;
const CELL_HEIGHT = 27;
const NAME_WIDTH = 150;
/** The number stays readable in ink on the strongest shade, on light and on dark pages. */
const STRONGEST = 0.72;

/**
 * Counts by row and column [n][n], shown as whole percents of their row. Columns carry the numbers of the rows,
 * which stand before the names. Wider than other charts where there are many labels. A cell has its row and column as data, for
 * pages in which it can be chosen.
 */
export function heatMap(
  names: readonly string[],
  counts: readonly (readonly number[])[],
  text: HeatMapText,
): Chart {
  const numbered = names.map((name, index) => `${index + 1} ${name}`);
  const nameWidth = Math.min(
    NAME_WIDTH,
    Math.max(...numbered.map((name) => textWidth(visible(name), FONT_SIZE))) + 2,
  );
  const left = nameWidth + 8;
  const room = (CHART_WIDTH - left - 2) / names.length;
  const cell = Math.min(LARGEST_CELL, Math.max(SMALLEST_CELL, room));
  const width = Math.max(CHART_WIDTH, Math.ceil(left + names.length * cell + 2));
  const title = titleBlock(text.title, width);
  const top = title.height + 42;
  const height = top + names.length * CELL_HEIGHT + 4;
  const body = markup`
${title.body}
${label(text.columnTitle, left, title.height + 16, "start", "soft", "small")}
${label(text.rowTitle, 2, top - 8, "start", "soft", "small")}
${names.map((_, column) => label(String(column + 1), left + (column + 0.5) * cell, top - 8, "middle"))}
${counts.map((row, index) => rowMarks(names, index, row, { left, nameWidth, top, cell }))}
<path class="cell" d="${gridOutline(names.length, left, top, cell)}"/>`;
  const { title: name, description } = text;
  const numbers = {
    xTitle: "",
    yTitle: text.columnTitle,
    points: counts.flatMap((row, index) => rowPoints(names, index, row)),
  };
  return { title: name, description, width, height, body, numbers };
}

/** Shares of a row in percent, also those of none; nothing of a row without counts. */
function rowPoints(names: readonly string[], index: number, row: readonly number[]): ChartPoint[] {
  const sum = sumOf(row);
  if (sum === 0) return [];
  return row.map((count, column) => ({
    series: names[index],
    x: names[column],
    y: (100 * count) / sum,
  }));
}

interface CellPlaces {
  readonly left: number;
  readonly top: number;
  readonly cell: number;
  readonly nameWidth: number;
}

function rowMarks(
  names: readonly string[],
  index: number,
  row: readonly number[],
  { left, top, cell, nameWidth }: CellPlaces,
): Markup {
  const y = top + index * CELL_HEIGHT;
  const sum = sumOf(row);
  const cells = row.map((count, column) => {
    if (count === 0) return undefined;
    const share = count / sum;
    const x = left + column * cell;
    const shade = Number((share * STRONGEST).toFixed(2));
    return markup`<g data-row="${index}" data-column="${column}"><title>${names[index]} → ${names[column]}: ${count} of ${sum}</title><rect class="heat" fill-opacity="${shade}" x="${place(x)}" y="${y}" width="${place(cell)}" height="${CELL_HEIGHT}"/>${label(percentOf(share), x + cell / 2, y + 18, "middle")}</g>`;
  });
  const name = fittedLabel(`${index + 1} ${names[index]}`, left - 8, y + 18, nameWidth, "end");
  return markup`${name}${cells}`;
}

function sumOf(row: readonly number[]): number {
  return row.reduce((total, count) => total + count, 0);
}

function gridOutline(count: number, left: number, top: number, cell: number): string {
  const [width, height] = [place(count * cell), count * CELL_HEIGHT];
  const lines = Array.from({ length: count + 1 }, (_, index) => [
    `M${place(left)},${top + index * CELL_HEIGHT}h${width}`,
    `M${place(left + index * cell)},${top}v${height}`,
  ]);
  return lines.flat().join("");
}

/** Whole percents; a share above zero never reads as none. */
function percentOf(share: number): string {
  const percent = Math.round(100 * share);
  return percent === 0 ? "<1" : String(percent);
}
