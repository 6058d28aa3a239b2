/** What a model card tells of a training run. */
import { basename } from "../../platform/paths.js";
import { type OfLabelMeasures, ofLabelMeasures } from "../../results/metrics/label-measures.js";
import type { TaskFigures } from "../../results/metrics/task-measures.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { TrainingRecord } from "../../results/records/run-record.js";
import type { CardRun } from "../../results/report/markdown/model-card.js";
import { trainCommand } from "../settings/command-line.js";

/** The facts of a run for its card, without paths of the machine. */
export function cardRun(record: TrainingRecord, metrics: RunMetrics): CardRun {
  const { settings, rows, data_digest: dataDigest, checkpoint_digest: checkpointDigest } = record;
  const origin = metrics.model_origin;
  const { dev, test, test_unseen: unseen } = metrics;
  const scores = (
    rowSet: string,
    count: number,
    part: (OfLabelMeasures<number | null> & TaskFigures) | null,
  ) =>
    part === null || count === 0
      ? []
      : [
          {
            ...{ rowSet, rows: count, figures: part },
            ...ofLabelMeasures((name) => part[name] ?? 0),
          },
        ];
  return {
    command: trainCommand(settings),
    method: metrics.method,
    taskWeights: settings.taskWeights,
    seed: settings.seed,
    baseModel: origin?.repository ?? basename(settings.model),
    ...(origin && { origin: { repository: origin.repository, commit: origin.commit } }),
    checkpointDigest,
    dataDigest,
    rows,
    scores: [
      ...scores("dev", rows.dev, dev),
      ...scores("test", rows.test, test),
      ...scores("test, texts that do not occur in train", unseen?.rows ?? 0, unseen),
    ],
    perLabel: metrics.test?.per_label,
    confidence: metrics.confidence?.test?.plain,
  };
}
