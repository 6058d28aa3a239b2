/** What to do about each warning of a check. */
import type { WarningCode } from "./check-result.js";

export const warningAdvice: Readonly<Record<WarningCode, string>> = {
  "test-seen-in-train":
    "Remove these rows from train or test, or report the scores on the rows not seen in training.",
  "label-not-in-train":
    "Correct the label's spelling, remove the rows, or add rows with this label to train.",
  "one-class": "Add rows of a second label, or choose the right column with --label-column.",
  "label-spellings":
    "Give each of these labels one spelling in the file; each spelling is learned as a label of its own.",
  "list-labels":
    "If a text can have several labels, name what stands between them with --label-separator; else write one label per row.",
  "one-label-each":
    "Read each cell as one label with --label-separator none, or write single labels in place of lists.",
  "label-everywhere": "Leave the label out, or add rows without it.",
  "missing-labels":
    "If these labels are missing, remove the rows, or move their texts to a file for --unlabeled-file; if they are real, nothing.",
  "many-labels": "Choose the column of labels with --label-column, or merge labels.",
  "foreign-texts":
    "Name a model of their language, or a multilingual one, with --model; --method tfidf works in any language.",
  "dev-seen-in-train": "Remove these rows from dev or train.",
  "test-seen-in-dev": "Remove these rows from dev, so that the test stays unseen.",
  "test-near-train": "Remove these rows from train or test; --output rows.csv lists them.",
  "dev-near-train": "Remove these rows from dev or train; --output rows.csv lists them.",
  "test-near-dev": "Remove these rows from dev, so that the test stays unseen.",
  "case-carries-label": "Take a cased model with --model, or write in words what the capitals say.",
  "doubtful-labels":
    "Look at them and correct those that are wrong: --output rows.csv lists them for a spreadsheet program.",
  "near-conflicts": "Review these texts and their labels: --output rows.csv lists them.",
  "conflicting-labels":
    "Review these texts: correct the labels, or remove the rows on which annotators disagree.",
  "label-missing": "Add rows of these labels, or keep in mind that their absence lowers macro-F1.",
  "small-class":
    "Add rows of this label, merge it with another one, or try --class-weights balanced.",
  "small-test-class": "Add test rows of these labels, or compare methods over several seeds.",
  truncation:
    "Raise --max-length, if the model reads longer texts and memory allows it; or try --long-texts head-tail or windows, which read more of a text.",
  "empty-texts":
    "Nothing if there are few; otherwise check that --text-column names the right column.",
  unlabelled: "Fill in the labels, or move these texts to a file for --unlabeled-file.",
  "near-repeats": "Keep one row per text, unless repetition is part of your data.",
  "repeated-texts": "Keep one row per text, unless repetition is part of your data.",
};
