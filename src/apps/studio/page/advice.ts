/** What to do about a warning of the check, with what the page offers. */
import { warningAdvice } from "../../../data/check/check-advice.js";
import type { WarningCode } from "../../../data/check/check-result.js";

const more = "under “More” in the part “Train”";

/** The command line's advice where it speaks of the data alone. */
export const studioAdvice: Readonly<Record<WarningCode, string>> = {
  ...warningAdvice,
  "test-seen-in-train":
    "Leave these rows out of train or test in the list of rows, or go by the scores on the rows not seen in training.",
  "label-not-in-train":
    "Correct the label in the list of rows, leave the rows out, or add rows with this label to train.",
  "one-class":
    "Label some rows otherwise, or add rows of a second label. If another column has the labels, name that one “label” in the file.",
  "label-spellings":
    "Merge these labels into one, with the button below; each spelling is learned as a label of its own.",
  "list-labels":
    "This page takes one label for each row: name one of them in each, or train one classifier for each label.",
  "one-label-each":
    "Give the rows one label each in the list of rows, if the labels are lists of several by mistake.",
  "missing-labels": "If these labels are missing, leave the rows out; if they are real, nothing.",
  "many-labels":
    "Merge labels below. If another column has the labels, name that one “label” in the file.",
  "foreign-texts": `Choose the method tfidf ${more}: it works in any language. The model of this page reads English.`,
  "test-near-train":
    "Leave these rows out of train or test; “Nearly equal texts” below shows some.",
  "dev-near-train": "Leave these rows out of dev or train; “Nearly equal texts” below shows some.",
  "case-carries-label":
    "Write in words what the capitals say: the model of this page does not tell capitals from small letters. The method tfidf does not either.",
  "doubtful-labels":
    "Look at the rows below: take the label that is suggested, or leave them as they are.",
  "near-conflicts":
    "Look at these texts and their labels: the rows below and “Nearly equal texts” show them.",
  "small-class": "Add rows of this label, or merge it with another one below.",
  "small-test-class": "Add test rows of these labels, or train again with other seeds.",
  truncation: `Raise the length ${more}, if memory allows it, or write what matters first.`,
  "empty-texts":
    "Nothing if there are few; otherwise name the column with the texts “text” in the file.",
  unlabelled: "Label them in the list of rows: tick “without a label”, and press the keys 1 to 9.",
};
