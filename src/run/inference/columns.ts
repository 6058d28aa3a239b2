/** Which columns of a file a classifier reads. */
import { L3MaskingError } from "../../base/errors.js";
import type { ColumnOptions } from "../../data/formats/columns.js";
import { shownName } from "../../data/formats/formats.js";
import { readsPairs, type Task } from "../../data/task.js";

/** The columns asked for; those of its training where it reads pairs and none are asked for. */
export function columnsFor<Options extends Pick<ColumnOptions, "textColumn">>(
  options: Options,
  task: Task,
): Options {
  return options.textColumn === undefined && readsPairs(task)
    ? { ...options, textColumn: task.textColumns }
    : options;
}

/** Throws `data-pair` for a file that was read in pairs for a classifier of single texts, or the other way round. */
export function requireColumns(
  { textColumns }: { readonly textColumns: readonly string[] },
  task: Task,
  path: string,
): void {
  if (textColumns.length === task.textColumns.length) return;
  const [expected, hint] = readsPairs(task)
    ? [
        `two text columns, as ${task.textColumns.join(" and ")} in training`,
        "Name both with --text-column, a comma between them.",
      ]
    : ["one text column", "The classifier reads single texts: name one column with --text-column."];
  throw new L3MaskingError(
    "data-pair",
    `${shownName(path)}: expected ${expected}, got ${textColumns.join(" and ")}`,
    { hint },
  );
}
