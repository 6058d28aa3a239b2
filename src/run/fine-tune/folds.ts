/** Whether a run holds its training texts out in turn, and which of them together. */
import { L3MaskingError } from "../../base/errors.js";
import { randomStream } from "../../base/random.js";
import type { Dataset } from "../../data/dataset.js";
import { dealFolds, type Folds } from "../../data/folds.js";
import { strataOf } from "../../data/label-sets.js";
import { AUTO, hasAuxiliaryTask } from "../../method/methods.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { LabelledFiles } from "../sources/labelled-texts.js";

/** From so many texts on, a part of them is enough to measure with. */
const LARGE = 1000;
const USUAL_FOLDS = 5;

/**
 * Folds to deal `rows` training texts to; 0 for none. By default five for small data of one file, without settings that need a dev split.
 * Throws `invalid-setting` where folds are asked for beside what needs a dev split, and for a single one.
 */
export function foldCount(
  settings: TrainSettings,
  files: Pick<LabelledFiles, "validationFile" | "testFile">,
  rows: number,
): number {
  const { folds, method } = settings;
  const dev = neededDev(settings, files);
  if (folds === undefined) {
    const isMeasured = files.testFile !== undefined && method !== AUTO;
    return dev !== undefined || isMeasured ? 0 : usualFolds(files, rows);
  }
  if (folds === 1)
    throw refusal("expected at least 2 folds, or 0 for none, got 1", "Use --folds 5.");
  if (folds > 0 && dev !== undefined) {
    throw refusal(`expected --folds 0 with ${dev}, got --folds ${folds}`, "Leave one of them out.");
  }
  return folds;
}

/** Folds of a run without settings. */
export function usualFolds(
  { validationFile }: Pick<LabelledFiles, "validationFile">,
  rows: number,
): number {
  return rows >= LARGE || validationFile !== undefined ? 0 : USUAL_FOLDS;
}

/** What keeps a run from holding out its training texts in turn. */
function neededDev(
  { taskWeights, secondStage, method, evalSteps, keep, patience }: TrainSettings,
  { validationFile }: Pick<LabelledFiles, "validationFile">,
): string | undefined {
  if (validationFile !== undefined) return "a validation file, which is held out already";
  if (taskWeights === "meta" && hasAuxiliaryTask(method)) {
    return "--task-weights meta, which are learned on a dev split";
  }
  if (secondStage) return "--second-stage, which a dev split decides on";
  if (keep === "best") return "--keep best, which a dev split decides on";
  if (evalSteps !== undefined) return "--eval-steps, which evaluate on a dev split";
  if (patience !== undefined) return "--patience, which waits for a better figure on a dev split";
  return undefined;
}

/** The folds of a run's training texts. Throws `data-empty` where no label has two different texts. */
export function runFolds(
  { labels, space, train }: Pick<Dataset, "labels" | "space" | "train">,
  count: number,
  seed: number,
): Folds {
  const strata = { ...train, labelIds: strataOf(train.labelIds, space) };
  const folds = dealFolds(strata, count, randomStream(seed, "folds"));
  if (folds.count >= 2) return folds;
  throw new L3MaskingError(
    "data-empty",
    `expected a label with at least 2 different texts to hold one of them out, found none among ${labels.length} labels`,
    { hint: "Add texts, or pass a file for dev (--validation-file)." },
  );
}

function refusal(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("invalid-setting", message, { hint });
}
