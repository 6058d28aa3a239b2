/** How long scoring takes, told after its first calls to those who wait for it. */
import { counted, duration } from "../../base/figures.js";
import { type Estimator, isExact } from "../../method/likelihood/estimators.js";
import type { Predict } from "../../method/likelihood/score.js";

/** Calls that are left out because the first one warms up, and those that are timed. */
const WARM_UP = 1;
const TIMED = 3;

/** What takes less is over before the estimate is read. */
const LEAST_SECONDS = 10;

/** `predict`, whose first calls are timed: `tell` is given the seconds that a token of a masked copy takes. Nothing is told of fewer calls. */
export function timedPredict(
  predict: Predict,
  now: () => number,
  tell: (secondsPerToken: number) => void,
): Predict {
  let calls = 0;
  let start = 0;
  let tokens = 0;
  return async (copies) => {
    if (calls === WARM_UP) start = now();
    const found = await predict(copies);
    calls += 1;
    if (calls <= WARM_UP || calls > WARM_UP + TIMED) return found;
    tokens += copies.reduce((sum, { ids }) => sum + ids.length, 0);
    if (calls === WARM_UP + TIMED) tell((now() - start) / 1000 / tokens);
    return found;
  };
}

/** What is about to be scored, how long it takes, and what shortens it; undefined where it takes seconds. */
export function scoringTimeText(
  seconds: number,
  texts: number,
  estimator: Estimator,
): string | undefined {
  if (seconds < LEAST_SECONDS) return undefined;
  const shorter = isExact(estimator)
    ? " Shorter: --estimator block-7, which approximates the scores."
    : "";
  return `scoring ${counted(texts, "text")} takes about ${duration(seconds)}; later runs read the scores from the cache.${shorter}`;
}
