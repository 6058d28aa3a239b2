/** The name a user most likely meant. */

/** Longer names are not compared, nor are more candidates: the work grows with the product of all three. */
const MAX_LENGTH = 200;
const MAX_CANDIDATES = 10_000;

/**
 * The candidate with the smallest edit distance to `name` (case ignored), or undefined when even the
 * best one differs in more than half of its letters. Ties go to the earlier candidate. Names of over 200 characters
 * and candidates after the 10 000th are passed over.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  if (name.length > MAX_LENGTH) return undefined;
  for (const candidate of candidates.slice(0, MAX_CANDIDATES)) {
    if (candidate.length > MAX_LENGTH) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const limit = Math.max(name.length, candidate.length) / 2;
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** "Did you mean X?" with the nearest candidate behind `prefix`; `otherwise` where none is near. */
export function nearestHint(
  name: string,
  candidates: readonly string[],
  otherwise: string,
  prefix = "",
): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? otherwise : `Did you mean ${prefix}${nearest}?`;
}

/** The least number of insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(first: string, second: string): number {
  const rows = [Array.from({ length: second.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= first.length; i++) {
    const row = [i];
    for (let j = 1; j <= second.length; j++) {
      const substitution = rows[i - 1][j - 1] + (first[i - 1] === second[j - 1] ? 0 : 1);
      let distance = Math.min(substitution, rows[i - 1][j] + 1, row[j - 1] + 1);
      const swapped =
        i > 1 && j > 1 && first[i - 1] === second[j - 2] && first[i - 2] === second[j - 1];
      if (swapped) distance = Math.min(distance, rows[i - 2][j - 2] + 1);
      row.push(distance);
    }
    rows.push(row);
  }
  return rows[first.length][second.length];
}
