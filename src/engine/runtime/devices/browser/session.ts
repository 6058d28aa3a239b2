/** Sessions as a page needs them. */
import { type ErrorCode, L3MaskingError } from "../../../../base/errors.js";
import { othersFirst } from "../../../../platform/browser/page.js";
import type { Session } from "../../runtime.js";

/** What to do in a page, where another hint is for the command line. */
const hints: Partial<Record<ErrorCode, string>> = {
  "device-kernel": 'Use the device "wasm", and report this message.',
  "device-lost":
    'Open the model again and repeat the call; if the device is lost again, lower batchSize or use the device "wasm".',
  "device-memory":
    'Lower batchSize (raise gradientAccumulationSteps to keep the same step), evalTokens or maxLength, or use the device "wasm".',
  "runtime-failed":
    "Lower batchSize or maxLength if memory ran out (docs/browser.md); otherwise report this message.",
};

/** A failure with the hint for a page; `lost` tells that the device is gone, whatever the runtime says. */
export function inPage(error: unknown, lost: () => boolean = () => false): unknown {
  if (!(error instanceof L3MaskingError)) return error;
  const code = lost() ? "device-lost" : error.code;
  const message =
    code === error.code ? error.message : `the device was lost while it computed: ${error.message}`;
  const { cause } = error;
  const hint = hints[code] ?? error.hint;
  return new L3MaskingError(code, message, { cause, ...(hint !== undefined && { hint }) });
}

/** Lets messages in before each run, which blocks the thread: without that, no stop would be heard. */
export function pageSession(session: Session, lost?: () => boolean): Session {
  return {
    async run(inputs, outputs, targets) {
      await othersFirst();
      try {
        return await session.run(inputs, outputs, targets);
      } catch (error) {
        throw inPage(error, lost);
      }
    },
    dispose: () => session.dispose(),
  };
}
