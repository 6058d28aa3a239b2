/** The rows of labelled files, as `train` would read them: for a program that shows and edits them. */
import type { z } from "zod";
import { L3MaskingError } from "../base/errors.js";
import type { SplitName } from "../data/dataset.js";
import type { TextRecord } from "../data/formats/record.js";
import type { Host } from "../run/host/host.js";
import { checkSchema } from "../run/settings/schemas.js";
import { labelledFiles, readLabelledFiles } from "../run/sources/labelled-texts.js";

export const readRowsSchema = checkSchema.pick({
  trainFile: true,
  validationFile: true,
  testFile: true,
  textColumn: true,
  labelColumn: true,
  labelSeparator: true,
});

export interface FileRow extends Pick<TextRecord, "text" | "label" | "line"> {
  readonly split: SplitName;
}

export interface ReadRows {
  /** As the settings name them: of pairs both text columns, with a comma between them. */
  readonly columns: { readonly text: string; readonly label: string };
  /** Train first, each file in its order. */
  readonly rows: readonly FileRow[];
}

/** All rows, also those without a label. Throws what reading throws, and `data-multi-label` where texts have several labels. */
export async function runReadRows(
  settings: z.output<typeof readRowsSchema>,
  host: Host,
): Promise<ReadRows> {
  const { task, labelColumn, train, dev, test } = await readLabelledFiles(
    await labelledFiles(settings, host),
    host,
    "optional",
  );
  if (task.severalLabels !== undefined) throw severalLabels();
  const rowsOf = (split: SplitName, records: readonly TextRecord[] = []) =>
    records.map(({ text, label, line }) => ({
      split,
      line,
      text,
      ...(label !== undefined && { label }),
    }));
  return {
    columns: { text: task.textColumns.join(","), label: labelColumn },
    rows: [...rowsOf("train", train), ...rowsOf("dev", dev), ...rowsOf("test", test)],
  };
}

function severalLabels(): L3MaskingError {
  return new L3MaskingError(
    "data-multi-label",
    "expected one label per text to show and edit, got texts with several labels",
    { hint: "Train on the file with l3masking train, which gives texts several labels." },
  );
}
