/** The charts of a page as numbers, a row for each point that they draw. */
import { csvText } from "../markdown/cell-tables.js";
import { type ChartFile, visible } from "./markup.js";

const columns = ["id", "figure", "series", "x_title", "x", "x_end", "y_title", "y", "low", "high"];

/**
 * The charts as CSV (RFC 4180), in their order on the page. Names are as the page shows them, numbers in the unit of their axis with every
 * digit; what a chart does not have is empty.
 */
export function figuresCsv(charts: readonly ChartFile[]): string {
  const rows = charts.flatMap(({ id, title, numbers: { xTitle, yTitle, points } }) =>
    points.map(({ series, x, xEnd, y, low, high }) =>
      [id, title, series, xTitle, x, xEnd, yTitle, y, low, high].map((one = "") =>
        visible(String(one)),
      ),
    ),
  );
  return csvText([columns, ...rows]);
}
