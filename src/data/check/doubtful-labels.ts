/**
 * Rows whose label is probably wrong, by what classifiers that were not trained on the row answer to it.
 *
 * Candidates are the rows whose own label is not the likeliest, those first whose label is most probably wrong (`labelNoise`). Listed are
 * as many as there are wrong labels by that model: the sum of these probabilities.
 *
 * Worth a look are further ones, until they are as many as confident learning counts (Northcutt, Jiang & Chuang 2021): the threshold t_j of
 * label j is the mean probability of j over the rows that carry it; a row is confidently of label j if P(j) >= t_j, of several such labels
 * the likeliest; counted are the candidates that are confidently of a label they do not carry.
 */
import { type LabelSets, membership, questionLogits } from "../label-sets.js";
import { labelNoise } from "./label-noise.js";

export interface DoubtfulLabel {
  readonly row: number;
  /** The likeliest other label. */
  readonly suggestedId: number;
  /** Probability of the suggested label. */
  readonly probability: number;
  /** Probability of the label that the row carries. */
  readonly givenProbability: number;
}

export interface DoubtfulLabels {
  /** The most doubtful first. */
  readonly rows: readonly DoubtfulLabel[];
  /** Rows that are less doubtful, in the same order. */
  readonly further: readonly DoubtfulLabel[];
}

/** Probabilities closer than this are equal. */
const TOLERANCE = 1e-6;

/** The doubtful rows of N by logits [N][labels], row-major; a row of NaN is passed over. `labelIds` are those the rows carry. */
export function doubtfulLabels(
  logits: ArrayLike<number>,
  labelIds: ArrayLike<number>,
  labels: number,
): DoubtfulLabels {
  const { probabilities, wrong } = labelNoise(logits, labelIds, labels);
  const rows: DoubtfulLabel[] = [];
  let expected = 0;
  for (let row = 0; row < labelIds.length; row++) {
    if (Number.isNaN(wrong[row])) continue;
    expected += wrong[row];
    const of = (id: number) => probabilities[row * labels + id];
    const given = labelIds[row];
    let suggestedId = given === 0 ? 1 : 0;
    for (let id = 0; id < labels; id++) {
      if (id !== given && of(id) > of(suggestedId)) suggestedId = id;
    }
    if (of(given) >= of(suggestedId) - TOLERANCE) continue;
    rows.push({ row, suggestedId, probability: of(suggestedId), givenProbability: of(given) });
  }
  rows.sort((a, b) => wrong[b.row] - wrong[a.row] || a.row - b.row);
  const listed = Math.round(expected);
  return {
    rows: rows.slice(0, listed),
    further: rows.slice(listed, confidentlyOthers(probabilities, labelIds, labels)),
  };
}

/**
 * The doubtful decisions whether a row has a label, row by row and label by label: `row` of each is N C of them, and 1 is suggested where the label should be
 * given. `weighing` says whether the classifiers weighed rows with and without a label alike; here the label is then as rare as it is.
 */
export function doubtfulDecisions(
  logits: Float32Array,
  given: ArrayLike<number>,
  sets: LabelSets,
  weighing: "balanced" | "plain",
): DoubtfulLabels {
  const answers = membership(given, sets); // [N][C]
  const { length } = sets.labels;
  const having = new Float64Array(length);
  answers.forEach((answer, decision) => {
    having[decision % length] += answer;
  });
  const odds = having.map((rows) => Math.log((rows + 0.5) / (given.length - rows + 0.5)));
  const shifted =
    weighing === "plain"
      ? logits
      : logits.map((logit, decision) => logit + odds[decision % length]);
  return doubtfulLabels(questionLogits(shifted), answers, 2);
}

/** Rows that are confidently of a label they do not carry, and whose own is not the likeliest. */
function confidentlyOthers(
  probabilities: Float64Array,
  labelIds: ArrayLike<number>,
  labels: number,
): number {
  const thresholds = confidentThresholds(probabilities, labelIds, labels);
  let count = 0;
  for (let row = 0; row < labelIds.length; row++) {
    const of = (id: number) => probabilities[row * labels + id];
    const given = labelIds[row];
    let likeliest = given;
    let confident: number | undefined;
    for (let id = 0; id < labels; id++) {
      if (of(id) > of(likeliest) + TOLERANCE) likeliest = id;
      if (!(of(id) >= thresholds[id] - TOLERANCE)) continue;
      if (confident === undefined || of(id) > of(confident)) confident = id;
    }
    if (likeliest !== given && confident !== undefined && confident !== given) count++;
  }
  return count;
}

/** t_j; infinite for a label without rows. */
function confidentThresholds(
  probabilities: Float64Array,
  labelIds: ArrayLike<number>,
  labels: number,
): Float64Array {
  const sums = new Float64Array(labels);
  const counts = new Float64Array(labels);
  for (let row = 0; row < labelIds.length; row++) {
    const id = labelIds[row];
    const probability = probabilities[row * labels + id];
    if (Number.isNaN(probability)) continue;
    sums[id] += probability;
    counts[id] += 1;
  }
  return sums.map((sum, id) => (counts[id] === 0 ? Number.POSITIVE_INFINITY : sum / counts[id]));
}
