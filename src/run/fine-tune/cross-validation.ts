/** Cross-validation: every training text classified by candidates that were not trained on it. */
import { counted, duration } from "../../base/figures.js";
import { type Folds, rowsOfFold } from "../../data/folds.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { AUTO, isStacked, type Method } from "../../method/methods.js";
import { embedLogits, fitEmbed } from "../../model/linear/embed-classifier.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { makeFolder } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { Host } from "../host/host.js";
import type { TextMasks } from "./auxiliary-texts.js";
import type { HeldOutAnswers } from "./choice.js";
import { type EmbeddedRun, embeddedRows } from "./embedding.js";
import { foldsFolder, keptAnswers } from "./fold-answers.js";
import { fitOnRows, stoppedBetweenFolds } from "./fold-fit.js";
import type { RunInputs } from "./inputs.js";

interface FoldAnswering {
  readonly method: Method;
  /** Logits [heldOut, C] */
  answer(
    rows: { train: readonly number[]; heldOut: readonly number[] },
    fold: number,
  ): Promise<Float32Array>;
  /** May another fold be fitted, after `done` that took `seconds` together? */
  goesOn?(done: number, seconds: number): boolean;
}

/** Answers of one candidate, fold by fold. Throws what answering throws. */
async function answersByFold(
  outputDir: string,
  folds: Folds,
  { method, answer, goesOn = () => true }: FoldAnswering,
  host: Host,
): Promise<HeldOutAnswers> {
  makeFolder(join(outputDir, foldsFolder));
  const found = new Map<number, readonly number[]>();
  let seconds = 0;
  for (let fold = 0; fold < folds.count; fold++) {
    if (fold > 0 && !goesOn(fold, seconds)) break;
    const answers = await keptAnswers(outputDir, method, fold, async () => {
      const start = host.now();
      const parts = rowsOfFold(folds, fold);
      const found = await answer(parts, fold);
      const taken = Math.max(0, host.now() - start) / 1000;
      return { rows: parts.heldOut, logits: Array.from(found), seconds: taken };
    });
    const labels = answers.logits.length / answers.rows.length;
    answers.rows.forEach((row, index) => {
      found.set(row, answers.logits.slice(index * labels, (index + 1) * labels));
    });
    seconds += answers.seconds;
  }
  const rows = [...found.keys()].sort((a, b) => a - b);
  return { method, rows, logits: Float32Array.from(rows.flatMap((row) => found.get(row) ?? [])) };
}

/** Trains a linear classifier on some of the texts and gives its logits of others. */
type LinearAnswer = (
  train: readonly number[],
  labelIds: readonly number[],
  heldOut: readonly number[],
  beforeEach: () => void,
) => Float32Array;

function linearAnswers(
  method: Method,
  { settings: { outputDir }, data: { train } }: RunInputs,
  folds: Folds,
  host: Host,
  answer: LinearAnswer,
): Promise<HeldOutAnswers> {
  const stopIfAsked = () => {
    if (host.cancelled()) throw stoppedBetweenFolds();
  };
  return answersByFold(
    outputDir,
    folds,
    {
      method,
      async answer({ train: rows, heldOut }, fold) {
        const total = folds.count;
        host.emit({ type: "progress", task: "cross-validating", done: fold, total, unit: "folds" });
        const labelIds = rows.map((row) => train.labelIds[row]);
        return answer(rows, labelIds, heldOut, stopIfAsked);
      },
    },
    host,
  );
}

/** Answers of TF-IDF with logistic regression to all texts that are ever held out. Throws `interrupted` after a stop on request. */
export function tfidfAnswers(inputs: RunInputs, folds: Folds, host: Host): Promise<HeldOutAnswers> {
  const { train, labels } = inputs.data;
  const textsOf = (rows: readonly number[]) => rows.map((row) => train.texts[row]);
  return linearAnswers("tfidf", inputs, folds, host, (rows, labelIds, heldOut, beforeEach) =>
    tfidfLogits(fitTfidf(textsOf(rows), labelIds, labels.length, beforeEach), textsOf(heldOut)),
  );
}

/** The same of TF-IDF with embeddings. */
export function embedAnswers(
  inputs: RunInputs,
  { train }: EmbeddedRun,
  folds: Folds,
  host: Host,
): Promise<HeldOutAnswers> {
  const { length } = inputs.data.labels;
  return linearAnswers("embed", inputs, folds, host, (rows, labelIds, heldOut, beforeEach) =>
    embedLogits(
      fitEmbed(embeddedRows(train, rows), labelIds, length, beforeEach),
      embeddedRows(train, heldOut),
    ),
  );
}

/**
 * Answers of the fine-tuned encoder, of as many folds as fit in `seconds`, and of one at least. Each fold is trained as the run would be,
 * on fewer texts. Throws `interrupted` after a stop on request, with the finished folds kept, and `training-diverged`.
 */
export async function encoderAnswers(
  inputs: RunInputs,
  masks: TextMasks | undefined,
  folds: Folds,
  seconds: number,
  runtime: Runtime,
  host: Host,
): Promise<HeldOutAnswers> {
  const { outputDir, method } = inputs.settings;
  const found = await answersByFold(
    outputDir,
    folds,
    {
      method: method === AUTO || isStacked(method) ? "stl" : method,
      answer: (rows, fold) =>
        fitOnRows(inputs, masks, rows, runtime, host, (done, total) => {
          const detail = `fine-tuning, fold ${fold + 1} of ${folds.count}`;
          host.emit({
            type: "progress",
            task: "cross-validating",
            ...{ done: fold * total + done, total: folds.count * total, unit: "steps", detail },
          });
        }),
      goesOn(done, taken) {
        const each = taken / done;
        if (done === 1)
          tellTime(each, Math.min(folds.count - 1, Math.floor(seconds / each) - 1), host);
        return taken + each <= seconds;
      },
    },
    host,
  );
  const held = new Set(found.rows.map((row) => folds.ofRow[row])).size;
  if (held < folds.count) {
    const text = `the fine-tuned encoder is measured on ${counted(found.rows.length, "text")}, ${counted(held, "fold")} of ${folds.count}: more would take longer than ${duration(seconds)}`;
    host.emit({ type: "notice", level: "info", text });
  }
  return found;
}

/** How long the rest takes by the first fold: `more` folds, and then the training of what is kept. */
function tellTime(secondsEach: number, more: number, host: Host): void {
  const left = duration(secondsEach * (Math.max(0, more) + 1));
  const text = `fine-tuning took ${duration(secondsEach)} for the first fold, so the run takes about ${left} more; fewer --folds or --num-train-epochs shorten it`;
  host.emit({ type: "notice", level: "info", text });
}
