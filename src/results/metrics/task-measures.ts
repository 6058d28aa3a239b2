/** The measures that a task adds to those of any labels: of labels with an order, and of sets of labels. */
import type { LabelSpace } from "../../data/label-sets.js";
import type { Task } from "../../data/task.js";
import type { LabelMeasure, MeasureFacts } from "./label-measures.js";
import { type OfOrderMeasures, orderMeasures, orderOf, orderValues } from "./order-measures.js";
import { type OfSetMeasures, setMeasures, setValues, setValuesOf } from "./set-measures.js";

/** Values of the measures that a task adds. */
export interface OfTaskMeasures<OrderValue, SetValue = OrderValue> {
  /** Where labels have an order. */
  readonly order?: OfOrderMeasures<OrderValue>;
  /** Where a text can have several labels. */
  readonly label_sets?: OfSetMeasures<SetValue>;
}

/** Of answers; null where one is undefined. */
export type TaskFigures = OfTaskMeasures<number | null, number>;

/** Fields of a record with the figures. */
export const taskFigures = {
  /** Where labels have an order. */
  order: orderValues.exactOptional(),
  /** Where a text can have several labels. */
  label_sets: setValues.exactOptional(),
};

/** What a data set says of its labels. */
export interface MeasuredTask {
  /** What the ids of answers stand for. */
  readonly space: LabelSpace;
  readonly task: Pick<Task, "scale">;
}

/** The measures of answers that the task adds. */
export function taskFiguresOf(
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { space, task: { scale } }: MeasuredTask,
): TaskFigures {
  const order = orderOf(expected, predicted, scale);
  const sets = setValuesOf(expected, predicted, space);
  return { ...(order && { order }), ...(sets && { label_sets: sets }) };
}

/** A measure that a task adds, and where its value is. */
export interface TaskMeasure extends MeasureFacts {
  format(value: number): string;
  of<OrderValue, SetValue>(
    figures: OfTaskMeasures<OrderValue, SetValue>,
  ): OrderValue | SetValue | undefined;
}

const measures: readonly TaskMeasure[] = [
  ...orderMeasures.map(
    (measure): TaskMeasure => ({ ...measure, of: ({ order }) => order?.[measure.name] }),
  ),
  ...setMeasures.map(
    (measure): TaskMeasure => ({ ...measure, of: (figures) => figures.label_sets?.[measure.name] }),
  ),
];

/** Those that some of the figures have. */
export function taskMeasuresIn(
  figures: readonly (OfTaskMeasures<unknown> | null | undefined)[],
): readonly TaskMeasure[] {
  return measures.filter(({ of }) => figures.some((one) => one && of(one) !== undefined));
}

/** A figure for people; empty where there is none. */
export function taskCell({ of, format }: TaskMeasure, figures: TaskFigures | undefined): string {
  const value = figures && of(figures);
  if (value === undefined) return "";
  return value === null ? "undefined" : format(value);
}

/** "micro-F1 71.2 %": each of them. */
export function taskTexts(figures: TaskFigures): readonly string[] {
  return taskMeasuresIn([figures]).map((one) => `${one.title} ${taskCell(one, figures)}`);
}

/** What a measure of any labels is called beside these figures: accuracy of sets is that of whole sets. */
export function titleBeside(
  { title, titleOfSets = title }: LabelMeasure,
  figures: OfTaskMeasures<unknown> | null | undefined,
): string {
  return figures?.label_sets === undefined ? title : titleOfSets;
}
