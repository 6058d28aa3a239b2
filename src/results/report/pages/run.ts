/** One training run as a page. */

import { capitalized, count, percent } from "../../../base/figures.js";
import { isLinear, methodOf } from "../../../method/methods.js";
import { temperatureHelps } from "../../metrics/confidence.js";
import { labelMeasures, type OfLabelMeasures } from "../../metrics/label-measures.js";
import { probabilityMeasures } from "../../metrics/probability-measures.js";
import { type TaskFigures, taskTexts, titleBeside } from "../../metrics/task-measures.js";
import type { ComparedDataset, ComparedRun, RowSetMetrics } from "../../records/comparison.js";
import type { LabelCurves } from "../../records/label-curves.js";
import type { MaskingSummary } from "../../records/masking-summary.js";
import type { Coverage, RunConfidence } from "../../records/measures.js";
import type { RowSet } from "../../records/paired-comparison.js";
import type { RunMetrics } from "../../records/run-metrics.js";
import type { RunExample } from "../../records/token-masks.js";
import type { WrongRow } from "../../records/wrong-rows.js";
import { comparisonCells } from "../../statistics/comparison-cells.js";
import { candidateTitle } from "../../statistics/paired-notes.js";
import { decidingRows, type Group, rowSetName } from "./groups.js";
import { type Markup, markup } from "./markup.js";
import { foreign, type Page, page, part, table } from "./page.js";
import { coverageSection } from "./sections/coverage.js";
import { curvesSection } from "./sections/curves.js";
import { examplesSection } from "./sections/examples.js";
import { glossarySection } from "./sections/glossary.js";
import { labelCurvesSection } from "./sections/label-curves.js";
import { confusionSection, type LabelledRows, perLabelSection } from "./sections/labels.js";
import { learningCurveSection } from "./sections/learning-curve.js";
import { maskingSection } from "./sections/masking.js";
import { datasetSection, settingsTable } from "./sections/provenance.js";
import { resultsSection } from "./sections/results.js";
import { timingsSection } from "./sections/runs.js";
import { taskWeightsSection } from "./sections/task-weights.js";
import { wrongRowsScript, wrongRowsSection, wrongRowsStyle } from "./sections/wrong-rows.js";

/** The contents of a run's folder. */
export interface TrainedRun {
  readonly run: ComparedRun;
  readonly dataset: ComparedDataset;
  /** What the run's strategy selects; absent for the uniform one. */
  readonly masking: MaskingSummary | undefined;
  /** A few training texts, token by token; empty where texts were not scored. */
  readonly examples: readonly RunExample[];
  /** The held-out rows that got a wrong label, the surest first; undefined for runs that did not record them. */
  readonly wrong: readonly WrongRow[] | undefined;
  /** Absent for runs of versions that did not measure it. */
  readonly confidence: RunConfidence | undefined;
  /** Absent for runs of versions that did not measure it. */
  readonly coverage: Coverage | undefined;
  /** Where a text can have several labels. */
  readonly label_curves?: LabelCurves | undefined;
  /** How the classifier compares with the baseline; null where nothing can be said. */
  readonly verdict: string | null;
  /** The candidates on held-out texts, where there were several or folds. */
  readonly held_out?: RunMetrics["held_out"] | undefined;
  /** On the training texts that folds held out, where there is no test split; null without either. */
  readonly held_out_metrics: RowSetMetrics | null;
  /** The rows that it was measured on, in the order of their file: those of test, else those that folds held out. */
  readonly answers: readonly AnsweredRow[];
  /** What was reached with a part of the training texts, where that was asked for. */
  readonly learning_curve?: RunMetrics["learning_curve"] | undefined;
  /** Every setting of `train`, resolved. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Of the encoder, where one was trained. */
  readonly checkpoint_digest?: string | undefined;
  readonly tokenizer_digest?: string | undefined;
}

/** A row that a run was measured on. */
export interface AnsweredRow {
  /** Of its file, from 1. */
  readonly line: number;
  readonly expected: string;
  readonly predicted: string;
  /** Of the predicted label. */
  readonly probability: number;
}

/** A part of the page of a run. */
export interface RunPart {
  readonly name: string;
  readonly title: string;
  readonly content: Markup;
}

/** What a page shows of a run, for whatever frame it has. */
export interface RunView {
  /** "MTL L3Masking on messages, seed 0" */
  readonly title: string;
  /** How good it is, in words. */
  readonly verdict: Markup;
  readonly parts: readonly RunPart[];
}

/** The parts of a run's page, in their order; those that the run has nothing for are left out. */
export function viewOfRun(trained: TrainedRun): RunView {
  const { run, dataset, coverage, label_curves: curves } = trained;
  const group = groupOf(trained);
  const rows = decidingRows(group);
  const unseen = isHeldOut(trained.held_out) ? "held-out" : "dev";
  const split = coverage?.split === "dev" ? unseen : "test";
  const byLabel = labelledRows(trained, group);
  const parts: readonly (readonly [name: string, title: string, content: Markup | undefined])[] = [
    ["results", "Scores", resultsSection(group)],
    ["curves", "Learning curves", isLinear(run.method) ? undefined : curvesSection(group)],
    [
      "texts",
      "With fewer texts",
      trained.learning_curve && learningCurveSection(trained.learning_curve),
    ],
    ["weights", "Task weights", taskWeightsSection(group)],
    ["labels", "Label by label", byLabel && perLabelSection(byLabel.group, byLabel.rows)],
    [
      "confidence",
      "Probabilities",
      trained.confidence && confidenceSection(trained.confidence, unseen),
    ],
    ["coverage", "Unsure texts", coverage && coverageSection({ ...coverage, split }, group)],
    [
      "precision",
      "Precision and recall",
      curves &&
        labelCurvesSection(curves, {
          split: curves.split === "dev" ? unseen : "test",
          id: group.id,
        }),
    ],
    // Where a text can have several labels, none is taken for another.
    [
      "confusion",
      "Confusions",
      curves === undefined && byLabel ? confusionSection(byLabel.group, byLabel.rows) : undefined,
    ],
    [
      "errors",
      "Rows it gets wrong",
      trained.wrong && wrongRowsSection(trained.wrong, heldOut(dataset, trained.held_out)),
    ],
    ["masking", "What is masked", trained.masking && maskingSection(group)],
    [
      "examples",
      "Some training texts, token by token",
      trained.examples.length > 0 ? examplesSection(trained.examples) : undefined,
    ],
    ["timing", "Time", timingsSection(group)],
    ["data", "Data", datasetSection(dataset, [run])],
  ];
  return {
    title: `${candidateTitle(run, false)} on ${dataset.name}, seed ${run.seed}`,
    verdict: markup`
${trained.verdict === null ? undefined : markup`<div class="verdict"><p><strong>${foreign(trained.verdict)}</strong></p></div>`}
${outcome(group, rows, run, trained.held_out)}`,
    parts: parts.flatMap(([name, title, content]) =>
      content === undefined ? [] : [{ name, title, content }],
    ),
  };
}

/** The run as the only candidate of a comparison. */
function groupOf({ run, dataset, masking }: TrainedRun): Group {
  const name = candidateTitle(run, false);
  const [cell] = comparisonCells([run]);
  const style = methodOf(run.method).look;
  return {
    id: "run",
    dataset,
    model: { name: run.model },
    candidates: [{ name, method: run.method, style, cell, runs: [run] }],
    paired: [],
    masking: masking === undefined ? [] : [masking],
  };
}

/** A training run as a page; `date` is when it is written, in words for people. */
export function renderRun(trained: TrainedRun, { date }: { readonly date: string }): Page {
  const { run, dataset } = trained;
  const name = candidateTitle(run, false);
  const { title, verdict, parts } = viewOfRun(trained);
  const body = markup`
<header>
<h1>${name} on ${foreign(dataset.name)}, seed ${run.seed}</h1>
<p>${isLinear(run.method) ? `A classifier of texts with ${dataset.labels.length} labels: ${methodOf(run.method).brief}.` : markup`The language model ${foreign(run.model)} was trained to classify texts with ${dataset.labels.length} labels.`} Texts: ${foreign(dataset.name)}.</p>
<p class="note">Written on ${date}. <a href="#reading">How to read this page</a> explains its words.</p>
</header>
<section id="run"><h2>Results</h2>${verdict}
${parts.map((one) => part({ id: "run" }, one.name, one.title, one.content))}
</section>
<section id="origin"><h2>How this was made</h2>
${trained.checkpoint_digest && markup`<p class="note">SHA-256 of the weights it started from: <code>${trained.checkpoint_digest}</code><br/>of the tokenizer: <code>${trained.tokenizer_digest}</code></p>`}
<details><summary>Every setting</summary>${settingsTable(trained.settings)}</details>
</section>
<section id="reading"><h2>How to read this page</h2>${glossarySection(false)}</section>`;
  const filtered = (trained.wrong ?? []).length > 0;
  return page(title, body, filtered ? { style: wrongRowsStyle, script: wrongRowsScript } : {});
}

/** What label by label figures are of: the deciding rows of test, else those that folds held out. */
function labelledRows(
  { run, held_out_metrics: metrics }: TrainedRun,
  group: Group,
): { readonly group: Group; readonly rows: LabelledRows } | undefined {
  const deciding = decidingRows(group);
  if (deciding !== undefined) {
    return { group, rows: { rows: deciding, name: rowSetName(deciding, group) } };
  }
  if (metrics === null) return undefined;
  const [candidate] = group.candidates;
  const measuredRun = { ...run, test: metrics };
  return {
    group: { ...group, candidates: [{ ...candidate, runs: [measuredRun] }] },
    rows: {
      rows: "test",
      name: `the ${count(metrics.rows)} texts that were held out in folds, each classified by a model that was trained without it`,
    },
  };
}

/** Were the training texts held out in folds, in place of a dev split? */
function isHeldOut(held: TrainedRun["held_out"]): held is NonNullable<TrainedRun["held_out"]> {
  return held !== undefined && held.folds > 0;
}

/** The rows that wrong ones are looked for in. */
function heldOut({ rows }: ComparedDataset, held: TrainedRun["held_out"]) {
  if (rows.test === 0 && isHeldOut(held)) {
    return { split: "train", heldOut: held.rows } as const;
  }
  return rows.test > 0
    ? ({ split: "test", heldOut: rows.test } as const)
    : ({ split: "dev", heldOut: rows.dev } as const);
}

/** What was measured, and what a single run cannot show. */
function outcome(
  group: Group,
  rows: RowSet | undefined,
  run: ComparedRun,
  held: TrainedRun["held_out"],
): Markup {
  const found = rows && run[rows];
  const kept = keptText(run, held);
  if (rows === undefined && isHeldOut(held)) {
    const ended =
      isEnded(run) &&
      "As its training was ended early, these figures are not of the classifier that was kept. ";
    return markup`<div class="verdict"><p>On ${count(held.rows)} of its texts, each classified by a model that was trained without it (${count(held.folds)} folds): <strong>${measured(run.dev)}</strong>. The classifier that was kept is trained on all texts. ${ended || ""}${kept}</p></div>`;
  }
  if (rows === undefined || found === null || found === undefined) {
    return markup`<div class="verdict"><p><strong>There is no test split, so how well the classifier does on new texts is unknown.</strong> On the dev split: ${measured(run.dev)}; this is optimistic, because the best step was chosen on it. ${kept}</p></div>`;
  }
  return markup`<div class="verdict"><p>On ${rowSetName(rows, group)}, <strong>${measured(found)}</strong>. ${kept}</p>
<p class="note">This is one run with one seed. How much of this is chance, and whether another method does better, only a comparison over several seeds can show.</p></div>`;
}

/** Was the training of what was kept ended before its time, by a person? */
function isEnded(run: ComparedRun): boolean {
  return run.stop_reason === "request" && !isLinear(run.method);
}

/** Which weights were kept, and of which candidate. */
function keptText(run: ComparedRun, held: TrainedRun["held_out"]): string {
  const choice = held?.choice ?? undefined;
  if (isLinear(run.method)) return choice ?? "";
  const steps = `${count(run.best_step)} of ${count(run.steps)}`;
  const best = run.dev_curve.some((point) => point.best && point.step === run.best_step);
  const why = best ? ", the best on the dev split," : "";
  const ended = isEnded(run)
    ? `Training was ended on request after step ${count(run.steps)}. `
    : "";
  const weights = `${ended}The weights of step ${steps}${why} were kept.`;
  return choice === undefined ? weights : `${choice} ${weights}`;
}

/** "accuracy 75.0 %, macro-F1 61.3 %" */
function measured(values: OfLabelMeasures<number> & TaskFigures): string {
  return [
    ...labelMeasures.map((one) => `${titleBeside(one, values)} ${percent(values[one.name])}`),
    ...taskTexts(values),
  ].join(", ");
}

/**
 * How far probabilities are from shares of correct labels, as they are and at the fitted temperature. `unseen` names the rows that it was
 * fitted on.
 */
function confidenceSection(confidence: RunConfidence, unseen: string): Markup {
  const { temperature, dev, test } = confidence;
  const splits = [[unseen, dev] as const, ...(test === null ? [] : [["test", test] as const])];
  const lines = splits.map(([name, { plain, at_temperature: scaled }]) => [
    name,
    ...probabilityMeasures.flatMap(({ name: measure, format }) =>
      [plain, scaled].map((values) => format(values[measure])),
    ),
  ]);
  const heads = [
    { title: "Split" },
    ...probabilityMeasures.flatMap(({ title }) => [
      { title: capitalized(title) },
      { title: "at the temperature" },
    ]),
  ];
  return markup`
<p>If the classifier says 80 %, is it right in 80 of 100 cases? The expected calibration error is by how many points it is off, averaged
over the texts. Dividing the logits of an overconfident classifier by a temperature above 1 reduces it. The temperature that
fits the ${unseen} rows best is ${temperature.toFixed(2)}; predicted labels do not change.</p>
${table(heads, lines, `The calibration error is over 15 bins; the loss is the mean cross-entropy in nats. The temperature was fitted to the ${unseen} rows, so the figures at the temperature are optimistic there.`)}
<p class="note">${
    temperatureHelps(confidence)
      ? markup`<code>l3masking predict --fitted-temperature</code> gives probabilities at this temperature.`
      : `This temperature is not recommended: fitted on a part of the ${unseen} rows, it does not make the probabilities of the others better.`
  }</p>`;
}
