/**
 * Rows whose label is probably wrong, by confident learning (Northcutt, Jiang & Chuang 2021) on probabilities from classifiers that were
 * not trained on the row.
 *
 * The threshold t_j of label j is the mean probability of j over the rows that carry it. A row is confidently of label j if P(j) >= t_j; of
 * several such labels the likeliest counts. A row is doubtful if that label is not the one it carries, and another label is likelier than
 * that one. So a label that the classifier seldom finds needs less probability to be believed.
 */

export interface DoubtfulLabel {
  readonly row: number;
  /** The label that it is confidently of. */
  readonly suggestedId: number;
  /** Probability of the suggested label. */
  readonly probability: number;
  /** Probability of the label that the row carries. */
  readonly givenProbability: number;
}

/** Probabilities closer than this are equal. */
const TOLERANCE = 1e-6;

/**
 * The doubtful rows of N, the least probable label first. `probabilities` is [N][labels], row-major; a row of NaN is passed over.
 * `labelIds` are those the rows carry.
 */
export function doubtfulLabels(
  probabilities: ArrayLike<number>,
  labelIds: ArrayLike<number>,
  labels: number,
): DoubtfulLabel[] {
  const thresholds = confidentThresholds(probabilities, labelIds, labels);
  const doubtful: DoubtfulLabel[] = [];
  for (let row = 0; row < labelIds.length; row++) {
    const of = (id: number) => probabilities[row * labels + id];
    const givenProbability = of(labelIds[row]);
    if (Number.isNaN(givenProbability)) continue;
    let likeliest = 0;
    let suggestedId: number | undefined;
    for (let id = 0; id < labels; id++) {
      likeliest = Math.max(likeliest, of(id));
      if (of(id) < thresholds[id] - TOLERANCE) continue;
      if (suggestedId === undefined || of(id) > of(suggestedId)) suggestedId = id;
    }
    if (suggestedId === undefined || suggestedId === labelIds[row]) continue;
    if (givenProbability >= likeliest - TOLERANCE) continue;
    doubtful.push({ row, suggestedId, probability: of(suggestedId), givenProbability });
  }
  return doubtful.sort((a, b) => a.givenProbability - b.givenProbability || a.row - b.row);
}

/** t_j; infinite for a label without rows. */
function confidentThresholds(
  probabilities: ArrayLike<number>,
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
