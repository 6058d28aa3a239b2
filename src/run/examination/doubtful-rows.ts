/** The labels of a file, examined by classifiers that were not trained on the row in question. */
import { randomStream } from "../../base/random.js";
import type { DoubtfulRows } from "../../data/check/check-result.js";
import { type DoubtfulLabel, doubtfulLabels } from "../../data/check/doubtful-labels.js";
import type { NearRows } from "../../data/check/near-rows.js";
import { dealFolds } from "../../data/folds.js";
import { isEmptyText, type TextRecord } from "../../data/formats/record.js";
import { labelIds, sortedLabels } from "../../data/labels.js";
import {
  heldOutBaselineLogits,
  heldOutEmbedLogits,
  heldOutRows,
} from "../../model/linear/held-out.js";
import type { Host } from "../host/host.js";
import { stopIfAsked } from "./stop.js";

const FOLDS = 5;

/**
 * Characters times labels up to which labels are examined without being asked for: about 20 seconds on one core of 2024.
 */
const QUICK_WORK = 2 ** 21;

/** Are these rows examined in seconds? */
export function isQuicklyExamined(records: readonly TextRecord[]): boolean {
  const labels = new Set(records.map(({ label }) => label)).size;
  const characters = records.reduce((sum, { text }) => sum + text.length, 0);
  return characters * (labels === 2 ? 1 : labels) <= QUICK_WORK;
}

/** Embeddings [N, H] of N texts, or undefined where there are none. */
export type EmbedTexts = (texts: readonly string[]) => Promise<Float32Array | undefined>;

/**
 * The doubtful rows by what TF-IDF with logistic regression answers in 5 folds, with embeddings where `embed` gives them; texts that `near`, of
 * these and other rows, finds nearly equal are in one fold. Undefined where fewer than two labels have a text. Throws `interrupted` after a stop
 * on request, and what `embed` throws.
 */
export async function doubtfulRows(
  records: readonly TextRecord[],
  near: NearRows,
  host: Host,
  embed: EmbedTexts = async () => undefined,
): Promise<DoubtfulRows | undefined> {
  const rows = records.flatMap((record) =>
    record.label === undefined || isEmptyText(record.text) ? [] : [{ record, label: record.label }],
  );
  const labels = sortedLabels(rows.map(({ label }) => label));
  if (labels.length < 2) return undefined;
  const texts = rows.map(({ record }) => record.text);
  const ids = labelIds(labels);
  const given = rows.map(({ label }) => ids.get(label) ?? -1);
  const groupOf = new Map(near.rows.map(({ record }, index) => [record, near.groupOf[index]]));
  const groups = rows.map(({ record }, row) => groupOf.get(record) ?? `row ${row}`);
  const folded = { texts, labelIds: given, groups };
  const folds = dealFolds(folded, FOLDS, randomStream(0, "examination"));
  const embeddings = await embed(texts);
  const tell = (done: number) => {
    host.emit({
      type: "progress",
      task: "examining labels",
      done,
      total: folds.count,
      unit: "folds",
    });
  };
  let told = -1;
  const beforeEach = (fold: number) => {
    stopIfAsked(host);
    if (fold !== told) tell(fold);
    told = fold;
  };
  const logits =
    embeddings === undefined
      ? heldOutBaselineLogits(texts, given, labels.length, folds, beforeEach)
      : heldOutEmbedLogits({ texts, embeddings }, given, labels.length, folds, beforeEach);
  tell(folds.count);
  const doubtful = doubtfulLabels(logits, given, labels.length);
  const rowsOf = (found: readonly DoubtfulLabel[]) =>
    found.map(({ row, suggestedId, ...probabilities }) => ({
      record: rows[row].record,
      suggested: labels[suggestedId],
      ...probabilities,
    }));
  return {
    examined: heldOutRows(folds).length,
    rows: rowsOf(doubtful.rows),
    further: rowsOf(doubtful.further),
    withEmbeddings: embeddings !== undefined,
  };
}
