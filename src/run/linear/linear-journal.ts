/** The journal of a run that keeps a linear classifier: one evaluation stands for the whole search. */
import type { JournalEvent } from "../../method/train/events.js";
import { join } from "../../platform/paths.js";
import { ofLabelMeasures } from "../../results/metrics/label-measures.js";
import type { SplitMetrics } from "../../results/records/measures.js";
import type { Trackers } from "../../results/trackers/trackers.js";
import { writeJsonLines } from "../folder/run-folder.js";
import { beginTracking } from "../folder/tracking.js";

/** What stands for the whole search where other methods count optimizer steps. */
export const ONLY_STEP = 1;

/** Writes journal.jsonl and tells trackers its events, which say nothing to people. `dev` was measured on the texts that stand for dev, `digest` is the run's. */
export function writeLinearJournal(
  settings: Parameters<typeof beginTracking>[1],
  dev: SplitMetrics,
  digest: string,
  trackers: Trackers,
): void {
  const place = { stage: 1, step: ONLY_STEP } as const;
  const measures = ofLabelMeasures((name) => dev[name]);
  const events: readonly JournalEvent[] = [
    { type: "evaluation", ...place, split: "dev", loss: dev.loss, measures, best: true },
    { type: "stop", ...place, reason: "steps", best_step: ONLY_STEP },
  ];
  writeJsonLines(join(settings.outputDir, "journal.jsonl"), events);
  beginTracking(trackers, { ...settings, resume: false }, digest);
  for (const event of events) trackers.report(event);
}
