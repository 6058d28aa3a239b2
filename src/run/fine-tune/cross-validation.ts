/** Cross-validation: every training text classified by candidates that were not trained on it. */
import { randomStream } from "../../base/random.js";
import type { Dataset } from "../../data/dataset.js";
import { type Folds, rowsOfFold, shareOfRows } from "../../data/folds.js";
import { strataOf } from "../../data/label-sets.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { AUTO, isStacked, type Method } from "../../method/methods.js";
import {
  type EmbeddedTexts,
  embedLogits,
  fitEmbed,
  someEmbedded,
} from "../../model/linear/embed-classifier.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { makeFolder } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { Host } from "../host/host.js";
import { tellMeasured } from "./baseline.js";
import { type HeldOutAnswers, titleOf } from "./choice.js";
import { foldsFolder, keptAnswers } from "./fold-answers.js";
import { fitOnRows, stoppedBetweenFolds } from "./fold-fit.js";
import type { RunInputs } from "./inputs.js";
import { measuredRows } from "./run-metrics.js";
import type { TextMasks } from "./text-masks.js";

interface FoldAnswering {
  readonly method: Method;
  /** By which its answers are kept; that of the method where absent. */
  readonly name?: string;
  /** Logits [heldOut, C] */
  answer(
    rows: { train: readonly number[]; heldOut: readonly number[] },
    fold: number,
  ): Promise<Float32Array>;
  /** The first of the folds; all where absent. */
  readonly most?: number;
}

/** Answers of one candidate, fold by fold; `told` gets those up to each. Throws what answering throws. */
async function answersByFold(
  outputDir: string,
  folds: Folds,
  { method, name = method, answer, most = folds.count }: FoldAnswering,
  told: (answers: HeldOutAnswers) => void = () => undefined,
): Promise<HeldOutAnswers> {
  makeFolder(join(outputDir, foldsFolder));
  const found = new Map<number, readonly number[]>();
  const soFar = (): HeldOutAnswers => {
    const rows = [...found.keys()].sort((a, b) => a - b);
    return { method, rows, logits: Float32Array.from(rows.flatMap((row) => found.get(row) ?? [])) };
  };
  for (let fold = 0; fold < most; fold++) {
    const answers = await keptAnswers(outputDir, name, fold, async () => {
      const parts = rowsOfFold(folds, fold);
      return { rows: parts.heldOut, logits: Array.from(await answer(parts, fold)) };
    });
    const labels = answers.logits.length / answers.rows.length;
    answers.rows.forEach((row, index) => {
      found.set(row, answers.logits.slice(index * labels, (index + 1) * labels));
    });
    told(soFar());
  }
  return soFar();
}

/** Tells the host how good a candidate is on the texts held out up to now. */
function telling({ data: { train, space } }: LabelledRun, host: Host) {
  return (answers: HeldOutAnswers) =>
    tellMeasured(host, answers.method, "held-out", measuredRows(answers, train.labelIds), space);
}

/** What linear candidates need of a run. */
export interface LabelledRun {
  readonly settings: Pick<RunInputs["settings"], "outputDir" | "seed">;
  readonly data: Pick<Dataset, "train" | "labels" | "space">;
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
  run: LabelledRun,
  folds: Folds,
  host: Host,
  share: number,
  answer: LinearAnswer,
): Promise<HeldOutAnswers> {
  const {
    settings,
    data: { train, space },
  } = run;
  const stopIfAsked = () => {
    if (host.cancelled()) throw stoppedBetweenFolds();
  };
  const strata = strataOf(train.labelIds, space);
  return answersByFold(
    settings.outputDir,
    folds,
    {
      method,
      name: share === 1 ? method : `${method}-of-${share}`,
      async answer({ train: rows, heldOut }, fold) {
        const total = folds.count;
        const of = share === 1 ? "" : `, ${100 * share} % of the texts`;
        const detail = `${titleOf(method)}${of}`;
        host.emit({
          type: "progress",
          task: "cross-validating",
          ...{ done: fold, total, unit: "folds", detail },
        });
        const random = randomStream(settings.seed, "learning curve", fold);
        const some = share === 1 ? rows : shareOfRows(rows, strata, share, random);
        const labelIds = some.map((row) => train.labelIds[row]);
        return answer(some, labelIds, heldOut, stopIfAsked);
      },
    },
    share === 1 ? telling(run, host) : undefined,
  );
}

/**
 * Answers of TF-IDF with logistic regression to all texts that are ever held out, trained on a share of the others. Throws `interrupted` after
 * a stop on request.
 */
export function tfidfAnswers(
  inputs: LabelledRun,
  folds: Folds,
  host: Host,
  share = 1,
): Promise<HeldOutAnswers> {
  const { train, space } = inputs.data;
  const textsOf = (rows: readonly number[]) => rows.map((row) => train.texts[row]);
  return linearAnswers("tfidf", inputs, folds, host, share, (rows, labelIds, heldOut, beforeEach) =>
    tfidfLogits(fitTfidf(textsOf(rows), labelIds, space, beforeEach), textsOf(heldOut)),
  );
}

/** The same of TF-IDF with embeddings. */
export function embedAnswers(
  inputs: LabelledRun,
  train: EmbeddedTexts,
  folds: Folds,
  host: Host,
  share = 1,
): Promise<HeldOutAnswers> {
  const { space } = inputs.data;
  return linearAnswers("embed", inputs, folds, host, share, (rows, labelIds, heldOut, beforeEach) =>
    embedLogits(
      fitEmbed(someEmbedded(train, rows), labelIds, space, beforeEach),
      someEmbedded(train, heldOut),
    ),
  );
}

/**
 * Answers of the fine-tuned encoder in the first `most` folds. Each fold is trained as the run would be, on fewer texts. Throws `interrupted`
 * after a stop on request, with the finished folds kept, and `training-diverged`.
 */
export function encoderAnswers(
  inputs: RunInputs,
  masks: TextMasks | undefined,
  folds: Folds,
  most: number,
  runtime: Runtime,
  host: Host,
): Promise<HeldOutAnswers> {
  const { outputDir, method } = inputs.settings;
  return answersByFold(
    outputDir,
    folds,
    {
      method: method === AUTO || isStacked(method) ? "stl" : method,
      most,
      answer: (rows, fold) =>
        fitOnRows(inputs, masks, rows, runtime, host, (done, total) => {
          const detail = `fine-tuning, fold ${fold + 1} of ${most}`;
          host.emit({
            type: "progress",
            task: "cross-validating",
            ...{ done: fold * total + done, total: most * total, unit: "steps", detail },
          });
        }),
    },
    telling(inputs, host),
  );
}
