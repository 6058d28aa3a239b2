/** What a model card tells of a training run. */
import { basename } from "../../platform/paths.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { TrainingRecord } from "../../results/records/run-record.js";
import type { CardRun } from "../../results/report/markdown/model-card.js";
import { trainCommand } from "../settings/command-line.js";

/** The facts of a run for its card, without paths of the machine. */
export function cardRun(record: TrainingRecord, metrics: RunMetrics): CardRun {
  const { settings, rows, data_digest: dataDigest, checkpoint_digest: checkpointDigest } = record;
  const origin = metrics.model_origin;
  const scores = (part: { readonly accuracy: number | null; readonly macro_f1: number | null }) =>
    part.accuracy === null || part.macro_f1 === null
      ? []
      : [{ accuracy: part.accuracy, macroF1: part.macro_f1 }];
  return {
    command: trainCommand(settings),
    method: settings.method,
    taskWeights: settings.taskWeights,
    seed: settings.seed,
    baseModel: origin?.repository ?? basename(settings.model),
    ...(origin && { origin: { repository: origin.repository, commit: origin.commit } }),
    checkpointDigest,
    dataDigest,
    rows,
    scores: [
      ...scores(metrics.dev).map((found) => ({ rowSet: "dev", rows: rows.dev, ...found })),
      ...scores(metrics.test ?? { accuracy: null, macro_f1: null }).map((found) => ({
        rowSet: "test",
        rows: rows.test,
        ...found,
      })),
      ...scores(metrics.test_unseen ?? { accuracy: null, macro_f1: null }).map((found) => ({
        rowSet: "test, texts that do not occur in train",
        rows: metrics.test_unseen?.rows ?? 0,
        ...found,
      })),
    ],
    perLabel: metrics.test?.per_label,
    calibrationError: metrics.confidence?.test?.plain.ece,
  };
}
