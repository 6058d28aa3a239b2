/** How long the linear classifiers of a run take on this machine, for estimates before it is trained. */

import { randomStream } from "../../base/random.js";
import { shareOfRows } from "../../data/folds.js";
import { labelCount, strataOf } from "../../data/label-sets.js";
import { tfIdfReader } from "../../model/linear/tf-idf.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import type { Host } from "../host/host.js";
import type { RunInputs } from "./inputs.js";

/** Characters times labels of the texts that are trained on for the sake of the time: a second on one core of 2024. */
const TIMED_WORK = 2 ** 17;

/**
 * Parts of the training texts that a learning curve trains on. Each is twice the one before, so the slope by the logarithm
 * is that of one doubling.
 */
export const curveShares: readonly number[] = [0.25, 0.5, 1];

/** Seconds of all trainings that a run takes. */
export interface LinearSeconds {
  readonly tfidf: number;
  /** With embeddings, but without embedding the texts. */
  readonly embed: number;
  /** Of the learning curve, both classifiers together; 0 where none is asked for. */
  readonly curve: number;
}

/**
 * Times TF-IDF with logistic regression on a part of the training texts, each label in its share, and multiplies by the texts of all
 * trainings: of k folds (k - 1) / k each, and all of them at the end. With embeddings every pass reads their numbers beside the n-grams.
 * The curve trains on its parts of each fold's texts, without folds once on each part.
 */
export function linearSeconds(
  { settings, data, folds, model }: Pick<RunInputs, "settings" | "data" | "folds" | "model">,
  host: Pick<Host, "now">,
): LinearSeconds {
  const { texts, labelIds } = data.train;
  const { space } = data;
  const work = texts.reduce((sum, { length }) => sum + length, 0) * labelCount(space);
  const share = Math.min(1, TIMED_WORK / work);
  const rows = [...texts.keys()];
  const timed = shareOfRows(
    rows,
    strataOf(labelIds, space),
    share,
    randomStream(settings.seed, "linear time"),
  );
  const some = timed.map((row) => texts[row]);
  const start = host.now();
  const classifier = fitTfidf(
    some,
    timed.map((row) => labelIds[row]),
    space,
  );
  tfidfLogits(classifier, some);
  const seconds = (host.now() - start) / 1000;
  const trainings = folds?.count ?? 1;
  const whole = (seconds * texts.length) / timed.length;
  const tfidf = whole * trainings;
  const read = tfIdfReader(classifier.features);
  const ngrams = some.reduce((sum, text) => sum + read(text).columns.length, 0) / some.length;
  const wider = 1 + model.spec.hiddenSize / Math.max(1, ngrams);
  const curveTexts = curveShares.reduce((sum, part) => sum + part, 0) * Math.max(1, trainings - 1);
  const curve = settings.learningCurve ? whole * curveTexts * (1 + wider) : 0;
  return { tfidf, embed: tfidf * wider, curve };
}
