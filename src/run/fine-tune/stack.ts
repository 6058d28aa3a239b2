/** The candidate that mixes TF-IDF with the fine-tuned encoder, by what the two answered to held-out texts. */
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import { AUTO, autoCandidates, isStacked } from "../../method/methods.js";
import { meanLoss } from "../../results/metrics/metrics.js";
import { stackedLogits } from "../classifiers/stacked-logits.js";
import { answersOn, type HeldOutAnswers } from "./choice.js";

/** Shares of the encoder that are tried; of equally good ones the first. */
const WEIGHTS = [0.5, 0.3, 0.7, 0.1, 0.9];

/** Parts of the texts: each is answered with the weight that is best on the others, so that no text chooses its own weight. */
const PARTS = 5;

/** What the candidates answered, as far as they are trained. */
export interface AnsweredBy {
  readonly tfidf: HeldOutAnswers | undefined;
  readonly embed: HeldOutAnswers | undefined;
  readonly encoder: HeldOutAnswers | undefined;
}

/** Those that a method chooses from, in the order of `autoCandidates`. */
export function candidatesOf(
  method: string,
  { tfidf, embed, encoder }: AnsweredBy,
  labelIds: ArrayLike<number>,
  space: LabelSpace,
): readonly HeldOutAnswers[] {
  const stacks = method === AUTO || isStacked(method);
  const stack =
    stacks && tfidf && encoder ? stackAnswers(tfidf, encoder, labelIds, space) : undefined;
  const all = method === AUTO ? { tfidf, embed, stack, stl: encoder } : undefined;
  const chosenFrom = all ? autoCandidates.map((name) => all[name]) : [stack ?? encoder ?? embed];
  return chosenFrom.filter((one) => one !== undefined);
}

/** Answers to the texts that both answered, and the weight that has the least mean loss on all of them. */
export function stackAnswers(
  tfidf: HeldOutAnswers,
  encoder: HeldOutAnswers,
  labelIds: ArrayLike<number>,
  space: LabelSpace,
): HeldOutAnswers {
  const labels = labelCount(space);
  const known = new Set(tfidf.rows);
  const rows = encoder.rows.filter((row) => known.has(row));
  const parts = [encoder, tfidf].map((answers) => answersOn(rows, answers, labels));
  const mixed = WEIGHTS.map((weight) => stackedLogits(weight, parts[0], parts[1], space));
  const bestOn = (isUsed: (place: number) => boolean) => {
    const used = rows.filter((row, place) => isUsed(place) && labelIds[row] >= 0);
    if (used.length === 0) return 0;
    const expected = used.map((row) => labelIds[row]);
    const losses = mixed.map((logits) =>
      meanLoss(answersOn(used, { rows, logits }, labels), expected, space),
    );
    return losses.indexOf(Math.min(...losses));
  };
  const best = Array.from({ length: PARTS }, (_, part) =>
    bestOn((place) => place % PARTS !== part),
  );
  const logits = Float32Array.from(mixed[0], (_, index) => {
    const place = Math.floor(index / labels);
    return mixed[best[place % PARTS]][index];
  });
  return { method: "stack", rows, logits, encoderWeight: WEIGHTS[bestOn(() => true)] };
}
