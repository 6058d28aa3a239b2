/** What `check` finds, with the rows behind it: for a program that shows them. */
import { type ErrorCode, L3MaskingError } from "../base/errors.js";
import type { CheckDetails } from "../data/check/check-details.js";
import type { DatasetCheck } from "../data/check/check-result.js";
import type { RowToCorrect } from "../data/check/rows-to-correct.js";
import { examineFiles } from "../run/examination/examined-files.js";
import type { Host } from "../run/host/host.js";
import type { CheckSettings } from "../run/settings/schemas.js";
import { labelledFiles } from "../run/sources/labelled-texts.js";

export interface Examination {
  readonly check: DatasetCheck;
  readonly details: CheckDetails;
  /** The rows of the training file to look at, the weightiest first. */
  readonly toCorrect: readonly RowToCorrect[];
  /** Were the labels examined? Large files are not, unless `doubtfulLabels` asks for it. */
  readonly isExamined: boolean;
  /** Why training would refuse the data. */
  readonly refusal?: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly hint?: string | undefined;
  };
}

/** Examines labelled files as `check` does, and writes nothing. Throws what reading throws. */
export async function runExamine(settings: CheckSettings, host: Host): Promise<Examination> {
  const files = await labelledFiles(settings, host);
  const { check, details, toCorrect, isExamined, refusal } = await examineFiles(
    files,
    settings,
    host,
  );
  if (refusal !== undefined && !(refusal instanceof L3MaskingError)) throw refusal;
  return {
    check,
    details: details(),
    toCorrect: toCorrect(),
    isExamined,
    ...(refusal && {
      refusal: { code: refusal.code, message: refusal.message, hint: refusal.hint },
    }),
  };
}
