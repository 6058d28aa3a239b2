/**
 * Character classes as parts of regular expressions: put `characters.punctuation` between brackets,
 * in an expression with the flag `u`.
 */
import * as tables from "./unicode-tables.js";

/** Ranges of a packed table as the inside of a bracket expression. */
function bracketContent(packed: string): string {
  const numbers = packed.split(" ").map((digits) => Number.parseInt(digits, 36));
  let content = "";
  let position = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const first = position + numbers[i];
    const last = first + numbers[i + 1];
    content += escaped(first);
    if (last > first) content += `-${escaped(last)}`;
    position = last + 1;
  }
  return content;
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

export const characters = {
  punctuation: bracketContent(tables.punctuation),
  removed: bracketContent(tables.removed),
  ideographs: bracketContent(tables.ideographs),
  accents: bracketContent(tables.accents),
  marks: bracketContent(tables.marks),
  letters: bracketContent(tables.letters),
  numbers: bracketContent(tables.numbers),
  nmtRemoved: bracketContent(tables.nmtRemoved),
  nmtSpaces: bracketContent(tables.nmtSpaces),
  extending: bracketContent(tables.extending),
  prepended: bracketContent(tables.prepended),
  isolated: bracketContent(tables.isolated),
  // The only property that every Unicode version since 6.3 answers alike.
  space: "\\p{White_Space}",
} as const;
