/** The version of the files in the folders of runs and classifiers. */
import { L3MaskingError } from "../../base/errors.js";

/** Raised when a change to the files would make earlier versions misread them. */
export const FOLDER_FORMAT = 1;

/** Throws `newer-format` for a file of a later version; `format` is the number in the file, absent in files of other programs. */
export function requireKnownFormat(format: number | undefined, path: string): void {
  if (format === undefined || format <= FOLDER_FORMAT) return;
  throw new L3MaskingError(
    "newer-format",
    `expected format ${FOLDER_FORMAT} or earlier in ${path}, got ${format}`,
    {
      hint: "A later version of l3masking wrote it: update l3masking, or train again with this version.",
    },
  );
}
