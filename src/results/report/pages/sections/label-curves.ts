/** Of each label, what a higher or lower threshold would bring; for texts that can have several labels. */
import { percent } from "../../../../base/figures.js";
import type { LabelCurve, LabelCurves } from "../../../records/label-curves.js";
import { lineChart } from "../../charts/line-chart.js";
import { type Markup, markup } from "../markup.js";
import { figure, figures, foreign, table } from "../page.js";

/** Of more labels than this the most frequent ones have a chart. */
const MOST_CHARTS = 12;

export function labelCurvesSection(
  { labels }: LabelCurves,
  { split, id }: { readonly split: string; readonly id: string },
): Markup {
  const shown = labels
    .filter(({ rows }) => rows > 0)
    .toSorted((a, b) => b.rows - a.rows)
    .slice(0, MOST_CHARTS);
  const figuresTable = table(
    ["Label", "Rows", "Given from", "Precision", "Recall", "F1", "Average precision"].map(
      (title) => ({ title }),
    ),
    labels.map(({ label, rows, threshold, precision, recall, f1, average_precision: average }) => [
      foreign(label),
      rows,
      threshold.toFixed(3),
      ...[precision, recall, f1].map(percent),
      average === null ? "–" : percent(average),
    ]),
    `On the ${split} rows. A label is given from the probability in the third column on, which was fitted on texts that the classifier was not trained on.`,
  );
  const more = labels.length - shown.length;
  return markup`
<p>Each label is a decision of its own. With a lower threshold more texts get the label: more of those that have it are found (recall), and
fewer of those that get it have it (precision). A curve that stays high is a label that the classifier can tell.${more > 0 ? ` The ${shown.length} most frequent labels are shown.` : undefined}</p>
${figures(shown.map((curve, index) => curveFigure(curve, `${id}-curve-${index}`)))}
${figuresTable}`;
}

function curveFigure(curve: LabelCurve, id: string): Markup {
  const { label, rows, precision, recall, average_precision: average, points } = curve;
  const percentages = points.map(([x, y]) => ({ x: 100 * x, y: 100 * y }));
  const chart = lineChart([{ name: "precision", style: 1, points: percentages }], {
    title: label,
    description: `Precision over recall of the label ${label}, in percent, for all thresholds. The table below has the figures of all labels.`,
    xTitle: "recall (%)",
    yTitle: "precision (%)",
    yFormat: (value, decimals) => value.toFixed(decimals),
    yIncludes: [0, 100],
  });
  const caption = `${rows} ${rows === 1 ? "row" : "rows"}; average precision ${average === null ? "–" : percent(average)}. At its threshold: precision ${percent(precision)}, recall ${percent(recall)}.`;
  const data = table(
    [{ title: "Recall" }, { title: "Precision" }],
    points.map(([x, y]) => [percent(x), percent(y)]),
  );
  return figure(chart, id, caption, data);
}
