/**
 * Two texts that are read together, such as a question and its answer, as one string. Whatever compares, counts, shows or splits texts then
 * takes a pair as it takes any text; only what must tell the two apart asks for the parts.
 */

/** A symbol that no keyboard writes, and that readers see between the two: U+241E, for the record separator. */
const BETWEEN = "\u241e";

/** A text, or two that are read together. */
export type GivenText = string | readonly [first: string, second: string];

/** The texts as one string, `first ␞ second`; a single one as it is. Within a pair the symbol itself becomes a space. */
export function joinedTexts(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0];
  return texts.map((text) => text.replaceAll(BETWEEN, " ")).join(` ${BETWEEN} `);
}

/** The texts that `joinedTexts` put together; a text without the symbol is the only one. */
export function partsOf(text: string): readonly string[] {
  const at = text.indexOf(BETWEEN);
  if (at < 0) return [text];
  return [text.slice(0, at).replace(/ $/, ""), text.slice(at + 1).replace(/^ /, "")];
}

/** The text without the symbol, such as what stands between two words. */
export function withoutSeparator(text: string): string {
  return text.replaceAll(BETWEEN, "");
}
