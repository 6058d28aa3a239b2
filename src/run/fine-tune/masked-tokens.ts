/** What a masking strategy selects in the training texts of a data set, compared with random token masking. */

import { percent } from "../../base/figures.js";
import { uniformProbabilities } from "../../method/masking/probabilities.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import { type MaskedTextCase, maskingSummary } from "../../results/metrics/masking-summary.js";
import type { MaskingSummary } from "../../results/records/masking-summary.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { writeJson } from "../folder/run-folder.js";
import type { Host, NoticeEvent } from "../host/host.js";
import type { RunInputs } from "./inputs.js";
import type { TextMasks } from "./text-masks.js";

/**
 * Writes masking.json: what the strategy of a run selects in its training texts. Says how much of the budget it moves, since a strategy
 * that moves little can do little.
 */
export function writeMaskedTokens(
  { settings, files, model, masked }: RunInputs,
  masks: TextMasks,
  host: Host,
) {
  const { strategy, gamma, probabilities } = masks;
  const { model: name, mlmProbability: budget, outputDir } = settings;
  const names = { dataset: files.trainFile, model: name, strategy, gamma, budget };
  const summary = maskedTokens(names, masked, probabilities, model.tokenizer);
  writeJson(outputDir, "masking.json", summary);
  host.emit(movedNotice(summary, masks.title));
}

/** How much of the budget a strategy moves, for people. */
export function movedNotice({ moved, gamma }: MaskingSummary, title: string): NoticeEvent {
  const text = `${title} puts ${percent(moved)} of the mask budget on other tokens than random masking (gamma ${gamma.toFixed(2)})`;
  return { type: "notice", level: "info", text };
}

/** The summary of `maskingSummary` over encoded texts and their mask probabilities under the strategy. */
export function maskedTokens(
  names: Pick<MaskingSummary, "dataset" | "model" | "strategy" | "gamma" | "budget">,
  encodings: readonly Encoding[],
  probabilities: readonly MaskProbabilities[],
  tokenizer: Tokenizer,
): MaskingSummary {
  const texts = encodings.map(
    (encoding, text): MaskedTextCase => ({
      ids: encoding.ids,
      maskable: Uint8Array.from(encoding.wordIds, (word) => +(word !== NO_WORD)),
      probabilities: probabilities[text],
      uniform: uniformProbabilities(encoding, names.budget),
    }),
  );
  return maskingSummary(names, texts, (id) => tokenizer.token(id));
}
