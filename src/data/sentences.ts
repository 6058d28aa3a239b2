/** Documents -> sentences, for texts that are longer than a model reads. */

/**
 * The sentences of a text, by the rules of Unicode (UAX #29) as the runtime has them, without white space around them; none of an empty text.
 * Rules know no abbreviations: "et al. 2020" may be parted after the point.
 */
export function sentencesOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment.trim()).filter(
    (sentence) => sentence !== "",
  );
}

/** One locale for all, so that a machine's own changes nothing. */
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
