/** What each command prints of its result, and its exit code. */

import { dirname, join } from "node:path";
import { errorFamilies } from "../../base/errors.js";
import { capitalized, listed, percent, textTable, wrapped } from "../../base/figures.js";
import type { CheckResult } from "../../commands/check.js";
import type { CompareResult } from "../../commands/compare/compare.js";
import type { Diagnosis } from "../../commands/doctor.js";
import type { EvaluateResult } from "../../commands/evaluate.js";
import type { ExportResult } from "../../commands/export.js";
import type { PerplexityResult } from "../../commands/perplexity.js";
import type { PredictResult } from "../../commands/predict.js";
import type { PretrainResult } from "../../commands/pretrain.js";
import type { PushResult } from "../../commands/push.js";
import type { ReportResult } from "../../commands/report.js";
import type { ScoreResult } from "../../commands/score.js";
import type { CommandName, CommandResult } from "../../commands/table.js";
import type { WorkerResult } from "../../commands/worker.js";
import { alteredSplits } from "../../data/check/text-counts.js";
import { STANDARD } from "../../data/formats/formats.js";
import { hasAuxiliaryTask, isLinear, methodOf, readsEmbeddings } from "../../method/methods.js";
import { temperatureHelps } from "../../results/metrics/confidence.js";
import { labelMeasures, type OfLabelMeasures } from "../../results/metrics/label-measures.js";
import { probabilityMeasures } from "../../results/metrics/probability-measures.js";
import {
  type TaskFigures,
  taskCell,
  taskMeasuresIn,
  taskTexts,
  titleBeside,
} from "../../results/metrics/task-measures.js";
import type { Confidence } from "../../results/records/measures.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { titleOf } from "../../run/fine-tune/choice.js";
import type { TrainResult } from "../../run/host/host.js";
import type { ServeResult } from "../serve/serve.js";
import { explanationText } from "./explanation-text.js";
import { formatCount, formatDuration } from "./progress.js";
import type { Outcome } from "./reporter.js";
import { statusText } from "./status-text.js";

/** Results in words. A command that is not here prints its result as JSON. */
const summaries: {
  readonly [Name in CommandName]?: (result: CommandResult<Name>) => Outcome["text"];
} = {
  train: trainSummary,
  compare: compareSummary,
  score: scoreSummary,
  predict: predictSummary,
  evaluate: evaluateSummary,
  explain: explanationText,
  check: checkSummary,
  report: reportSummary,
  pretrain: pretrainSummary,
  perplexity: perplexitySummary,
  export: exportSummary,
  push: pushSummary,
  worker: workerSummary,
  doctor: doctorSummary,
};

/** Exit codes of commands that can end without an error and yet not be well; of all others it is 0. */
const exitCodes: { readonly [Name in CommandName]?: (result: CommandResult<Name>) => number } = {
  compare: ({ failed, missing, status }) =>
    status === undefined && failed + missing > 0 ? errorFamilies.training : 0,
  doctor: (diagnoses) => (diagnoses.every(({ ok }) => ok) ? 0 : 1),
};

/** How a command ends that gave this result. */
export function outcomeOf<Name extends CommandName>(
  name: Name,
  result: CommandResult<Name>,
): Outcome {
  const text = summaries[name]?.(result) ?? JSON.stringify(result, undefined, 2);
  return { result, text, exitCode: exitCodes[name]?.(result) ?? 0 };
}

/** Metrics, timing, places and what to try next after `train`, in lines of 80 characters but for paths and commands. */
export function trainSummary(result: TrainResult): string {
  const { outputDir, metrics, labelledFile } = result;
  const modelFolder = quoted(join(outputDir, "model"));
  const file = `${quoted(labelledFile ?? "FILE")}${columnFlag("text", result.textColumn)}`;
  const label = columnFlag("label", result.labelColumn);
  const sentences = (lines: readonly string[]) => lines.map((line) => wrapped(line, "", "  "));
  return [
    ...(metrics.verdict === null ? [] : [wrapped(metrics.verdict), ""]),
    ...(metrics.held_out?.choice ? [wrapped(metrics.held_out.choice), ""] : []),
    wrapped(keptText(metrics), "", "  "),
    textTable([["", ...measureTitles(metrics.dev), "loss"], ...metricRows(metrics)]),
    ...sentences(sharedRows(metrics)),
    ...sentences(confidence(metrics)),
    ...unsureAnswers(metrics),
    ...sentences(metrics.learning_curve ? [metrics.learning_curve.text] : []),
    ...learnedWeights(metrics),
    ...sentences(secondStage(metrics)),
    ...leftOut(metrics.excluded),
    ...sentences(alteredSplits(metrics.text_counts)),
    timing(metrics),
    "",
    `run:   ${outputDir} (config.json, journal.jsonl, metrics.json)`,
    `model: ${join(outputDir, "model")}`,
    "",
    ...doubts(result),
    "next:",
    // Without a file of their own, only the rows it was trained on are at hand to measure it on.
    ...(labelledFile === undefined
      ? []
      : [`  l3masking evaluate --model ${modelFolder} --input ${file}${label}`]),
    `  l3masking predict --model ${modelFolder} --input ${file} --output labels.csv`,
    `  l3masking report ${quoted(outputDir)}`,
  ].join("\n");
}

/** What was kept; steps are those of an encoder, and only where an encoder reads the texts is there a model. */
function keptText({ method, model, seed, best_step: step }: RunMetrics): string {
  const name = hasAuxiliaryTask(method) ? methodOf(method).brief : capitalized(titleOf(method));
  if (!isLinear(method)) return `${name}: ${model}, seed ${seed}, weights of step ${step}`;
  return readsEmbeddings(method) ? `${name}: ${model}` : name;
}

/** The flag of a column that was named, as the files of a run are read with it. */
function columnFlag(which: "text" | "label", name: string | undefined): string {
  return name === undefined ? "" : ` --${which}-column ${quoted(name)}`;
}

/** How many labels look wrong, and how to correct them. */
function doubts({
  metrics: { doubtful_labels: count = 0 },
  trainFile = "FILE",
  textColumn,
  labelColumn,
  labelSeparator: separator,
}: TrainResult): readonly string[] {
  if (count === 0) return [];
  const look = `${counted(count, "label")} ${count === 1 ? "looks" : "look"} doubtful`;
  // What came from standard input is in no file that we know.
  const file = trainFile === STANDARD ? "FILE" : quoted(trainFile);
  const columns = `${columnFlag("text", textColumn)}${columnFlag("label", labelColumn)}${separator === undefined ? "" : ` --label-separator ${quoted(separator)}`}`;
  return [`${look}: l3masking check ${file}${columns} --output rows.csv`, ""];
}

/** The table, how many runs failed, and where everything is. */
function compareSummary(result: CompareResult): string {
  const { finished, failed, missing, files, table: results, notes, status } = result;
  if (status !== undefined) return [statusText(status), ...notes].join("\n");
  return [
    ...(results === "" ? [] : [results, ""]),
    `${counted(finished, "run")} finished${missing === 0 ? "" : `, ${missing} missing`}${failed === 0 ? "" : `, ${failed} failed`}${failed > 0 && notes.length === 0 ? "; run the same command to retry" : ""}`,
    ...notes,
    ...files,
  ].join("\n");
}

export function scoreSummary({ texts, output }: ScoreResult): string {
  if (output === undefined) return "";
  return `scored ${counted(texts, "text")}: ${output}`;
}

/** Where the predictions are; nothing where they went to standard output. */
export function predictSummary({ rows, unsure, output }: PredictResult): string {
  if (output === undefined) return "";
  const open = unsure === undefined ? "" : `, ${unsure} of them left without a label`;
  return `classified ${counted(rows, "text")}${open}: ${output}`;
}

function pushSummary({ url, commit, created, files }: PushResult): string {
  return `${created ? "created" : "updated"} ${url}: ${counted(files.length, "file")}, commit ${commit}`;
}

/** What was written, and how far each ONNX file is from the classifier. */
function exportSummary({ folder, files, checks }: ExportResult): string {
  const rows = checks.map(({ name, bytes, largest, equalLabels, texts }) => [
    name,
    `${(bytes / 1e6).toFixed(1)} MB`,
    largest.toPrecision(2),
    `${equalLabels} of ${texts}`,
  ]);
  const others = files.filter((file) => !file.endsWith(".onnx"));
  return [
    textTable([["file", "size", "largest logit difference", "same label"], ...rows]),
    "",
    ...others,
    `load it in transformers.js as ${join(folder, "README.md")} shows`,
  ].join("\n");
}

export function evaluateSummary(result: EvaluateResult): string {
  const labels = Object.entries(result.per_label);
  const labelRows = labels.map(([label, { precision, recall, f1, support }]) => [
    label,
    percent(precision),
    percent(recall),
    percent(f1),
    String(support),
  ]);
  return [
    `${counted(result.rows, "row")}: ${[...labelTexts(result), ...taskTexts(result), ...probabilityTexts(result)].join(", ")}`,
    textTable([["", "precision", "recall", "F1", "rows"], ...labelRows]),
    ...trainedOn(result),
    ...labelsWithoutRows(result),
    ...leftOut(result.excluded),
    ...(result.output === undefined ? [] : [`predictions: ${result.output}`]),
  ].join("\n");
}

/** Figures over texts that were trained on tell of memory, not of skill. */
function trainedOn({ rows, trained_on: known, unseen }: EvaluateResult): readonly string[] {
  if (known === null || known === 0) return [];
  const of =
    known === rows ? `All ${counted(rows, "text")}` : `${known} of ${counted(rows, "text")}`;
  const told = `${of} ${known === 1 ? "was" : "were"} used to train this classifier, so these figures flatter it.`;
  return unseen === null
    ? [told]
    : [told, `On the other ${counted(unseen.rows, "text")}: ${labelTexts(unseen).join(", ")}`];
}

function labelsWithoutRows({ labels_without_rows: labels }: EvaluateResult): readonly string[] {
  if (labels.length === 0) return [];
  return [
    `No row has the classifier's ${labels.length === 1 ? "label" : "labels"} ${listed(labels.map((label) => `"${label}"`))}: ${labels.length === 1 ? "it counts" : "each counts"} as F1 = 0 in macro-F1.`,
  ];
}

/** "accuracy 75.0 %": each measure of labels. */
function labelTexts(values: OfLabelMeasures<number> & TaskFigures): readonly string[] {
  return labelMeasures.map(
    (measure) => `${titleBeside(measure, values)} ${percent(values[measure.name])}`,
  );
}

function probabilityTexts(values: Confidence): readonly string[] {
  return probabilityMeasures.map(({ name, title, format }) => `${title} ${format(values[name])}`);
}

function leftOut(excluded: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(excluded)
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => `left out: ${counted(rows, "row")} (${reason})`);
}

function perplexitySummary(result: PerplexityResult): string {
  const { tokens, masked_tokens: masked, loss, perplexity, accuracy } = result;
  return `${formatCount(masked)} of ${formatCount(tokens)} tokens masked: accuracy ${percent(accuracy)}, perplexity ${perplexity.toFixed(1)}, loss ${loss.toFixed(3)}`;
}

/** The check, and where its page or its rows are. */
function checkSummary({ text, output, toCorrect }: CheckResult): string {
  if (output === undefined) return text;
  if (toCorrect === undefined) return `${text}\npage: ${output} (open it in a browser)`;
  if (toCorrect === 0) return `${text}\n${output} holds all rows; none of them is to be looked at`;
  const rows = `${counted(toCorrect, "row")} to look at, the first ones of ${output}`;
  return `${text}\n${rows}: correct the labels there in a spreadsheet program, then train on that file`;
}

function reportSummary({ output, charts, figures }: ReportResult): string {
  const page = `report: ${output} (open it in a browser)\nits figures as numbers: ${figures}`;
  return charts.length === 0 ? page : `${page}\ncharts: ${charts.length} in ${dirname(charts[0])}`;
}

export function pretrainSummary({ outputDir, steps, tokens, validation }: PretrainResult): string {
  const model = join(outputDir, "model");
  return [
    `${counted(steps, "step")}, ${formatCount(tokens)} tokens: ${model}`,
    ...(validation === null
      ? []
      : [
          `masked tokens of the validation text: loss ${validation.loss.toFixed(3)}, accuracy ${percent(validation.accuracy)}`,
        ]),
    "",
    "next:",
    `  l3masking train DATA --model ${quoted(model)} --output-dir runs/first`,
  ].join("\n");
}

/** One line a finding, hints below it. */
export function doctorSummary(diagnoses: readonly Diagnosis[]): string {
  const width = Math.max(...diagnoses.map(({ subject }) => subject.length));
  return diagnoses
    .flatMap(({ subject, ok, finding, hint }) => [
      `${ok ? "ok  " : "FAIL"}  ${subject.padEnd(width)}  ${finding}`,
      ...(hint === undefined ? [] : [`${" ".repeat(width + 8)}hint: ${hint}`]),
    ])
    .join("\n");
}

/** Were the training texts held out in folds, in place of a dev split? */
function isHeldOut(held: RunMetrics["held_out"]): held is NonNullable<RunMetrics["held_out"]> {
  return held !== undefined && held.folds > 0;
}

/** The measures of a table's columns. */
function measureTitles(figures: TaskFigures): readonly string[] {
  return [
    ...labelMeasures.map((measure) => titleBeside(measure, figures)),
    ...taskMeasuresIn([figures]).map(({ title }) => title),
  ];
}

function metricRows({
  dev,
  test,
  test_unseen: unseen,
  held_out: held,
}: RunMetrics): readonly (readonly string[])[] {
  const row = (
    title: string,
    values: OfLabelMeasures<number | null> & TaskFigures,
    loss?: number,
  ) => [
    title,
    ...labelMeasures.map((measure) => percent(values[measure.name] ?? 0)),
    ...taskMeasuresIn([dev]).map((measure) => taskCell(measure, values)),
    loss === undefined ? "" : loss.toFixed(3),
  ];
  const name = isHeldOut(held) ? `held out, ${held.rows} rows` : "dev";
  const rows = [row(name, dev, dev.loss)];
  if (test === null) return rows;
  rows.push(row(`test, all ${testRows(test)} rows`, test, test.loss));
  if (unseen === null || unseen.rows === 0 || unseen.rows === testRows(test)) return rows;
  rows.push(row(`test, ${unseen.rows} rows not in train`, unseen));
  return rows;
}

/** How far probabilities can be trusted, and whether a temperature helps. */
function confidence({ confidence: measured, held_out: held }: RunMetrics): readonly string[] {
  if (measured === null) return [];
  const { temperature, dev, test } = measured;
  const unseen = isHeldOut(held) ? "held-out rows" : "dev";
  const [split, { plain, at_temperature: scaled }] = test === null ? [unseen, dev] : ["test", test];
  const told = `probabilities on ${split}: ${probabilityTexts(plain).join(", ")}`;
  const fitted = `the temperature fitted on ${unseen}, ${temperature.toFixed(2)}`;
  return [
    temperatureHelps(measured)
      ? `${told}; at ${fitted} (--fitted-temperature): ${probabilityTexts(scaled).join(", ")}`
      : `${told}; ${fitted}, does not make those of rows better that it was not fitted on`,
  ];
}

/** How many test rows also occur in train: they tell of memory, not of skill. */
function sharedRows({ test, test_unseen: unseen }: RunMetrics): readonly string[] {
  if (test === null || unseen === null) return [];
  const rows = testRows(test);
  const shared = rows - unseen.rows;
  return [
    shared === 0
      ? "No test row repeats a text of train."
      : `${shared} of ${rows} test rows ${shared === 1 ? "repeats" : "repeat"} a text of train.`,
  ];
}

/** Shares answered that are worth a line. */
const TOLD_SHARES = { most: 0.97, least: 0.75 };

/** What it brings to leave unsure texts without a label. */
function unsureAnswers({ coverage, held_out: held }: RunMetrics): readonly string[] {
  const points = (coverage?.plain ?? []).filter(
    ({ answered }) => answered <= TOLD_SHARES.most && answered >= TOLD_SHARES.least,
  );
  if (coverage === undefined || points.length === 0) return [];
  const whole = (share: number) => `${Math.round(100 * share)} %`;
  const told = points.map(
    ({ answered, right, unsure_below: bound }) =>
      `at ${whole(answered)} answered, ${whole(right)} right (--unsure-below ${bound})`,
  );
  const split = coverage.split === "dev" && isHeldOut(held) ? "held-out rows" : coverage.split;
  return [
    `predict can leave unsure texts without a label; on ${split}:`,
    ...told.map((line) => `  ${line}`),
  ];
}

function learnedWeights({ final_task_weights: weights }: RunMetrics): readonly string[] {
  if (weights === null) return [];
  const { main, auxiliary } = weights;
  return [`learned task weights: main ${main.toFixed(4)}, auxiliary ${auxiliary.toFixed(4)}`];
}

function secondStage({ second_stage: stage }: RunMetrics): readonly string[] {
  if (stage === null) return [];
  const verdict = stage.kept ? "kept: better on dev than" : "not kept: no better on dev than";
  const before = labelTexts(stage.dev_before).join(", ");
  return [`second stage: ${counted(stage.steps, "step")}, ${verdict} the first stage's ${before}`];
}

function testRows(test: NonNullable<RunMetrics["test"]>): number {
  return Object.values(test.per_label).reduce((sum, { support }) => sum + support, 0);
}

function timing({ timing: times }: RunMetrics): string {
  const scoring =
    times.scoring_seconds > 0 ? `scoring ${formatDuration(times.scoring_seconds)}, ` : "";
  const rate =
    times.tokens_per_second > 0 ? ` (${formatCount(times.tokens_per_second)} tokens/s)` : "";
  return `${scoring}training ${formatDuration(times.training_seconds)}${rate}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A path as one word of a shell. */
function quoted(path: string): string {
  return /^[\w./:@%+=,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** How the runs ended that a worker had. */
export function workerSummary({ finished, failed, given_back: back }: WorkerResult): string {
  const parts = [
    `trained ${counted(finished, "run")}`,
    ...(failed > 0 ? [`${failed} ${failed === 1 ? "try" : "tries"} failed`] : []),
    ...(back > 0 ? [`gave ${counted(back, "run")} back`] : []),
  ];
  return parts.join(", ");
}

/** How many requests got which status. */
export function serveSummary({ replies }: ServeResult): string {
  const parts = Object.entries(replies).map(([status, count]) => `${count} with status ${status}`);
  return parts.length === 0 ? "no requests" : `answered: ${parts.join(", ")}`;
}
