/** How wide text will be, without a browser to ask: enough to break lines, cut labels and place legends. */

/** Widths in hundredths of the font size, those of DejaVu Sans, one of the widest among common fonts. */
const NARROW = 39;
const WIDE = 99;
const FULL = 100;
const USUAL = 64;
const UPPER = 73;

/** Scripts whose letters fill a square: Hangul, Kana, Han and their punctuation, emoji. */
const full =
  /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u;

/** Estimated width of a text, in the unit of the font size. Errs on the wide side. */
export function textWidth(text: string, fontSize: number): number {
  let hundredths = 0;
  for (const character of text) hundredths += characterWidth(character);
  return (hundredths * fontSize) / 100;
}

function characterWidth(character: string): number {
  if (/[ijlI.,:;'|!()[\]ftr\s·-]/u.test(character)) return NARROW;
  if (/[mwMW@%#–—…]/u.test(character)) return WIDE;
  if (full.test(character)) return FULL;
  return /\p{Lu}/u.test(character) ? UPPER : USUAL;
}

/** The text, or its beginning with … where it is wider than allowed. Never cuts a character in half. */
export function fitted(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const segments = Array.from(
    new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text),
    ({ segment }) => segment,
  );
  let kept = "";
  for (const segment of segments) {
    if (textWidth(`${kept}${segment}…`, fontSize) > width) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** Lines of whole words no wider than allowed; a word that is too wide has a line of its own, cut to fit. */
export function wrapped(text: string, width: number, fontSize: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/u).filter((piece) => piece !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer, fontSize) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (line !== "") lines.push(line);
  return lines.map((full) => fitted(full, width, fontSize));
}
