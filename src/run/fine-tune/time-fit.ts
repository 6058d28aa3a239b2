/** How much work fits into a time: candidates, folds to measure the encoder on, optimizer steps. */
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
  /** To embed all texts and to train on the embeddings, where that is done. */
  readonly embeddingSeconds: number;
  /** To train TF-IDF and the classifiers of the learning curve, where that is done. */
  readonly linearSeconds: number;
  /** To classify the test texts. */
  readonly testSeconds: number;
  /** Are there other candidates to go on with? */
  readonly isCandidate: boolean;
  /** Undefined where none was given. */
  readonly budget: number | undefined;
  /** Of the budget, before this work: to score the texts. */
  readonly spentSeconds: number;
}

export interface TimeFit {
  /** Folds that the encoder is measured on. */
  readonly folds: number;
  /** Steps of each training in place of the recipe's; undefined where those fit. */
  readonly maxSteps: number | undefined;
  /** Candidates that are left out, and why. */
  readonly leftOut: readonly { readonly method: "embed" | "stl"; readonly reason: string }[];
  /** Of what is done. */
  readonly seconds: number;
}

/** Without a budget: the longest cross-validation, and the longest fine-tuning of one candidate among others. */
const USUAL_FOLD_SECONDS = 600;
const USUAL_CANDIDATE_SECONDS = 3600;

/**
 * Without a budget the encoder is measured on as many folds as take ten minutes, on one at least, and candidates that take more than an hour are
 * left out. Within a budget there are fewer folds, down to one; then fewer steps, down to one pass over the texts; with less time than that the
 * encoder is left out, or trained for as many steps as there is time for where it is all there is to train.
 */
export function fitToTime(work: EncoderWork): TimeFit {
  const { secondsPerStep, steps, foldSteps, folds, isCandidate } = work;
  const budget = work.budget && Math.max(0, work.budget - work.spentSeconds);
  const most = budget ?? USUAL_CANDIDATE_SECONDS;
  const limit = `longer than ${limitText(work)}`;
  const larger = (seconds: number) =>
    budget === undefined
      ? `--time-budget ${Math.ceil(seconds / 3600)}h includes it`
      : "a larger --time-budget includes it";
  const leftOut = (method: "embed" | "stl", part: string, seconds: number) => {
    const reason = `${part} would take about ${duration(seconds)}, ${limit}; ${larger(seconds)}`;
    return { method, reason };
  };
  const embeds = !isCandidate || work.embeddingSeconds <= most;
  const without = embeds ? [] : [leftOut("embed", "embedding the texts", work.embeddingSeconds)];
  const before = (embeds ? work.embeddingSeconds : 0) + work.linearSeconds + work.testSeconds;
  const took = (some: number, maxSteps?: number) =>
    before + secondsPerStep * (some * (maxSteps ?? foldSteps) + (maxSteps ?? steps));
  const withFolds = (some: number, maxSteps?: number): TimeFit => ({
    ...{ folds: some, maxSteps, leftOut: without },
    seconds: took(some, maxSteps),
  });
  const noEncoder = (part: string, seconds: number): TimeFit => ({
    ...{ folds: 0, maxSteps: undefined, seconds: before },
    leftOut: [...without, leftOut("stl", part, seconds)],
  });

  const fewest = Math.min(1, folds);
  if (budget === undefined) {
    const fitting = Math.floor(USUAL_FOLD_SECONDS / (secondsPerStep * foldSteps));
    const some = Math.max(fewest, Math.min(folds, fitting));
    if (!isCandidate || took(some) <= most) return withFolds(some);
    return noEncoder("fine-tuning", took(some));
  }
  for (let some = folds; some >= fewest; some--) if (took(some) <= budget) return withFolds(some);
  const maxSteps = Math.floor((budget - before) / secondsPerStep / (fewest + 1));
  const least = Math.min(steps, work.stepsPerEpoch);
  if (maxSteps < least && isCandidate) {
    return noEncoder("a single pass over the texts", took(fewest, least));
  }
  return withFolds(fewest, Math.min(steps, Math.max(1, maxSteps)));
}

function limitText({ budget, spentSeconds: spent }: EncoderWork): string {
  if (budget === undefined) return duration(USUAL_CANDIDATE_SECONDS);
  const rest = spent === 0 ? "" : `, of which scoring took ${duration(spent)}`;
  return `the time budget of ${duration(budget)}${rest}`;
}

/** What is about to be done, how long it takes, and what shortens it. */
export function timeText(work: EncoderWork, fit: TimeFit): string {
  const { secondsPerStep, steps, stepsPerEpoch, folds, foldSteps, budget } = work;
  const timed = `a step takes ${duration(secondsPerStep)} here`;
  const left = fit.leftOut.map(
    ({ method, reason }) =>
      `${method === "stl" ? "the fine-tuned encoder" : "TF-IDF with embeddings"} is left out: ${reason}`,
  );
  if (left.length > 0) {
    return `${timed}; ${left.join("; ")}; the rest takes about ${duration(fit.seconds)}`;
  }
  const each = fit.maxSteps ?? steps;
  const others = work.embeddingSeconds + work.linearSeconds + work.testSeconds;
  const all = fit.folds * (fit.maxSteps ?? foldSteps) + each;
  const longest = duration(budget ?? USUAL_FOLD_SECONDS);
  const why = fit.folds < folds ? ` (all would take longer than ${longest})` : "";
  const measured =
    folds === 0
      ? ""
      : `, ${fit.folds} of ${counted(folds, "fold")}${why} and the training of what is kept`;
  const epochs = (each / stepsPerEpoch).toFixed(1);
  const cut =
    fit.maxSteps === undefined
      ? ""
      : ` The time budget leaves ${counted(each, "step")} for each training, ${epochs} passes over the texts.`;
  const shorter =
    budget === undefined
      ? " Shorter: --method embed, which trains no encoder, fewer --num-train-epochs, a smaller --max-length, or a --time-budget such as 10m."
      : "";
  return `training takes about ${duration(fit.seconds)}: ${counted(all, "step")}${measured}; ${timed}, all else ${duration(others)}.${cut}${shorter}`;
}

const unitSeconds = { s: 1, m: 60, h: 3600 } as const;

/** Seconds of a duration such as 90s, 10m or 1.5h. */
export function budgetSeconds(text: string): number {
  const unit = text.at(-1);
  const seconds = unit === "s" || unit === "m" || unit === "h" ? unitSeconds[unit] : Number.NaN;
  return Number(text.slice(0, -1)) * seconds;
}
