/** What to do about each warning of a check. */
import type { WarningCode } from "./check-result.js";

export const warningAdvice: Readonly<Record<WarningCode, string>> = {
  "test-seen-in-train":
    "Remove these rows from train or from test, or report the scores on the rows not seen in training.",
  "label-not-in-train":
    "Correct the spelling of the label, remove the rows, or add rows of this label to train.",
  "one-class": "Add rows of a second label, or name the right column with --label-column.",
  "dev-seen-in-train": "Remove these rows from dev, or from train.",
  "test-seen-in-dev": "Remove these rows from dev, so that the test stays unseen.",
  "conflicting-labels":
    "Look at these texts: correct the labels, or remove the rows on which people disagree.",
  "label-missing":
    "Add rows of these labels, or keep in mind that macro-F1 is low for want of them.",
  "small-class":
    "Add rows of this label, join it with another one, or try --class-weights balanced.",
  "small-test-class": "Add test rows of these labels, or compare methods over several seeds.",
  truncation: "Raise --max-length, if the model reads longer texts and memory allows it.",
  "empty-texts": "Nothing, if few; else see whether --text-column names the right column.",
  unlabelled: "Fill in the labels, or move these texts to a file for --unlabeled-file.",
  "repeated-texts": "Keep one row of each text, unless repetition is part of your data.",
};
