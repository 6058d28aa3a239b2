/**
 * Texts with several labels, or none: their labels as one string, and as one number. Whatever counts, compares, splits or shows labels then
 * takes a set as it takes a single label; only what must tell them apart asks for the members.
 */
import { labelIds, sortedLabels } from "./labels.js";

/** Stands between the labels of a set; no label of a data set whose texts have several has it. */
export const BETWEEN_LABELS = ";";

/** What pages and tables call a set without labels. */
export const NO_LABELS = "(none)";

/** Labels as one string, `a; b`, each once and sorted; the empty string for none. */
export function joinedLabels(labels: readonly string[]): string {
  return sortedLabels(labels).join(`${BETWEEN_LABELS} `);
}

/** The labels that `joinedLabels` put together; spaces around them do not matter. */
export function labelsIn(joined: string): readonly string[] {
  return joined
    .split(BETWEEN_LABELS)
    .map((label) => label.trim())
    .filter((label) => label !== "");
}

/** The sets of C labels that occur, each with a number as its id; sets that are asked for get one. */
export interface LabelSets {
  /** By label id. */
  readonly labels: readonly string[]; // [C]
  /** The id of a set by its string; -1 where one of its labels is unknown. */
  idOf(joined: string): number;
  /** The id of a set by the ids of its labels, ascending. */
  idOfMembers(members: readonly number[]): number;
  /** The ids of the labels in a set, ascending. */
  members(id: number): readonly number[];
}

/**
 * How many labels there are, where each text has one and its id is that of its answer. Where a text can have several, the sets of labels: ids of
 * answers are then those of sets.
 */
export type LabelSpace = number | LabelSets;

/** The number of labels, C. */
export function labelCount(space: LabelSpace): number {
  return typeof space === "number" ? space : space.labels.length;
}

/** The sets of these labels, none of them with an id yet. */
export function labelSets(labels: readonly string[]): LabelSets {
  const ofLabel = labelIds(labels);
  const ids = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const idOfMembers = (members: readonly number[]): number => {
    const key = members.join();
    const known = ids.get(key);
    if (known !== undefined) return known;
    ids.set(key, sets.length);
    return sets.push(members) - 1;
  };
  return {
    labels,
    idOfMembers,
    members: (id) => sets[id],
    idOf(joined) {
      const members = new Set(labelsIn(joined).map((label) => ofLabel.get(label) ?? -1));
      return members.has(-1) ? -1 : idOfMembers([...members].sort((a, b) => a - b));
    },
  };
}

/** 1 where the set with an id has a label, else 0; row-major. -1 for all labels of an unknown set. */
export function membership(ids: ArrayLike<number>, { labels, members }: LabelSets): Int32Array {
  const found = new Int32Array(ids.length * labels.length); // [N][C]
  for (let row = 0; row < ids.length; row++) {
    if (ids[row] < 0) found.fill(-1, row * labels.length, (row + 1) * labels.length);
    else for (const label of members(ids[row])) found[row * labels.length + label] = 1;
  }
  return found;
}

/**
 * What rows are stratified by: the answers themselves, or of several labels the rarest, so that a rare label is dealt out evenly, and C for none. (A
 * simple form of Sechidis, Tsoumakas & Vlahavas 2011, "On the Stratification of Multi-label Data".)
 */
export function strataOf(ids: ArrayLike<number>, space: LabelSpace): ArrayLike<number> {
  if (typeof space === "number") return ids;
  const counts = new Int32Array(space.labels.length);
  const sets = Array.from(ids, (id) => space.members(id));
  for (const set of sets) for (const label of set) counts[label] += 1;
  return sets.map((set) => rarest(set, counts) ?? counts.length);
}

/** The first of the least frequent. */
function rarest(set: readonly number[], counts: ArrayLike<number>): number | undefined {
  return set.toSorted((a, b) => counts[a] - counts[b] || a - b).at(0);
}

/**
 * N texts as N C questions, whether a text has a label: 1 or 0, with the logits 0 and z, as P(1) = sigmoid(z). Whatever is computed of texts with one
 * label of two is so computed of them.
 */
export function questionLogits(logits: ArrayLike<number>): Float32Array {
  const questions = new Float32Array(2 * logits.length); // [N C][2]
  for (let i = 0; i < logits.length; i++) questions[2 * i + 1] = logits[i];
  return questions;
}

/** Ids of one table of sets as those of another one of the same labels; the ids of single labels as they are. */
export function idsIn(ids: Int32Array, from: LabelSpace, to: LabelSpace): Int32Array {
  if (typeof from === "number" || typeof to === "number") return ids;
  return ids.map((id) => (id < 0 ? id : to.idOfMembers(from.members(id))));
}
