/** The commands of the library that work on texts in memory. */

import type { Host } from "../run/host/host.js";
import { type TextScores, textScores } from "../run/inference/text-scores.js";
import type { ScoreTextsSettings } from "../run/settings/schemas.js";
import { loadModel, scoreEncodings } from "../run/sources/model.js";
import { checkedMaxLength } from "../run/sources/model-facts.js";
import { alteredNotice, countEncodings, requireKnownWords } from "../run/sources/text-counts.js";
import { encodeOnce } from "../text/encode-once.js";

/** Token scores of texts under a masked-LM checkpoint, in their order. */
export async function runScoreTexts(
  settings: ScoreTextsSettings,
  host: Host,
): Promise<TextScores[]> {
  const model = await loadModel(settings.model, host);
  const maxLength = checkedMaxLength(settings.maxLength, model.spec);
  const encodings = settings.texts.map(encodeOnce(model.tokenizer, maxLength));
  const counts = countEncodings(encodings, model.tokenizer);
  requireKnownWords(counts, "the texts");
  const notice = alteredNotice(counts);
  if (notice !== undefined) host.emit(notice);
  const runtime = await host.runtime(settings);
  const { scores } = await scoreEncodings(model, encodings, settings, runtime, host);
  return encodings.map((encoding, index) => textScores(encoding, scores[index], model.tokenizer));
}
