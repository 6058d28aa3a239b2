/** What was reached with a part of the training texts. */
import { counted, percent } from "../../../../base/figures.js";
import { methodOf } from "../../../../method/methods.js";
import { labelMeasures } from "../../../metrics/label-measures.js";
import type { RunMetrics } from "../../../records/run-metrics.js";
import { type Markup, markup } from "../markup.js";
import { table } from "../page.js";

export function learningCurveSection({
  rows,
  points,
  text,
}: NonNullable<RunMetrics["learning_curve"]>): Markup {
  const heads = [
    { title: "Classifier" },
    { title: "Texts to train on" },
    ...labelMeasures.map(({ title }) => ({ title })),
  ];
  const lines = points.map((point) => [
    methodOf(point.method).title,
    String(point.texts),
    ...labelMeasures.map(({ name }) => percent(point[name])),
  ]);
  return markup`
<p>${text}</p>
${table(heads, lines, `On ${counted(rows, "held-out text")}. The standard error is that of the held-out texts alone: other training texts of the same number give somewhat other figures.`)}`;
}
