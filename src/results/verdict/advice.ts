/** What would help a classifier that does not beat the baseline: nothing but what was measured. */
import { listed, points } from "../../base/figures.js";

export interface MeasuredRun {
  readonly labels: readonly MeasuredLabel[];
  /** Metric of the encoder after each evaluation on dev, a fraction; empty where there was no dev split or no encoder. */
  readonly devCurve: readonly number[];
  /** Of the metric: macro-F1. */
  readonly metric: string;
  /** What the learning curve says of twice the texts, as a fraction of the metric. */
  readonly doubling?: { readonly gain: number; readonly standardError: number } | undefined;
}

/** A label on the judged rows. */
export interface MeasuredLabel {
  readonly label: string;
  /** Judged rows that have it, and those of them that are found. */
  readonly rows: number;
  readonly found: number;
  /** Texts with it to train on. */
  readonly texts: number;
}

/** With fewer rows the share that is found says little. */
const LEAST_ROWS = 5;
const MOST_LABELS = 3;
/** Evaluations that must have risen one after the other, to a value above all before. */
const RISING = 3;

/** A sentence; undefined where nothing that was measured points anywhere. */
export function adviceText(measured: MeasuredRun): string | undefined {
  const { devCurve, metric, doubling } = measured;
  const advice: string[] = [];
  const weak = weakLabels(measured.labels);
  if (weak.length > 0) advice.push(`more texts of ${listed(weak.map(labelText))}`);
  if (doubling !== undefined && doubling.gain > doubling.standardError) {
    advice.push(
      `twice the texts (about ${points(doubling.gain)} points of ${metric}, by the learning curve)`,
    );
  }
  const last = devCurve.slice(-RISING);
  const rises = last.every((value, i) => i === 0 || value > last[i - 1]);
  if (last.length === RISING && rises && Math.max(...devCurve) === last[RISING - 1]) {
    const [from, to] = [points(last[RISING - 2]), points(last[RISING - 1])];
    advice.push(
      `longer training of the encoder with --num-train-epochs (${metric} on dev rose from ${from} to ${to} % in the last evaluation)`,
    );
  }
  return advice.length === 0 ? undefined : `What would help: ${advice.join("; ")}.`;
}

/** Labels that are found less often than all rows are, and have fewer texts than the average label; the least found first. */
function weakLabels(labels: readonly MeasuredLabel[]): readonly MeasuredLabel[] {
  const sum = (of: (label: MeasuredLabel) => number) => labels.reduce((a, one) => a + of(one), 0);
  const found = sum((one) => one.found) / sum((one) => one.rows);
  const texts = sum((one) => one.texts) / labels.length;
  return labels
    .filter((one) => one.rows >= LEAST_ROWS && one.found / one.rows < found && one.texts < texts)
    .sort((a, b) => a.found / a.rows - b.found / b.rows || a.texts - b.texts)
    .slice(0, MOST_LABELS);
}

function labelText({ label, rows, found, texts }: MeasuredLabel): string {
  return `'${label}' (${found} of ${rows} found, ${texts} to train on)`;
}
