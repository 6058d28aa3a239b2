/**
 * Rows whose label is probably wrong, by confident learning (Northcutt, Jiang & Chuang 2021) on probabilities from classifiers that were
 * not trained on the row.
 *
 * How many: the threshold t_j of label j is the mean probability of j over the rows that carry it. A row is confidently of label j if
 * P(j) >= t_j; of several such labels the likeliest counts. The rows that are confidently of a label they do not carry, and for which
 * their own is not the likeliest, are counted.
 *
 * Which: as many rows, those with the largest log-odds of the likeliest other label against the one they carry.
 */

export interface DoubtfulLabel {
  readonly row: number;
  /** The likeliest other label. */
  readonly suggestedId: number;
  /** Probability of the suggested label. */
  readonly probability: number;
  /** Probability of the label that the row carries. */
  readonly givenProbability: number;
}

/** Probabilities closer than this are equal. */
const TOLERANCE = 1e-6;

/**
 * The doubtful rows of N, the largest log-odds against their label first. `probabilities` is [N][labels], row-major; a row of NaN is
 * passed over. `labelIds` are those the rows carry.
 */
export function doubtfulLabels(
  probabilities: ArrayLike<number>,
  labelIds: ArrayLike<number>,
  labels: number,
): DoubtfulLabel[] {
  const thresholds = confidentThresholds(probabilities, labelIds, labels);
  const rows: DoubtfulLabel[] = [];
  let count = 0;
  for (let row = 0; row < labelIds.length; row++) {
    const of = (id: number) => probabilities[row * labels + id];
    const given = labelIds[row];
    if (Number.isNaN(of(given))) continue;
    let suggestedId = given === 0 ? 1 : 0;
    let confident: number | undefined;
    for (let id = 0; id < labels; id++) {
      if (id !== given && of(id) > of(suggestedId)) suggestedId = id;
      if (of(id) < thresholds[id] - TOLERANCE) continue;
      if (confident === undefined || of(id) > of(confident)) confident = id;
    }
    if (of(given) >= of(suggestedId) - TOLERANCE) continue;
    if (confident !== undefined && confident !== given) count++;
    rows.push({ row, suggestedId, probability: of(suggestedId), givenProbability: of(given) });
  }
  const odds = ({ probability, givenProbability }: DoubtfulLabel) =>
    Math.log(probability) - Math.log(givenProbability);
  return rows.sort((a, b) => odds(b) - odds(a) || a.row - b.row).slice(0, count);
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
