/** Learning curves: how the dev metrics and the losses move while the models train. */

import { capitalized, count } from "../../../../base/figures.js";
import { labelMeasures } from "../../../metrics/label-measures.js";
import type { ComparedRun, TrainingPoint } from "../../../records/comparison.js";
import { extent, type LineSeries, lineChart, shortCount } from "../../charts/line-chart.js";
import { type Sample, seedCurve } from "../../charts/seed-curve.js";
import type { Group, NamedCandidate } from "../groups.js";
import { type Content, type Markup, markup } from "../markup.js";
import { figure, figures, table } from "../page.js";

/** Rows of a table of figures below a curve. */
const TABLE_ROWS = 16;

/** What a curve shows and in which unit. */
export interface CurveText {
  samples(run: ComparedRun): readonly Sample[];
  readonly id: string;
  readonly title: string;
  readonly caption: Content;
  readonly yTitle: string;
  /** Written form of a value; on the axis with the decimals that tell its ticks apart. */
  yFormat(value: number, decimals: number): string;
  readonly yIncludes?: readonly number[];
  /** In tables and sentences; four where absent. */
  readonly decimals?: number;
}

export const asNumber = (value: number, decimals: number) => value.toFixed(decimals);

/** Dev metrics and losses over optimizer steps, one line a method. */
export function curvesSection(group: Group): Markup {
  const dev = (of: (point: ComparedRun["dev_curve"][number]) => number) => (run: ComparedRun) =>
    run.dev_curve.map((point) => ({ x: point.step, y: of(point) }));
  const training = (of: (point: TrainingPoint) => number | null) => (run: ComparedRun) =>
    trainingSamples(run, of);
  const one = group.candidates.every(({ runs }) => runs.length === 1);
  return markup`
<p>Every run was evaluated on the dev split at intervals during training; the step with the best dev metric was kept.
${one ? undefined : "A line is the mean over the seeds; its band spans the lowest to the highest seed. Seeds may stop at different steps: a line ends where fewer than half are left. Training losses are averaged over neighbouring steps."}</p>
${figures([
  ...labelMeasures.map(({ name, title, better }) =>
    curveFigure(group, {
      samples: dev((point) => 100 * point[name]),
      id: `dev-${name.replaceAll("_", "-")}`,
      title: `${capitalized(title)} on dev`,
      caption: `${capitalized(better)} is better.`,
      yTitle: `${title} (%)`,
      yFormat: asNumber,
      decimals: 2,
    }),
  ),
  curveFigure(group, {
    samples: dev((point) => point.loss),
    id: "dev-loss",
    title: "Loss on dev",
    caption:
      "Lower is better. A rise while accuracy and F1 hold means that the classifier grows more confident in its wrong answers.",
    yTitle: "cross-entropy (nats)",
    yFormat: asNumber,
  }),
  curveFigure(group, {
    samples: training((point) => point.main_loss),
    id: "main-loss",
    title: "Training loss of the main task",
    caption: "Classification of the training texts.",
    yTitle: "cross-entropy (nats)",
    yFormat: asNumber,
  }),
  curveFigure(group, {
    samples: training((point) => point.auxiliary_loss),
    id: "auxiliary-loss",
    title: "Training loss of the auxiliary task",
    caption:
      "Prediction of masked tokens. L3Masking picks harder tokens, so its loss starts higher; the losses of different methods are not comparable.",
    yTitle: "cross-entropy (nats)",
    yFormat: asNumber,
  }),
])}`;
}

/** What `of` finds in the training curve of a run. */
export function trainingSamples(
  run: ComparedRun,
  of: (point: TrainingPoint) => number | null,
): readonly Sample[] {
  return run.training_curve.flatMap((point) => {
    const y = of(point);
    return y === null ? [] : [{ x: point.step, y }];
  });
}

/** A chart with one line a candidate; nothing where no run has such a curve. */
export function curveFigure(
  group: Pick<Group, "id" | "candidates">,
  { samples, id, title, caption, yTitle, yFormat, yIncludes, decimals = 4 }: CurveText,
): Markup | undefined {
  const series = group.candidates.flatMap((candidate): LineSeries[] => {
    const points = seedCurve(candidate.runs.map(samples));
    return points.length === 0 ? [] : [{ name: candidate.name, style: candidate.style, points }];
  });
  if (series.length === 0) return undefined;
  const written = (value: number) => yFormat(value, decimals);
  const ends = series.map(({ name, points }) => {
    const last = points[points.length - 1];
    return `${name} ends at ${written(last.y)}`;
  });
  const chart = lineChart(series, {
    title,
    description: `${yTitle} over optimizer steps. ${ends.join("; ")}.`,
    xTitle: "optimizer steps",
    yTitle,
    yFormat,
    ...(yIncludes && { yIncludes }),
  });
  return figure(chart, `${group.id}-${id}`, caption, curveTable(series, yTitle, written));
}

/** The curves at a few steps spread evenly over them. */
function curveTable(
  series: readonly LineSeries[],
  yTitle: string,
  written: (value: number) => string,
): Markup {
  const [first, last] = extent(series.flatMap(({ points }) => points.map(({ x }) => x)));
  const longest = series.reduce((a, b) => (b.points.length > a.points.length ? b : a)).points;
  const every = Math.max(1, Math.ceil(longest.length / TABLE_ROWS));
  const places = longest.filter((_, index) => index % every === 0 || index === longest.length - 1);
  const rows = places.map(({ x }) => [
    shortCount(Math.round(x)),
    ...series.map(({ points }) => {
      const point = points.find((one) => one.x === x);
      if (point === undefined) return "–";
      const range =
        point.low === undefined || point.high === undefined
          ? ""
          : ` (${written(point.low)} to ${written(point.high)})`;
      return `${written(point.y)}${range}`;
    }),
  ]);
  return table(
    [{ title: "Step" }, ...series.map(({ name }) => ({ title: name }))],
    rows,
    `${yTitle}: ${rows.length} of the steps from ${count(first)} to ${count(last)}; in brackets lowest and highest seed.`,
  );
}

/** Does any run of any candidate have what `of` looks for? */
export function anyTrainingPoint(
  candidates: readonly NamedCandidate[],
  of: (point: TrainingPoint) => boolean,
): boolean {
  return candidates.some(({ runs }) => runs.some((run) => run.training_curve.some(of)));
}
