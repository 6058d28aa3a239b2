/** Groups of horizontal bars: names stay readable however many and however long they are. */
import { type Markup, markup, visible } from "../pages/markup.js";
import {
  CHART_WIDTH,
  type Chart,
  FONT_SIZE,
  fittedLabel,
  label,
  legendBlock,
  place,
  titleBlock,
  xAxisTitle,
} from "./chart.js";
import type { ChartPoint } from "./numbers.js";
import { linearScale, type Scale } from "./scale.js";
import { marker, seriesClass } from "./series.js";
import { textWidth } from "./text-width.js";

export interface Bar {
  /** At least 0; undefined leaves its place empty. */
  readonly value: number | undefined;
  /** Half the length of the whisker around the end. */
  readonly spread?: number | undefined;
  /** Read when the bar is pointed at. */
  readonly text: string;
}

export interface BarGroup {
  readonly name: string;
  /** One for each series. */
  readonly bars: readonly Bar[];
}

export interface BarChartText {
  readonly title: string;
  readonly description: string;
  /** With the unit. */
  readonly xTitle: string;
  xFormat(value: number, decimals: number): string;
  /** Where the axis ends at least. */
  readonly xAtLeast?: number;
}

export interface BarSeries {
  readonly name: string;
  readonly style: number;
}

const MAXIMAL_NAME_SHARE = 0.42;
const GROUP_GAP = 9;

/** A chart of at least one group. */
export function barChart(
  series: readonly BarSeries[],
  groups: readonly BarGroup[],
  text: BarChartText,
): Chart {
  const title = titleBlock(text.title);
  const legend = legendBlock(
    series.map(({ name, style }) => ({ name, series: style, form: "bar" })),
  );
  const nameWidth = Math.min(
    MAXIMAL_NAME_SHARE * CHART_WIDTH,
    Math.max(...groups.map(({ name }) => textWidth(visible(name), FONT_SIZE))) + 2,
  );
  const left = nameWidth + 8;
  const right = CHART_WIDTH - 16;
  const ends = groups.flatMap(({ bars }) =>
    bars.map(({ value = 0, spread = 0 }) => value + spread),
  );
  const furthest = Math.max(text.xAtLeast ?? 0, ...ends);
  const x = linearScale([0, furthest === 0 ? 1 : furthest], [left, right], 4);
  const thickness = series.length === 1 ? 13 : series.length === 2 ? 10 : 8.5;
  const groupHeight = Math.max(series.length * thickness, 16) + GROUP_GAP;
  const top = title.height + legend.height + 6;
  const bottom = top + groups.length * groupHeight + 2;
  const body = markup`
${title.body}<g transform="translate(0,${title.height})">${legend.body}</g>
${x.ticks.map((tick) => markup`<path class="grid" d="M${place(x.at(tick))},${top}V${place(bottom)}"/>${label(text.xFormat(tick, x.decimals), x.at(tick), bottom + 16, "middle")}`)}
${xAxisTitle(text.xTitle, left, right, bottom + 34)}
${groups.map((group, index) => {
  const start = top + index * groupHeight + GROUP_GAP / 2;
  const middle = start + (groupHeight - GROUP_GAP) / 2;
  const first = middle - (series.length * thickness) / 2;
  return markup`${fittedLabel(group.name, left - 8, middle + 4.5, nameWidth, "end")}${group.bars.map((bar, order) => barMark(bar, series[order].style, x, first + order * thickness, thickness))}`;
})}
<path class="axis" d="M${place(left)},${top}V${place(bottom)}"/>`;
  const { title: name, description } = text;
  const numbers = { xTitle: "", yTitle: text.xTitle, points: barPoints(series, groups) };
  return { title: name, description, width: CHART_WIDTH, height: bottom + 42, body, numbers };
}

function barPoints(series: readonly BarSeries[], groups: readonly BarGroup[]): ChartPoint[] {
  return groups.flatMap(({ name: x, bars }) =>
    bars.flatMap(({ value: y, spread }, order) => {
      if (y === undefined) return [];
      const ends = spread === undefined ? {} : { low: y - spread, high: y + spread };
      return [{ series: series[order].name, x, y, ...ends }];
    }),
  );
}

function barMark(bar: Bar, style: number, x: Scale, top: number, thickness: number): Markup {
  const { value, spread, text } = bar;
  if (value === undefined) return markup`<g><title>${text}</title></g>`;
  const [zero, end, middle] = [x.at(0), x.at(value), place(top + thickness / 2)];
  const tint = seriesClass(style);
  const whisker =
    spread !== undefined && spread > 0
      ? markup`<path class="whisker ${tint}" d="M${place(Math.max(zero, x.at(value - spread)))},${middle}H${place(x.at(value + spread))}"/>`
      : undefined;
  return markup`<g><title>${text}</title><rect class="fill bar ${tint}" x="${place(zero)}" y="${place(top + 1)}" width="${place(end - zero)}" height="${place(thickness - 2)}"/>${whisker}${marker(style, place(end), middle)}</g>`;
}
