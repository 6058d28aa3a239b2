/**
 * How many labels are wrong, and which: a model of wrong labels, fitted to what classifiers answer to rows they were not trained on.
 *
 *     P(y | x) = (1 - e) p_y + e (1 - p_y) / (K - 1),    p = softmax(z / T)
 *
 * A row's label y is right with probability 1 - e, and then as likely as the classifier says; else it is any of the other K - 1. T makes up
 * for a classifier that is too sure or not sure enough. T and e maximise the likelihood of the N labels, with 100 more labels of which 3.3
 * are wrong, so that a few rows do not decide; 3.3 % is the mean share of wrong labels in ten well-known test sets (Northcutt, Athalye &
 * Mueller 2021, "Pervasive Label Errors in Test Sets"). A label is then wrong with probability e (1 - p_y) / (K - 1) / P(y | x).
 */
export interface LabelNoise {
  readonly temperature: number; // T
  /** Part of the labels that are wrong, in (0, 1/2). */
  readonly share: number; // e
  /** p: probabilities [N][K] at the temperature. */
  readonly probabilities: Float64Array;
  /** That each label is wrong; NaN for a row without logits. */
  readonly wrong: Float64Array; // [N]
}

const PRIOR_LABELS = 100;
const PRIOR_SHARE = 0.033;
const [LEAST_LOG_TEMPERATURE, MOST_LOG_TEMPERATURE] = [Math.log(0.05), Math.log(10)];
/** First looked for at so many temperatures, then between two of them. */
const STEPS = 24;
const HALVINGS = 45;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const NARROWINGS = 40;

/** Fits the model to logits z [N][K], row-major; a row of NaN is passed over. */
export function labelNoise(
  logits: ArrayLike<number>,
  labelIds: ArrayLike<number>,
  labels: number,
): LabelNoise {
  /** p_y at a temperature, of the rows with logits. */
  const givenAt = (logTemperature: number) =>
    probabilitiesOfGiven(logits, labelIds, labels, Math.exp(-logTemperature)).filter(
      (probability) => !Number.isNaN(probability),
    );
  const scoreAt = (logTemperature: number) => {
    const given = givenAt(logTemperature);
    return logLikelihood(given, likeliestShare(given, labels), labels);
  };
  const logTemperature = highest(scoreAt, LEAST_LOG_TEMPERATURE, MOST_LOG_TEMPERATURE);
  const inverse = Math.exp(-logTemperature);
  const share = likeliestShare(givenAt(logTemperature), labels);
  const given = probabilitiesOfGiven(logits, labelIds, labels, inverse);
  return {
    temperature: 1 / inverse,
    share,
    probabilities: allProbabilities(logits, labels, inverse),
    wrong: given.map((probability) => {
      const byError = (share * (1 - probability)) / (labels - 1);
      return byError / (byError + (1 - share) * probability);
    }),
  };
}

/** Where a function with one hill, seen at `STEPS` points, is highest. */
function highest(score: (x: number) => number, least: number, most: number): number {
  const width = (most - least) / STEPS;
  const scores = Array.from({ length: STEPS + 1 }, (_, step) => score(least + step * width));
  const best = scores.indexOf(Math.max(...scores));
  let [low, high] = [
    least + Math.max(0, best - 1) * width,
    least + Math.min(STEPS, best + 1) * width,
  ];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [leftScore, rightScore] = [score(left), score(right)];
  for (let narrowing = 0; narrowing < NARROWINGS; narrowing++) {
    if (leftScore > rightScore) {
      [high, right, rightScore] = [right, left, leftScore];
      left = high - GOLDEN * (high - low);
      leftScore = score(left);
    } else {
      [low, left, leftScore] = [left, right, rightScore];
      right = low + GOLDEN * (high - low);
      rightScore = score(right);
    }
  }
  return (low + high) / 2;
}

/** e for given p_y. The likelihood is concave in it, so its slope is looked at for its change of sign. */
function likeliestShare(given: Float64Array, labels: number): number {
  let [low, high] = [0, 0.5];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const share = (low + high) / 2;
    let slope = PRIOR_LABELS * (PRIOR_SHARE / share - (1 - PRIOR_SHARE) / (1 - share));
    for (const probability of given) {
      const other = (1 - probability) / (labels - 1);
      slope += (other - probability) / ((1 - share) * probability + share * other);
    }
    if (slope > 0) low = share;
    else high = share;
  }
  return (low + high) / 2;
}

function logLikelihood(given: Float64Array, share: number, labels: number): number {
  let sum =
    PRIOR_LABELS * (PRIOR_SHARE * Math.log(share) + (1 - PRIOR_SHARE) * Math.log(1 - share));
  for (const probability of given) {
    const other = (1 - probability) / (labels - 1);
    sum += Math.log((1 - share) * probability + share * other);
  }
  return sum;
}

/** softmax(logits * inverse)[label] of each row. */
function probabilitiesOfGiven(
  logits: ArrayLike<number>,
  labelIds: ArrayLike<number>,
  labels: number,
  inverse: number,
): Float64Array {
  return Float64Array.from(labelIds, (id, row) => {
    const start = row * labels;
    let total = 0;
    for (let label = 0; label < labels; label++) {
      total += Math.exp((logits[start + label] - logits[start + id]) * inverse);
    }
    return 1 / total;
  });
}

/** softmax(logits * inverse) of each row. */
function allProbabilities(
  logits: ArrayLike<number>,
  labels: number,
  inverse: number,
): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += labels) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let label = 0; label < labels; label++) {
      largest = Math.max(largest, logits[start + label]);
    }
    let total = 0;
    for (let label = 0; label < labels; label++) {
      probabilities[start + label] = Math.exp((logits[start + label] - largest) * inverse);
      total += probabilities[start + label];
    }
    for (let label = 0; label < labels; label++) probabilities[start + label] /= total;
  }
  return probabilities;
}
