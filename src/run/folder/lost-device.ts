/** What a run still has when the device that it trained on is lost. */
import { L3MaskingError } from "../../base/errors.js";

/**
 * The error itself; that of a lost device with the step after which the run goes on, 0 where no state was saved. What the
 * device held went with it.
 */
export function withSavedStep(error: unknown, savedStep: number): unknown {
  if (!(error instanceof L3MaskingError) || error.code !== "device-lost") return error;
  const again =
    savedStep === 0
      ? "No state had been saved yet: repeat the command with --resume, which starts from the first step"
      : `The state after step ${savedStep} is saved: repeat the command with --resume`;
  const hint = `${again}; with --device cpu too. Save states more often with --save-steps; if the device is lost again, lower --batch-size.`;
  return new L3MaskingError(error.code, error.message, { hint, cause: error });
}
