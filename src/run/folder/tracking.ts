/** A run as its trackers see it, and the values they get at its end. */
import type { TrainingWatch } from "../../method/train/trainer.js";
import { findText } from "../../platform/files/files.js";
import { basename, join, resolve } from "../../platform/paths.js";
import { labelMeasures } from "../../results/metrics/label-measures.js";
import { parseJournal } from "../../results/records/journal.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { Scalar } from "../../results/trackers/scalars.js";
import type { TrackedRun } from "../../results/trackers/tracker.js";
import type { Trackers } from "../../results/trackers/trackers.js";
import type { Host } from "../host/host.js";
import type { Journal } from "./journal.js";

/** Hexadecimal digits that tell runs apart. */
const KEY_DIGITS = 12;

/**
 * Begins tracking a new or resumed run, once its journal is cut to where it resumes. `digest` is that of what determines
 * the run's result.
 */
export function beginTracking(
  trackers: Trackers,
  settings: TrackedRun["settings"] & { readonly outputDir: string; readonly resume: boolean },
  digest: string,
): void {
  if (!trackers.any) return;
  const { outputDir, resume } = settings;
  const path = join(outputDir, "journal.jsonl");
  const text = resume ? (findText(path) ?? "") : "";
  trackers.begin({
    name: basename(resolve(outputDir)),
    key: digest.slice(0, KEY_DIGITS),
    folder: outputDir,
    settings,
    resumed: resume,
    journal: parseJournal(text, path),
  });
}

/** Passes each event of the training loop on to the journal, the trackers and the host, and counts its tokens. */
export function runWatch(
  task: "training" | "pretraining",
  journal: Pick<Journal, "write">,
  trackers: Trackers,
  host: Pick<Host, "emit" | "cancelled" | "ending">,
  countTokens: (tokens: number) => void,
): TrainingWatch {
  return {
    emit(event) {
      if (event.type === "step") countTokens(event.tokens);
      journal.write(event);
      trackers.report(event);
      host.emit(event);
    },
    progress: (done, total, detail) =>
      host.emit({ type: "progress", task, done, total, unit: "steps", detail }),
    cancelled: host.cancelled,
    ending: host.ending,
  };
}

/** What metrics.json has beyond the journal: the test split, and the time of training in seconds. */
export function closingScalars({
  test,
  test_unseen: leakFree,
  timing,
}: Pick<RunMetrics, "test" | "test_unseen" | "timing">): Scalar[] {
  const measured = labelMeasures.flatMap(({ name }) => [
    { tag: `test/${name}`, value: test?.[name] },
    { tag: `test_leak_free/${name}`, value: leakFree?.[name] },
  ]);
  return [
    { tag: "test/loss", value: test?.loss },
    ...measured,
    { tag: "train/runtime", value: timing.training_seconds },
  ].flatMap(({ tag, value }) => (value === null || value === undefined ? [] : [{ tag, value }]));
}
