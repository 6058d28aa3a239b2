/**
 * The measures of predicted labels that have an order, such as 1 to 5 stars, one record each: how far off a wrong label is. They stand beside
 * those of any labels, on dev and test, in tables and on pages.
 */
import { z } from "zod";
import type { MeasureFacts } from "./label-measures.js";

/** Answers to N texts as label ids, and the number that each label stands for. */
export interface OrderedAnswers {
  /** -1 for a label that the training set lacks: such a text is left out. */
  readonly expected: ArrayLike<number>; // [N]
  readonly predicted: ArrayLike<number>; // [N]
  readonly scale: readonly number[]; // [C]
}

/** A measure of ordered labels. */
export interface OrderMeasure extends MeasureFacts {
  /** For people. */
  format(value: number): string;
  /** NaN where it is undefined. */
  value(answers: OrderedAnswers): number;
}

export const orderMeasures = [
  {
    name: "mean_absolute_error",
    title: "mean absolute error",
    better: "lower",
    meaning: "How far the predicted number is from the right one, on average over the texts.",
    format: (value: number) => value.toFixed(3),
    /** 1/N sum |scale[predicted] - scale[expected]|, in units of the labels. */
    value({ expected, predicted, scale }) {
      const rows = knownRows(expected);
      const sum = rows.reduce(
        (total, row) => total + Math.abs(scale[predicted[row]] - scale[expected[row]]),
        0,
      );
      return sum / rows.length;
    },
  },
  {
    name: "quadratic_kappa",
    title: "quadratic kappa",
    better: "higher",
    meaning:
      "Agreement beyond chance, where being off by two steps counts four times as much as being off by one: 1 is perfect, 0 is guessing by how frequent the labels are.",
    format: (value: number) => value.toFixed(3),
    value: quadraticKappa,
  },
] as const satisfies readonly OrderMeasure[];

/** Name of a measure of ordered labels. */
export type OrderMeasureName = (typeof orderMeasures)[number]["name"];

/** Something for each measure of ordered labels. */
export type OfOrderMeasures<Value> = Readonly<Record<OrderMeasureName, Value>>;

/** `read` of each measure of ordered labels, by name. */
export function ofOrderMeasures<Value>(
  read: (measure: OrderMeasure, name: OrderMeasureName) => Value,
): Record<OrderMeasureName, Value> {
  const entries = orderMeasures.map((measure) => [measure.name, read(measure, measure.name)]);
  // The names of the list are the names of its measures.
  return Object.fromEntries(entries) as Record<OrderMeasureName, Value>;
}

/** As files hold them; null where one is undefined. */
export const orderValues = z.object(ofOrderMeasures(() => z.number().nullable()));

export type OrderValues = z.infer<typeof orderValues>;

/** The measures of answers; undefined where labels have no order. */
export function orderOf(
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
  scale: readonly number[] | undefined,
): OrderValues | undefined {
  if (scale === undefined) return undefined;
  return ofOrderMeasures((measure) => {
    const value = measure.value({ expected, predicted, scale });
    return Number.isFinite(value) ? value : null;
  });
}

/** "mean absolute error 0.42": each of them. */
export function orderTexts(values: OrderValues): readonly string[] {
  return orderMeasures.map(({ name, title, format }) => `${title} ${shown(format, values[name])}`);
}

/** Each of them as the cell of a table; empty cells without values. */
export function orderCells(values: OrderValues | undefined): readonly string[] {
  return orderMeasures.map(({ name, format }) =>
    values === undefined ? "" : shown(format, values[name]),
  );
}

function shown(format: OrderMeasure["format"], value: number | null): string {
  return value === null ? "undefined" : format(value);
}

/**
 * Cohen's kappa with quadratic weights over the ranks of the labels: 1 - sum w O / sum w E, w_ij = (i - j)^2, O the counts by expected and
 * predicted rank and E those that chance would give with the same sums. NaN where nothing differs.
 *
 * Reference: Cohen 1968, "Weighted kappa".
 */
function quadraticKappa({ expected, predicted, scale }: OrderedAnswers): number {
  const ordered = [...scale].sort((a, b) => a - b);
  const rank = scale.map((value) => ordered.indexOf(value));
  const rows = knownRows(expected);
  const given = new Float64Array(scale.length);
  const answered = new Float64Array(scale.length);
  let observed = 0;
  for (const row of rows) {
    const [i, j] = [rank[expected[row]], rank[predicted[row]]];
    observed += (i - j) ** 2;
    given[i] += 1;
    answered[j] += 1;
  }
  let chance = 0;
  given.forEach((count, i) => {
    answered.forEach((other, j) => {
      chance += (i - j) ** 2 * count * other;
    });
  });
  return 1 - observed / (chance / rows.length);
}

function knownRows(expected: ArrayLike<number>): readonly number[] {
  return Array.from(expected, (_, row) => row).filter((row) => expected[row] >= 0);
}
