/** A chart as SVG: its frame for readers and screen readers, its words, its legend. */
import { type Content, Markup, markup, visible } from "../pages/markup.js";
import type { ChartNumbers } from "./numbers.js";
import { chartStyle, dashes, marker, palette, seriesClass } from "./series.js";
import { fitted, textWidth, wrapped } from "./text-width.js";

/**
 * Width of a chart in its own units, which are pixels when it is shown in full size. Narrow, so that its text stays
 * readable on a telephone, where a chart fills the screen; wide pages show several beside each other.
 */
export const CHART_WIDTH = 380;
export const FONT_SIZE = 13;
export const SMALL_FONT_SIZE = 11.5;
const TITLE_SIZE = 15;
/** Titles are bold, and so wider than the text that widths are estimated for. */
const TITLE_STRETCH = 1.12;
const LINE = 18;

export interface Chart {
  readonly title: string;
  /** What the chart shows, in a sentence or two, for those who cannot see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly body: Content;
  /** What the body draws. */
  readonly numbers: ChartNumbers;
}

/** A chart inside a page that has `chartStyle`; `id` must be the only one of its kind in the page. */
export function chartElement(chart: Chart, id: string): Markup {
  const { source } = svg(chart, id);
  const { title, numbers } = chart;
  return new Markup(source, [{ id, title, svg: standaloneChart(chart), numbers }]);
}

const fileStyle = new Markup(`<style>${chartStyle((name) => palette[name].light)}</style>`);

/** A chart as a file of its own, on a light ground, with nothing that a simple viewer may not know. */
export function standaloneChart(chart: Chart): string {
  const size = markup` width="${chart.width}" height="${chart.height}"`;
  return `${svg(chart, "chart", size, markup`${fileStyle}<rect class="paper"${size}/>`).source}\n`;
}

/** In a page size, style and ground come from the page. */
function svg(chart: Chart, id: string, size?: Markup, ground?: Markup): Markup {
  const { title, description, width, height, body } = chart;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}"${size} role="img" aria-labelledby="${id}-title ${id}-text"><title id="${id}-title">${title}</title><desc id="${id}-text">${description}</desc>${ground}${body}</svg>`;
}

export type Anchor = "start" | "middle" | "end";

/** One line of text with its base line at y. */
export function label(
  text: string,
  x: number,
  y: number,
  anchor: Anchor = "start",
  ...classes: readonly string[]
): Markup {
  const names = [...(anchor === "start" ? [] : [anchor]), ...classes].join(" ");
  return markup`<text x="${place(x)}" y="${place(y)}"${names === "" ? undefined : markup` class="${names}"`}>${text}</text>`;
}

/** Text cut to a width; where it was cut, pointing at it shows all. */
export function fittedLabel(text: string, x: number, y: number, width: number, anchor: Anchor) {
  const whole = visible(text);
  const shown = fitted(whole, width, FONT_SIZE);
  if (shown === whole) return label(text, x, y, anchor);
  return markup`<g><title>${text}</title>${label(shown, x, y, anchor)}</g>`;
}

/** The title below an x axis from `left` to `right`: in its middle, or flush right where it is longer. */
export function xAxisTitle(text: string, left: number, right: number, y: number): Markup {
  const fits = textWidth(text, SMALL_FONT_SIZE) <= right - left;
  return fits
    ? label(text, (left + right) / 2, y, "middle", "soft", "small")
    : label(
        fitted(text, CHART_WIDTH - 4, SMALL_FONT_SIZE),
        CHART_WIDTH - 2,
        y,
        "end",
        "soft",
        "small",
      );
}

/** Tenths of a pixel are enough. */
export function place(value: number): number {
  return Math.round(value * 10) / 10;
}

export interface Block {
  readonly body: Markup;
  readonly height: number;
}

/** The title, over as many lines as it needs. */
export function titleBlock(title: string, width = CHART_WIDTH): Block {
  const lines = wrapped(visible(title), width - 4, TITLE_SIZE * TITLE_STRETCH);
  const body = markup`${lines.map((line, index) => label(line, 2, 15 + index * LINE, "start", "title"))}`;
  return { body, height: lines.length * LINE + 4 };
}

export interface LegendEntry {
  readonly name: string;
  readonly series: number;
  /** A line with its dashes, or the look of a bar. */
  readonly form: "line" | "bar";
}

/** Names of the series with their looks, over as many lines as they need; starts at y = 0. */
export function legendBlock(entries: readonly LegendEntry[], width = CHART_WIDTH): Block {
  const SAMPLE = 30;
  const GAP = 16;
  let [x, row] = [2, 0];
  const items = entries.map(({ name, series, form }) => {
    const shown = fitted(visible(name), width - SAMPLE - 8, FONT_SIZE);
    const extent = SAMPLE + textWidth(shown, FONT_SIZE) + GAP;
    if (x > 2 && x + extent - GAP > width) [x, row] = [2, row + 1];
    const y = row * LINE + 10;
    const item = markup`${sample(series, form, x, y)}${label(shown, x + SAMPLE, y + 4)}`;
    x += extent;
    return item;
  });
  return { body: markup`<g>${items}</g>`, height: (row + 1) * LINE + 4 };
}

function sample(series: number, form: "line" | "bar", x: number, y: number): Markup {
  const tint = seriesClass(series);
  const stroke =
    form === "line"
      ? markup`<path class="line ${tint}"${dashes(series)} d="M${place(x)},${y}h24"/>`
      : markup`<rect class="fill bar ${tint}" x="${place(x)}" y="${y - 4}" width="18" height="8"/>`;
  return markup`${stroke}${marker(series, place(x) + (form === "line" ? 12 : 18), y)}`;
}
