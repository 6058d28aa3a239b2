/** How much of a fine-tuned encoder fits into a time: folds to measure it on, optimizer steps, or none of it. */
import { counted, duration } from "../../base/figures.js";

/** The work as the settings and the recipe have it. */
export interface EncoderWork {
  /** Measured on this machine, with the evaluations that fall to a step. */
  readonly secondsPerStep: number;
  /** Of the training of what is kept. */
  readonly steps: number;
  /** Of one pass over the training texts. */
  readonly stepsPerEpoch: number;
  /** Folds held out in turn, 0 for none, and the steps of each. */
  readonly folds: number;
  readonly foldSteps: number;
  /** What is done beside training, once: embedding, reading the test texts. */
  readonly otherSeconds: number;
  /** Are there other candidates to go on with? */
  readonly isCandidate: boolean;
  /** Undefined where none was given. */
  readonly budget: number | undefined;
}

export interface TimeFit {
  /** Folds that the encoder is measured on. */
  readonly folds: number;
  /** Steps of each training in place of the recipe's; undefined where those fit. */
  readonly maxSteps: number | undefined;
  /** Why the encoder is left out. */
  readonly leftOut: string | undefined;
  /** Of what is done. */
  readonly seconds: number;
}

/** Without a budget: the longest cross-validation, and the longest fine-tuning of one candidate among others. */
const USUAL_FOLD_SECONDS = 600;
const USUAL_CANDIDATE_SECONDS = 3600;

/**
 * Without a budget the encoder is measured on as many folds as take ten minutes, on one at least, and is left out where it is one of several
 * candidates and would take more than an hour. Within a budget there are fewer folds, down to one; then fewer steps, down to one pass over the
 * texts; with less time than that it is left out, or trained for as many steps as there is time for where it is all there is to train.
 */
export function fitToTime(work: EncoderWork): TimeFit {
  const { secondsPerStep, steps, foldSteps, folds, otherSeconds, isCandidate, budget } = work;
  const took = (some: number, maxSteps?: number) =>
    otherSeconds + secondsPerStep * (some * (maxSteps ?? foldSteps) + (maxSteps ?? steps));
  const fewest = Math.min(1, folds);
  const whole = (some: number): TimeFit => ({
    ...{ folds: some, maxSteps: undefined, leftOut: undefined },
    seconds: took(some),
  });
  const without = (needed: number, limit: string, longer: string): TimeFit => ({
    folds: 0,
    maxSteps: undefined,
    leftOut: `it would take about ${duration(needed)}${limit}; ${longer}`,
    seconds: otherSeconds,
  });

  if (budget === undefined) {
    const fitting = Math.floor(USUAL_FOLD_SECONDS / (secondsPerStep * foldSteps));
    const some = Math.max(fewest, Math.min(folds, fitting));
    const needed = took(some);
    if (!isCandidate || needed <= USUAL_CANDIDATE_SECONDS) return whole(some);
    const longer = `--time-budget ${Math.ceil(needed / 3600)}h or --method stl trains it`;
    return without(needed, `, longer than ${duration(USUAL_CANDIDATE_SECONDS)}`, longer);
  }
  for (let some = folds; some >= fewest; some--) if (took(some) <= budget) return whole(some);
  const maxSteps = Math.floor((budget - otherSeconds) / secondsPerStep / (fewest + 1));
  if (maxSteps < Math.min(steps, work.stepsPerEpoch) && isCandidate) {
    const least = took(fewest, Math.min(steps, work.stepsPerEpoch));
    const limit = ` with a single pass over the texts, longer than the time budget of ${duration(budget)}`;
    return without(least, limit, "a larger --time-budget includes it");
  }
  const fitted = Math.min(steps, Math.max(1, maxSteps));
  return { folds: fewest, maxSteps: fitted, leftOut: undefined, seconds: took(fewest, fitted) };
}

/** What is about to be done, how long it takes, and what shortens it. */
export function timeText(work: EncoderWork, fit: TimeFit): string {
  const { secondsPerStep, steps, stepsPerEpoch, folds, foldSteps, budget } = work;
  const timed = `a step takes ${duration(secondsPerStep)} here`;
  if (fit.leftOut !== undefined)
    return `the fine-tuned encoder is left out (${timed}): ${fit.leftOut}`;
  const each = fit.maxSteps ?? steps;
  const all = fit.folds * (fit.maxSteps ?? foldSteps) + each;
  const measured =
    folds === 0
      ? ""
      : `, ${fit.folds} of ${counted(folds, "fold")} and the training of what is kept`;
  const epochs = (each / stepsPerEpoch).toFixed(1);
  const cut =
    fit.maxSteps === undefined
      ? ""
      : ` The time budget leaves ${counted(each, "step")} for each training, ${epochs} passes over the texts.`;
  const shorter =
    budget === undefined
      ? " Shorter: --method embed, which trains no encoder, fewer --num-train-epochs, a smaller --max-length, or a --time-budget such as 10m."
      : "";
  return `fine-tuning takes about ${duration(fit.seconds)}: ${counted(all, "step")}${measured}; ${timed}.${cut}${shorter}`;
}

const unitSeconds = { s: 1, m: 60, h: 3600 } as const;

/** Seconds of a duration such as 90s, 10m or 1.5h. */
export function budgetSeconds(text: string): number {
  const unit = text.at(-1);
  const seconds = unit === "s" || unit === "m" || unit === "h" ? unitSeconds[unit] : Number.NaN;
  return Number(text.slice(0, -1)) * seconds;
}
