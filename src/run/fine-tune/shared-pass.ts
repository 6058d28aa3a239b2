/** Whether both tasks may read the same masked texts in one pass of the encoder. */
import { L3MaskingError } from "../../base/errors.js";

export interface SharedPassSettings {
  readonly sharedPass: boolean;
  /** One, or those of a comparison. */
  readonly taskWeights: string | readonly string[];
  readonly auxiliarySpacing: "original" | "published";
  readonly unlabeledFile?: readonly string[] | undefined;
}

/**
 * Throws `invalid-setting` for what needs one pass per task: learned weights compare the gradients of the two,
 * and only the auxiliary task reads unlabelled texts.
 */
export function requireSharedPassFits(settings: SharedPassSettings): void {
  if (!settings.sharedPass) return;
  if ([settings.taskWeights].flat().includes("meta")) {
    throw new L3MaskingError(
      "invalid-setting",
      "expected --task-weights equal or fixed with --shared-pass, got meta",
      { hint: "Learned weights need the gradient of each task: remove --shared-pass." },
    );
  }
  if (settings.auxiliarySpacing !== "original") {
    throw new L3MaskingError(
      "invalid-setting",
      `expected --auxiliary-spacing original with --shared-pass, got ${settings.auxiliarySpacing}`,
      { hint: "In a shared pass both tasks read the same texts: remove one of the two." },
    );
  }
  if (settings.unlabeledFile !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      "expected --shared-pass without --unlabeled-file, got both",
      { hint: "In a shared pass every text has a label: remove one of the two." },
    );
  }
}
