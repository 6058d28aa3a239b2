/** What a check found that the user should act on or keep in mind, in words. */

import { listed } from "../../base/figures.js";
import type { SplitName } from "../dataset.js";
import { countOf, grouped, percentOf } from "./check-numbers.js";
import {
  type DatasetCheck,
  type DatasetWarning,
  type DoubtfulRows,
  type ForeignTexts,
  type SplitCheck,
  type SplitOverlap,
  type WarningCode,
  warningCodes,
} from "./check-result.js";
import { LEAST_WORDS, MOST_UNFAMILIAR } from "./foreign-texts.js";
import {
  type LabelRows,
  listLabels,
  looksAlike,
  missingLabels,
  quotedLabel,
} from "./label-spelling.js";
import type { NearOverlap } from "./near-rows.js";

type Facts = Omit<DatasetCheck, "warnings">;

/** A label with fewer rows than this is named. */
const fewRows = 10;
/** A label with fewer rows than this is missing from some part of a cross-validation in five parts. */
const foldRows = 5;
/** So many labels are suspect where most of them have one row. */
const mostLabels = 20;
/** More truncated rows than this part of a split are named. */
const manyTruncated = 0.05;
/** More rows with a repeated text than this part of a split are named. */
const manyRepeated = 0.05;

/** All warnings, ordered as `warningCodes`. */
export function checkWarnings(facts: Facts): DatasetWarning[] {
  return [
    ...facts.overlaps.flatMap((found) => overlapWarning(found, facts)),
    ...(facts.near ?? []).flatMap((found) => nearWarning(found, facts)),
    ...foreignWarning(facts),
    ...caseWarnings(facts),
    ...doubtWarnings(facts),
    ...labelWarnings(facts),
    ...facts.splits.flatMap((split) => splitWarnings(split, facts)),
  ].toSorted(
    (first, second) => warningCodes.indexOf(first.code) - warningCodes.indexOf(second.code),
  );
}

function overlapWarning(found: SplitOverlap, facts: Facts): DatasetWarning[] {
  const { first, second, texts, rows, rowsSameLabel } = found;
  const split = facts.splits.find(({ name }) => name === second);
  if (rows === 0 || split === undefined) return [];
  // Empty texts are left out of every score, so they are left out of these totals.
  const total = split.rows - split.emptyTexts;
  const share =
    `${grouped(rows)} of ${grouped(total)} ${second} rows (${percentOf(rows, total)}) ` +
    `${rows === 1 ? "has" : "have"} a text that is also in ${first}`;
  const detail = `${countOf(texts, "distinct text")}; ${grouped(rowsSameLabel)} of these rows carry the label that the text has in ${first}`;
  if (first === "train" && second === "test") {
    const message =
      `TEST TEXTS SEEN IN TRAINING: ${share} (${detail}). Scores on all test rows overstate how well ` +
      `new texts are classified: every test metric is reported twice, on all ${grouped(total)} rows and on ` +
      `the ${grouped(total - rows)} not seen in training.`;
    return [{ code: "test-seen-in-train", message }];
  }
  if (first === "train") {
    const message = `${share} (${detail}). The best checkpoint is then chosen partly on rows seen in training.`;
    return [{ code: "dev-seen-in-train", message }];
  }
  const message = `${share} (${detail}). The best checkpoint is then chosen on texts that are also tested.`;
  return [{ code: "test-seen-in-dev", message }];
}

function nearCode(first: SplitName, second: SplitName): WarningCode {
  if (first === "dev") return "test-near-dev";
  return second === "dev" ? "dev-near-train" : "test-near-train";
}

function nearWarning(
  { first, second, rows, rowsSameLabel }: NearOverlap,
  facts: Facts,
): DatasetWarning[] {
  const split = facts.splits.find(({ name }) => name === second);
  if (split === undefined) return [];
  const total = split.rows - split.emptyTexts;
  const share = `${grouped(rows)} of ${grouped(total)} ${second} rows (${percentOf(rows, total)})`;
  const labels = `${grouped(rowsSameLabel)} of them with a label that the other text has`;
  if (first === second) {
    if (rows <= manyRepeated * total) return [];
    const message = `${share} nearly ${rows === 1 ? "repeats" : "repeat"} the text of an earlier row, ${labels}.`;
    return [{ code: "near-repeats", message }];
  }
  const message = `${share} ${rows === 1 ? "has" : "have"} a text that is nearly, but not quite, one of ${first}, ${labels}; scores on them say little about new texts.`;
  return [{ code: nearCode(first, second), message }];
}

function foreignWarning({ foreign = [] }: Facts): DatasetWarning[] {
  const [first, ...others] = foreign;
  if (first === undefined) return [];
  const shareOf = ({ split, rows, examined }: ForeignTexts) =>
    `${grouped(rows)} of ${grouped(examined)} ${split} rows of at least ${LEAST_WORDS} words (${percentOf(rows, examined)})`;
  const also = others.length === 0 ? "" : ` So are ${listed(others.map(shareOf))}.`;
  const message =
    `${shareOf(first)} are probably not in a language that the model knows: more than ${Math.round(100 * MOST_UNFAMILIAR)} % ` +
    `of their words are split or unknown (${first.piecesPerWord.toFixed(1)} word pieces a word, ` +
    `${percentOf(first.unknownShare, 1)} unknown); for example ${linesOf(first.lines)}.${also}`;
  return [{ code: "foreign-texts", message }];
}

function caseWarnings({ capitals, caseConflicts }: Facts): DatasetWarning[] {
  const warnings: DatasetWarning[] = [];
  const add = (message: string) => warnings.push({ code: "case-carries-label", message });
  const unseen = "the model and TF-IDF read everything in lower case and cannot see it";
  if (capitals !== undefined) {
    const { label, rows, shouting, otherRows, otherShouting, lines } = capitals;
    add(
      `capitals tell of a label: ${percentOf(shouting, rows)} of the rows with ${label}, and ${percentOf(otherShouting, otherRows)} of the others, ` +
        `write words in capitals that most rows write small; ${unseen}. For example ${linesOf(lines)}.`,
    );
  }
  if (caseConflicts !== undefined) {
    const { texts, lines } = caseConflicts;
    add(
      `train has ${countOf(texts, "text")} whose label changes with case; ${unseen}. For example lines ${lines.first} and ${lines.second}.`,
    );
  }
  return warnings;
}

function linesOf(lines: readonly number[]): string {
  return `${lines.length === 1 ? "line" : "lines"} ${listed(lines.map(String))}`;
}

function doubtWarnings({ doubtful, nearConflicts = 0 }: Facts): DatasetWarning[] {
  const warnings: DatasetWarning[] = [];
  if (doubtful !== undefined && doubtful.rows.length > 0) {
    const count = doubtful.rows.length;
    const message = `${countOf(count, "row")} of train ${count === 1 ? "has" : "have"} a doubtful label, by TF-IDF ${doubtful.withEmbeddings ? "with embeddings, " : ""}trained on other rows.${furtherText(doubtful)}`;
    warnings.push({ code: "doubtful-labels", message });
  }
  if (nearConflicts > 0) {
    const message = `train has ${countOf(nearConflicts, "group")} of nearly equal texts with more than one label.`;
    warnings.push({ code: "near-conflicts", message });
  }
  return warnings;
}

/** " 12 further rows are worth a look." */
function furtherText({ further }: DoubtfulRows): string {
  if (further.length === 0) return "";
  return ` ${countOf(further.length, "further row")} ${further.length === 1 ? "is" : "are"} worth a look.`;
}

function labelWarnings(facts: Facts): DatasetWarning[] {
  const { labels, splits } = facts;
  const warnings: DatasetWarning[] = [];
  const train = splits.find(({ name }) => name === "train");
  if (train === undefined) return warnings;
  const inTrain = labels.filter((_, id) => train.labelRows[id] > 0);
  if (inTrain.length === 1) {
    const message = `train has only one label (${inTrain[0]}); training needs at least two.`;
    warnings.push({ code: "one-class", message });
  }
  for (const split of splits) {
    if (split.unlabelledRows === split.rows) continue;
    const unknown = labels.filter((_, id) => split.labelRows[id] > 0 && train.labelRows[id] === 0);
    if (unknown.length > 0) {
      const message = `${split.name} has ${named(unknown)}, missing from train; training will stop with an error.`;
      warnings.push({ code: "label-not-in-train", message });
    }
    const missing = labels.filter((_, id) => split.labelRows[id] === 0 && train.labelRows[id] > 0);
    if (missing.length > 0) {
      const message = `${split.name} has no row with ${named(missing)}; macro-F1 on ${split.name} counts each such label as 0.`;
      warnings.push({ code: "label-missing", message });
    }
  }
  warnings.push(...spellingWarnings(facts), ...fewRowsWarning(facts, train));
  const lists = facts.severalLabels ? [] : listLabels(labels);
  if (lists.length > 0) {
    const message = `${lists.length === 1 ? "a label looks" : `${grouped(lists.length)} labels look`} like a list of labels: ${shownLabels(lists)}; each list is learned as a label of its own, unless --label-separator says what stands between its labels.`;
    warnings.push({ code: "list-labels", message });
  }
  warnings.push(...setWarnings(facts, train));
  const missing = missingLabels(labels);
  if (missing.length > 0) {
    const message = `${named(missing)} may stand for missing values, as other programs write them; each is learned as a label of its own.`;
    warnings.push({ code: "missing-labels", message });
  }
  const labelled = train.rows - train.unlabelledRows;
  if (inTrain.length > mostLabels && 2 * inTrain.length > labelled) {
    const message = `train has ${grouped(inTrain.length)} labels in ${countOf(labelled, "row")}; is this the column of labels?`;
    warnings.push({ code: "many-labels", message });
  }
  return warnings;
}

/** What is odd where a text can have several labels. */
function setWarnings({ labels, severalLabels }: Facts, train: SplitCheck): DatasetWarning[] {
  if (severalLabels !== true) return [];
  const warnings: DatasetWarning[] = [];
  const { labelsPerText: found } = train;
  if (found !== undefined && found.most === 1 && found.none === 0) {
    const message =
      "each text of train has exactly one label, though it could have several; a classifier that gives one label a text knows that, and is better.";
    warnings.push({ code: "one-label-each", message });
  }
  const everywhere = labels.filter((_, id) => train.labelRows[id] === train.rows);
  if (everywhere.length > 0) {
    const message = `every row of train has ${named(everywhere)}, so there is nothing to learn about ${everywhere.length === 1 ? "it" : "them"}.`;
    warnings.push({ code: "label-everywhere", message });
  }
  return warnings;
}

function spellingWarnings({ spellings }: Facts): DatasetWarning[] {
  return spellings.slice(0, shownGroups).map((group, index) => {
    const exact = looksAlike(group);
    const names = group.labels.map(
      ({ label, rows }) => `${quotedLabel(label, exact)} (${countOf(rows, "row")})`,
    );
    const more = index === shownGroups - 1 ? spellings.length - shownGroups : 0;
    const rest = more > 0 ? ` ${countOf(more, "other group")} of labels like these.` : "";
    const message = `the labels ${listed(firstOf(names))} differ only in ${group.difference}; they are probably one label.${rest}`;
    return { code: "label-spellings", message };
  });
}

/** Groups of labels with a warning of their own. */
const shownGroups = 5;

function fewRowsWarning({ labels, smallestClass }: Facts, train: SplitCheck): DatasetWarning[] {
  if (smallestClass === undefined || smallestClass.rows >= fewRows) return [];
  const small: LabelRows[] = labels
    .map((label, id) => ({ label, rows: train.labelRows[id] }))
    .filter(({ rows }) => rows > 0 && rows < fewRows)
    .toSorted((a, b) => a.rows - b.rows);
  const single = small.length === 1;
  const names = small.map(({ label, rows }) => `${label} (${rows})`);
  const message = `${single ? "1 label" : `${grouped(small.length)} labels`} of train ${single ? "has" : "have"} fewer than ${fewRows} rows: ${listed(firstOf(names))}; expect poor results on ${single ? "it" : "them"}.`;
  const folds =
    smallestClass.rows < foldRows
      ? ` With fewer than ${foldRows}, a label is missing from some parts of a cross-validation in ${foldRows} parts.`
      : "";
  return [{ code: "small-class", message: message + folds }];
}

/** The first names, and how many more there are. */
function firstOf(names: readonly string[], shown = 5): string[] {
  const more = names.length - shown;
  return more > 0 ? [...names.slice(0, shown), `${grouped(more)} more`] : [...names];
}

function shownLabels(labels: readonly string[]): string {
  return listed(
    firstOf(
      labels.map((label) => quotedLabel(label, false)),
      3,
    ),
  );
}

function splitWarnings(split: SplitCheck, { labels }: Facts): DatasetWarning[] {
  const warnings: DatasetWarning[] = [];
  const { name, rows, truncation } = split;
  const add = (code: WarningCode, message: string) => warnings.push({ code, message });
  if (split.conflictingTexts > 0) {
    add(
      "conflicting-labels",
      `${name} has ${countOf(split.conflictingTexts, "text")} with more than one label; no classifier can get all of their rows right.`,
    );
  }
  const few = labels.filter((_, id) => split.labelRows[id] > 0 && split.labelRows[id] < fewRows);
  if (name === "test" && few.length > 0) {
    const least = Math.min(...split.labelRows.filter((count) => count > 0));
    add(
      "small-test-class",
      `test has fewer than ${fewRows} rows with ${named(few)}; a single row moves their recall by up to ${Math.round(100 / least)} points, so macro-F1 is unreliable.`,
    );
  }
  if (truncation !== undefined && truncation.rows > manyTruncated * rows) {
    add(
      "truncation",
      `${grouped(truncation.rows)} of ${grouped(rows)} ${name} rows (${percentOf(truncation.rows, rows)}) are truncated to ${truncation.maxLength} tokens, which drops ${percentOf(truncation.lostShare, 1)} of the split's tokens.`,
    );
  }
  if (split.emptyTexts > 0) {
    add(
      "empty-texts",
      `${countOf(split.emptyTexts, "row")} of ${name} without a text will be skipped.`,
    );
  }
  if (split.unlabelledRows > 0) {
    add("unlabelled", `${countOf(split.unlabelledRows, "row")} of ${name} without a label.`);
  }
  if (split.repeatedRows > manyRepeated * rows) {
    add(
      "repeated-texts",
      `${grouped(split.repeatedRows)} of ${grouped(rows)} ${name} rows (${percentOf(split.repeatedRows, rows)}) ${split.repeatedRows === 1 ? "repeats" : "repeat"} the text of an earlier row.`,
    );
  }
  return warnings;
}

/** "the label A" or "the labels A, B, C and 4 more". */
function named(labels: readonly string[]): string {
  return `the ${labels.length === 1 ? "label" : "labels"} ${listed(firstOf(labels))}`;
}
