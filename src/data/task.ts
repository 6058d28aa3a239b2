/** What a classifier is asked: which texts it reads together, and what it answers. */
import { L3MaskingError } from "../base/errors.js";
import { type GivenText, joinedTexts, partsOf } from "../base/pairs.js";
import type { LabelLayout } from "./formats/label-layout.js";
import { type LabelSpace, labelSets } from "./label-sets.js";

/** The task of a data set, and of a classifier that was trained on it. */
export interface Task {
  /** The columns whose texts are read together: two where texts come in pairs. */
  readonly textColumns: readonly string[];
  /** The numbers that labels stand for, by id, where they have an order, such as 1 to 5 stars. */
  readonly scale?: readonly number[] | undefined;
  /** How files say them, where a text can have several labels, or none; absent where each text has one. */
  readonly severalLabels?: LabelLayout | undefined;
}

/** Single texts; the name of their column does not matter to a classifier. */
export const singleTexts: Task = { textColumns: ["text"] };

/** What the ids of answers stand for: labels, or sets of them where a text can have several. */
export function labelSpace(
  labels: readonly string[],
  { severalLabels }: Pick<Task, "severalLabels">,
): LabelSpace {
  return severalLabels === undefined ? labels.length : labelSets(labels);
}

/** The labels, where a text can have several of them. */
export function severalLabelsOf({
  labels,
  task,
}: {
  readonly labels: readonly string[];
  readonly task: Pick<Task, "severalLabels">;
}): readonly string[] | undefined {
  return task.severalLabels === undefined ? undefined : labels;
}

/** Are texts read in pairs? */
export function readsPairs({ textColumns }: Pick<Task, "textColumns">): boolean {
  return textColumns.length > 1;
}

/** A text as the fields of its columns. */
export function textFields(text: string, { textColumns }: Pick<Task, "textColumns">) {
  const parts = textColumns.length > 1 ? partsOf(text) : [text];
  return Object.fromEntries(textColumns.map((column, index) => [column, parts[index] ?? ""]));
}

/**
 * Texts as they are given to a classifier, each as one string. Throws `data-pair` for a single text where the task is about pairs, and for a
 * pair where it is not.
 */
export function textsFor(texts: readonly GivenText[], task: Task): readonly string[] {
  const parts = task.textColumns.length;
  return texts.map((text, index) => {
    const given = typeof text === "string" ? [text] : text;
    if (given.length !== parts) throw otherParts(index, given.length, task);
    return joinedTexts(given);
  });
}

function otherParts(index: number, given: number, task: Task): L3MaskingError {
  const columns = task.textColumns.join(" and ");
  const [expected, hint] = readsPairs(task)
    ? [`a pair of texts, ${columns},`, `Give both: ["${task.textColumns.join('", "')}"].`]
    : ["a single text", "Give a string for each text."];
  return new L3MaskingError(
    "data-pair",
    `expected ${expected} as text ${index + 1}, got ${given === 1 ? "one" : "two"}`,
    {
      hint,
    },
  );
}
