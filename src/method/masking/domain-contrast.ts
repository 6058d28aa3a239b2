/** How typical words are of some texts, held against others. */
import { type MaskableText, wordRanges } from "./tokens.js";

/**
 * For each token of each text the domain contrast of its word v, NaN at special tokens:
 *
 *     c(v) = ln( (n_v + 1) / (N + V) ) - ln( (g_v + 1) / (G + V) )        in nats
 *
 * with n_v of the N words of the texts, and g_v of the G words of general text, and V different words in both together (add-one
 * smoothing). Above 0 a word is more frequent in the texts. A word is its tokens: equal words have equal ids in equal order.
 */
export function domainContrasts(
  texts: readonly MaskableText[],
  general: readonly MaskableText[],
): Float64Array[] {
  const here = countWords(texts);
  const elsewhere = countWords(general);
  const different = new Set([...here.counts.keys(), ...elsewhere.counts.keys()]).size;
  const share = ({ counts, total }: WordCounts, word: string) =>
    Math.log(((counts.get(word) ?? 0) + 1) / (total + different));
  return texts.map((text) => {
    const contrasts = new Float64Array(text.ids.length).fill(Number.NaN);
    for (const { word, start, end } of wordsOf(text)) {
      contrasts.fill(share(here, word) - share(elsewhere, word), start, end);
    }
    return contrasts;
  });
}

interface WordCounts {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

function countWords(texts: readonly MaskableText[]): WordCounts {
  const counts = new Map<string, number>();
  let total = 0;
  for (const text of texts) {
    for (const { word } of wordsOf(text)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      total += 1;
    }
  }
  return { counts, total };
}

/** The words of a text, with the positions of their first token and behind their last. */
function wordsOf(text: MaskableText) {
  return wordRanges(text).map(([start, end]) => ({
    word: text.ids.subarray(start, end).join(),
    start,
    end,
  }));
}
