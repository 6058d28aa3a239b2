/** The labels of a file, examined by classifiers that were not trained on the row in question. */
import { randomStream } from "../../base/random.js";
import type { DoubtfulRow, DoubtfulRows } from "../../data/check/check-result.js";
import {
  type DoubtfulLabel,
  doubtfulDecisions,
  doubtfulLabels,
} from "../../data/check/doubtful-labels.js";
import type { NearRows } from "../../data/check/near-rows.js";
import { dealFolds } from "../../data/folds.js";
import { isEmptyText, type TextRecord } from "../../data/formats/record.js";
import { joinedLabels, labelsIn, strataOf } from "../../data/label-sets.js";
import { labelIds, sortedLabels } from "../../data/labels.js";
import { labelSpace, singleTexts, type Task } from "../../data/task.js";
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
export function isQuicklyExamined(
  records: readonly TextRecord[],
  task: Pick<Task, "severalLabels"> = singleTexts,
): boolean {
  const labels = labelsOf(records, task).length;
  const characters = records.reduce((sum, { text }) => sum + text.length, 0);
  return characters * (labels === 2 ? 1 : labels) <= QUICK_WORK;
}

function labelsOf(
  records: readonly Pick<TextRecord, "label">[],
  { severalLabels }: Pick<Task, "severalLabels">,
): readonly string[] {
  const given = records.flatMap(({ label }) => label ?? []);
  return sortedLabels(severalLabels === undefined ? given : given.flatMap(labelsIn));
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
  task: Pick<Task, "severalLabels"> = singleTexts,
): Promise<DoubtfulRows | undefined> {
  const rows = records.flatMap((record) =>
    record.label === undefined || isEmptyText(record.text) ? [] : [{ record, label: record.label }],
  );
  const labels = labelsOf(rows, task);
  if (labels.length < 2) return undefined;
  const texts = rows.map(({ record }) => record.text);
  const space = labelSpace(labels, task);
  const ids = labelIds(labels);
  const idOf = typeof space === "number" ? (label: string) => ids.get(label) ?? -1 : space.idOf;
  const given = rows.map(({ label }) => idOf(label));
  const groupOf = new Map(near.rows.map(({ record }, index) => [record, near.groupOf[index]]));
  const groups = rows.map(({ record }, row) => groupOf.get(record) ?? `row ${row}`);
  const folded = { texts, labelIds: strataOf(given, space), groups };
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
      ? heldOutBaselineLogits(texts, given, space, folds, beforeEach)
      : heldOutEmbedLogits({ texts, embeddings }, given, space, folds, beforeEach);
  tell(folds.count);
  const doubtful =
    typeof space === "number"
      ? doubtfulLabels(logits, given, space)
      : doubtfulDecisions(logits, given, space, "balanced");
  const suggested = ({ row, suggestedId }: DoubtfulLabel) =>
    typeof space === "number"
      ? { record: rows[row].record, suggested: labels[suggestedId] }
      : corrected(rows[Math.floor(row / labels.length)].record, labels[row % labels.length]);
  const rowsOf = (found: readonly DoubtfulLabel[]) =>
    found.map((one) => ({
      ...suggested(one),
      probability: one.probability,
      givenProbability: one.givenProbability,
    }));
  // Of a row with several doubtful labels the most doubtful one is listed.
  const first = firstOfEach(rowsOf(doubtful.rows));
  const listed = new Set(first.map(({ record }) => record));
  return {
    examined: heldOutRows(folds).length,
    rows: first,
    further: firstOfEach(rowsOf(doubtful.further)).filter(({ record }) => !listed.has(record)),
    withEmbeddings: embeddings !== undefined,
  };
}

function firstOfEach(rows: readonly DoubtfulRow[]): readonly DoubtfulRow[] {
  const seen = new Set<TextRecord>();
  return rows.filter(({ record }) => seen.size < seen.add(record).size);
}

/** The row with a label added, or taken away where it has it. */
function corrected(record: TextRecord, label: string) {
  const labels = labelsIn(record.label ?? "");
  const others = labels.filter((one) => one !== label);
  const suggested = joinedLabels(others.length < labels.length ? others : [...labels, label]);
  return { record, suggested };
}
