/** Lines with bands: how figures move over the steps of training. */
import { type Markup, markup } from "../pages/markup.js";
import {
  CHART_WIDTH,
  type Chart,
  label,
  legendBlock,
  place,
  SMALL_FONT_SIZE,
  titleBlock,
  xAxisTitle,
} from "./chart.js";
import { linearScale, type Scale } from "./scale.js";
import { dashes, marker, seriesClass } from "./series.js";
import { textWidth } from "./text-width.js";

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the band at this point. */
  readonly low?: number;
  readonly high?: number;
}

export interface LineSeries {
  readonly name: string;
  /** Which look, see `series.ts`. */
  readonly style: number;
  /** By ascending x. */
  readonly points: readonly CurvePoint[];
}

export interface LineChartText {
  readonly title: string;
  readonly description: string;
  readonly xTitle: string;
  /** With the unit. */
  readonly yTitle: string;
  /** Written form of a value on the y axis; `decimals` tell the ticks apart. */
  yFormat(value: number, decimals: number): string;
  /** Values that the y axis shows in any case. */
  readonly yIncludes?: readonly number[];
}

const PLOT_HEIGHT = 190;
const MARKERS = 6;

/** A chart of at least one series with at least one point. */
export function lineChart(series: readonly LineSeries[], text: LineChartText): Chart {
  const title = titleBlock(text.title);
  const legend = legendBlock(
    series.map(({ name, style }) => ({ name, series: style, form: "line" })),
  );
  const points = series.flatMap((each) => each.points);
  const heights = points.flatMap(({ y, low = y, high = y }) => [y, low, high]);
  const top = title.height + legend.height + 26;
  const bottom = top + PLOT_HEIGHT;
  const y = linearScale(extent([...heights, ...(text.yIncludes ?? [])]), [bottom, top], 5);
  const yLabels = y.ticks.map((tick) => text.yFormat(tick, y.decimals));
  const left = Math.max(...yLabels.map((word) => textWidth(word, 13))) + 10;
  const x = linearScale(extent(points.map((point) => point.x)), [left, CHART_WIDTH - 14], 4);
  const body = markup`
${title.body}<g transform="translate(0,${title.height})">${legend.body}</g>
${label(text.yTitle, 2, top - 11, "start", "soft", "small")}
${y.ticks.map((tick, index) => markup`<path class="grid" d="M${place(left)},${place(y.at(tick))}H${CHART_WIDTH - 14}"/>${label(yLabels[index], left - 6, y.at(tick) + 4.5, "end")}`)}
${xAxis(x, bottom, left)}
${xAxisTitle(text.xTitle, left, CHART_WIDTH - 14, bottom + 36)}
${series.map((each) => band(each, x, y))}
${series.map((each, index) => curve(each, index / series.length, x, y))}`;
  const { title: name, description } = text;
  const { xTitle, yTitle } = text;
  const drawn = series.flatMap((each) =>
    each.points.map((point) => ({ series: each.name, ...point })),
  );
  const numbers = { xTitle, yTitle, points: drawn };
  return { title: name, description, width: CHART_WIDTH, height: bottom + 44, body, numbers };
}

/** Lowest and highest of at least one value. Not by spreading: lists may be long. */
export function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** A count as short as it can be: 1500 as 1.5k, 20000000 as 20M. */
export function shortCount(value: number): string {
  const [divisor, unit] =
    Math.abs(value) >= 1e9
      ? [1e9, "G"]
      : Math.abs(value) >= 1e6
        ? [1e6, "M"]
        : Math.abs(value) >= 1e4
          ? [1e3, "k"]
          : [1, ""];
  return `${Number((value / divisor).toPrecision(4))}${unit}`;
}

function xAxis(x: Scale, bottom: number, left: number): Markup {
  const ticks = x.ticks.map((tick, index) => {
    const word = shortCount(tick);
    // The last label must not run over the edge.
    const atEnd = index === x.ticks.length - 1 && textWidth(word, SMALL_FONT_SIZE) > 26;
    const [place_, anchor] = atEnd
      ? [CHART_WIDTH - 2, "end" as const]
      : [x.at(tick), "middle" as const];
    return markup`<path class="axis" d="M${place(x.at(tick))},${bottom}v5"/>${label(word, place_, bottom + 18, anchor)}`;
  });
  return markup`<path class="axis" d="M${place(left)},${bottom}H${CHART_WIDTH - 14}"/>${ticks}`;
}

function band({ points, style }: LineSeries, x: Scale, y: Scale): Markup | undefined {
  const spread = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (spread.length < 2) return undefined;
  const side = (value: (point: CurvePoint) => number, list: readonly CurvePoint[]) =>
    list.map((point) => `${place(x.at(point.x))},${place(y.at(value(point)))}`).join("L");
  const upper = side(({ y: mean, high = mean }) => high, spread);
  const lower = side(({ y: mean, low = mean }) => low, spread.toReversed());
  return markup`<path class="fill band ${seriesClass(style)}" d="M${upper}L${lower}Z"/>`;
}

/** The line and a few markers; `shift` moves them along so that those of other lines do not cover them. */
function curve({ points, style }: LineSeries, shift: number, x: Scale, y: Scale): Markup {
  const line = points.map((point) => `${place(x.at(point.x))},${place(y.at(point.y))}`).join("L");
  const every = points.length / MARKERS;
  const marked =
    points.length <= MARKERS
      ? points
      : Array.from({ length: MARKERS }, (_, index) => points[Math.floor((index + shift) * every)]);
  return markup`<path class="line ${seriesClass(style)}"${dashes(style)} d="M${line}"/>${marked.map((point) => marker(style, place(x.at(point.x)), place(y.at(point.y))))}`;
}
