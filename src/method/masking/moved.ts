/** How far a masking strategy departs from random token masking: its dose. */

/** Mask probabilities of one text. */
type Probabilities = ArrayLike<number>;

/**
 * Share of the budget that lies on other tokens than under random token masking: the total variation distance of the two ways to
 * spend it over all tokens of all texts,
 *
 *     moved = 1/2 sum_i | m_i / sum m - u_i / sum u |
 *
 * with u_i the uniform mask probabilities. 0 is random token masking; 0 too where nothing is masked.
 */
export function movedShare(
  masked: readonly Probabilities[],
  uniform: readonly Probabilities[],
): number {
  const total = (texts: readonly Probabilities[]) => {
    let sum = 0;
    for (const text of texts) for (let i = 0; i < text.length; i++) sum += text[i];
    return sum;
  };
  const budget = total(masked);
  const uniformBudget = total(uniform);
  if (budget === 0 || uniformBudget === 0) return 0;
  let distance = 0;
  for (const [text, probabilities] of masked.entries()) {
    for (let i = 0; i < probabilities.length; i++) {
      distance += Math.abs(probabilities[i] / budget - uniform[text][i] / uniformBudget);
    }
  }
  return distance / 2;
}

/** Above this exponent the most heavily weighted tokens have all of the budget that they can take. */
const LARGEST_EXPONENT = 64;
const PRECISION = 1e-3;

/**
 * The least exponent gamma whose mask probabilities move `share` of the budget, to 0.001, by bisection: moving grows with
 * gamma. The largest exponent tried, 64, where none moves as much.
 */
export function exponentThatMoves(
  share: number,
  masksOf: (exponent: number) => readonly Probabilities[],
  uniform: readonly Probabilities[],
): number {
  const moved = (exponent: number) => movedShare(masksOf(exponent), uniform);
  let low = 0;
  let high = 1;
  while (high < LARGEST_EXPONENT && moved(high) < share) {
    low = high;
    high *= 2;
  }
  if (high === LARGEST_EXPONENT && moved(high) < share) return high;
  while (high - low > PRECISION) {
    const middle = (low + high) / 2;
    if (moved(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}
