/** How well each label is predicted, and which labels are confused. */

import { percent } from "../../../../base/figures.js";
import type { LabelMetrics } from "../../../records/measures.js";
import type { RowSet } from "../../../records/paired-comparison.js";
import { spread } from "../../../statistics/comparison-cells.js";
import { barChart } from "../../charts/bar-chart.js";
import { heatMap } from "../../charts/heat-map.js";
import { spreadText } from "../../markdown/tables.js";
import { type Group, metricsOn, type NamedCandidate } from "../groups.js";
import { type Markup, markup } from "../markup.js";
import { figure, figures, foreign, table } from "../page.js";

/** Rows that figures of labels are of, and what they are called in a sentence. */
export interface LabelledRows {
  readonly rows: RowSet;
  readonly name: string;
}

/** F1 of every label by method. */
export function perLabelSection(group: Group, { rows, name }: LabelledRows): Markup {
  const { labels } = group.dataset;
  const candidates = group.candidates.filter((one) => metricsOn(rows, one).length > 0);
  const measured = labels.map((label) => ({
    label,
    support: supportOf(label, candidates, rows),
    values: candidates.map((one) => labelMetrics(label, one, rows)),
  }));
  const single = candidates.every(({ runs }) => runs.length === 1);
  const chart = barChart(
    candidates,
    measured.map(({ label, values }) => ({
      name: label,
      bars: values.map((list, index) => {
        const method = candidates[index].name;
        if (list.length === 0) return { value: undefined, text: `${method}, ${label}: –` };
        const f1 = spread(list.map((metrics) => metrics.f1));
        const text = `${method}, ${label}: ${spreadText(f1)}`;
        const whisker = f1.std === null ? undefined : 100 * f1.std;
        return { value: 100 * f1.mean, spread: whisker, text };
      }),
    })),
    {
      title: "F1 of each label",
      description: `Mean F1 of ${labels.length} labels for ${candidates.map(({ name }) => name).join(", ")}. The table below has the figures.`,
      xTitle: single ? "F1 (%)" : "F1 (%), whisker: ± standard deviation over seeds",
      xFormat: (value, decimals) => value.toFixed(decimals),
      xAtLeast: 100,
    },
  );
  const figuresTable = table(
    [{ title: "Label" }, { title: "Rows" }, ...candidates.map(({ name }) => ({ title: name }))],
    measured.map(({ label, support, values }) => [
      foreign(label),
      support,
      ...values.map((list) =>
        list.length === 0 ? "–" : spreadText(spread(list.map(({ f1 }) => f1))),
      ),
    ]),
    single ? "F1." : "F1, mean ± sample standard deviation over seeds.",
  );
  const detail = table(
    [
      { title: "Label" },
      ...candidates.flatMap(({ name }) => [
        { title: `${name}: precision` },
        { title: `${name}: recall` },
      ]),
    ],
    measured.map(({ label, values }) => [
      foreign(label),
      ...values.flatMap((list) => [
        meanPercent(list.map(({ precision }) => precision)),
        meanPercent(list.map(({ recall }) => recall)),
      ]),
    ]),
    single ? "Precision and recall." : "Precision and recall, mean over seeds.",
  );
  const rare = measured.filter(({ support }) => support < FEW_ROWS).length;
  const caption = markup`On ${name}.${rare === 0 ? undefined : ` ${rare} of the labels ${rare === 1 ? "has" : "have"} fewer than ${FEW_ROWS} rows here: a single row moves ${rare === 1 ? "its" : "their"} F1 a lot.`}`;
  return figures([
    figure(chart, `${group.id}-labels`, caption, detail, "Precision and recall"),
    markup`<div class="beside">${figuresTable}</div>`,
  ]);
}

/** With fewer rows one answer moves F1 by several points. */
const FEW_ROWS = 20;

/** With more labels a matrix has more cells than anyone can look at. */
const MATRIX_LABELS = 40;

/** So many confusions are listed in its place. */
const LISTED_CONFUSIONS = 30;

/** A confusion matrix for each method, all seeds together; of many labels the most frequent confusions. */
export function confusionSection(group: Group, { rows, name }: LabelledRows): Markup {
  const { labels } = group.dataset;
  const maps = group.candidates.map((candidate) => {
    const matrices = metricsOn(rows, candidate).map(({ confusion }) => confusion);
    if (matrices.length === 0) return undefined;
    const counts = labels.map((_, row) =>
      labels.map((_, column) => matrices.reduce((sum, matrix) => sum + matrix[row][column], 0)),
    );
    const pooled = matrices.length === 1 ? "" : `, ${matrices.length} seeds together`;
    if (labels.length > MATRIX_LABELS) {
      return markup`<div class="beside"><p>${candidate.name}: the most frequent confusions${pooled}. ${foreign(strongestConfusion(labels, counts))}</p>${confusionList(labels, counts)}</div>`;
    }
    const chart = heatMap(labels, counts, {
      title: candidate.name,
      description: `Confusion matrix of ${candidate.name}: of the rows of each label, the percentage that got each label. ${strongestConfusion(labels, counts)}`,
      rowTitle: "expected",
      columnTitle: "predicted: % of the row",
    });
    return figure(
      chart,
      `${group.id}-confusion-${candidate.style}`,
      markup`Rows in percent${pooled}. ${foreign(strongestConfusion(labels, counts))}`,
      table(
        [{ title: "Expected" }, ...labels.map((_, index) => ({ title: String(index + 1) }))],
        counts.map((row, index) => [markup`${index + 1} ${foreign(labels[index])}`, ...row]),
        `Number of rows${pooled}.`,
      ),
    );
  });
  if (labels.length > MATRIX_LABELS) {
    return markup`
<p>With ${labels.length} labels a matrix would be too large to read. These are the pairs of labels that were mistaken for each other in
most rows, at most ${LISTED_CONFUSIONS} of each method. On ${name}.</p>
${figures(maps)}`;
  }
  return markup`
<p>A row stands for the label that a text has, a column for the label that the model gave it. Everything off the diagonal
is an error. On ${name}.</p>
${figures(maps)}`;
}

/** The errors with most rows, most first; of equal ones in the order of the labels. */
function confusionList(labels: readonly string[], counts: readonly (readonly number[])[]): Markup {
  const errors = counts.flatMap((row, expected) =>
    row.flatMap((rows, predicted) =>
      rows > 0 && expected !== predicted ? [{ expected, predicted, rows }] : [],
    ),
  );
  const most = errors.sort((a, b) => b.rows - a.rows).slice(0, LISTED_CONFUSIONS);
  return table(
    [{ title: "Expected", words: true }, { title: "Predicted", words: true }, { title: "Rows" }],
    most.map(({ expected, predicted, rows }) => [
      foreign(labels[expected]),
      foreign(labels[predicted]),
      rows,
    ]),
  );
}

/** The error that happens to the largest share of a label's rows, in a sentence. */
function strongestConfusion(
  labels: readonly string[],
  counts: readonly (readonly number[])[],
): string {
  let [worst, text] = [0, "No row got a wrong label."];
  counts.forEach((row, expected) => {
    const sum = row.reduce((total, value) => total + value, 0);
    row.forEach((value, predicted) => {
      // A label without rows has no shares.
      if (expected === predicted || value === 0 || value / sum <= worst) return;
      worst = value / sum;
      text = `Most often confused: ${Math.round(100 * worst)} % of “${labels[expected]}” were predicted as “${labels[predicted]}”.`;
    });
  });
  return text;
}

function labelMetrics(
  label: string,
  candidate: NamedCandidate,
  rows: RowSet,
): readonly LabelMetrics[] {
  return metricsOn(rows, candidate).flatMap(({ per_label: metrics }) =>
    Object.hasOwn(metrics, label) ? [metrics[label]] : [],
  );
}

function supportOf(label: string, candidates: readonly NamedCandidate[], rows: RowSet): number {
  const [first] = candidates.flatMap((one) => labelMetrics(label, one, rows));
  return first === undefined ? 0 : first.support;
}

function meanPercent(values: readonly number[]): string {
  return values.length === 0 ? "–" : percent(spread(values).mean);
}
