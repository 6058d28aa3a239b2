/** The task of a classifier as its folder says it; of single texts nothing is said, as in folders of other programs. */
import { z } from "zod";
import { readsPairs, singleTexts, type Task } from "../../data/task.js";

/** Fields of a JSON file of the folder. */
export const taskFields = {
  /** The columns of a pair. */
  text_columns: z.tuple([z.string(), z.string()]).exactOptional(),
  /** How files say several labels a text, where that is what it gives. */
  label_layout: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("separated"), separator: z.string() }),
      z.object({ kind: z.literal("lists") }),
      z.object({ kind: z.literal("columns"), columns: z.array(z.string()).readonly() }),
    ])
    .exactOptional(),
};

const schema = z.object(taskFields);

/** What is written of a task. */
export function taskEntries(task: Task): Record<string, unknown> {
  return {
    ...(readsPairs(task) && { text_columns: task.textColumns }),
    ...(task.severalLabels && { label_layout: task.severalLabels }),
  };
}

/** The task that was written. */
export function taskOf({
  text_columns: textColumns,
  label_layout: severalLabels,
}: z.output<typeof schema>): Task {
  return {
    ...singleTexts,
    ...(textColumns && { textColumns }),
    ...(severalLabels && { severalLabels }),
  };
}
