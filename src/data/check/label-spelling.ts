/** Labels that are probably one label written in several ways. */

/** A label and how many rows carry it. */
export interface LabelRows {
  readonly label: string;
  readonly rows: number;
}

/** Labels that are probably one label. */
export interface LabelSpellings {
  /** Two or more, the most frequent first (ties: in code unit order), which is the one to keep. */
  readonly labels: readonly LabelRows[];
  /** In what they differ: "case", "spaces", ... */
  readonly difference: string;
}

interface Form {
  readonly difference: string;
  /** What is left of a label once this difference, and those of the forms before, are taken away. */
  key(label: string): string;
}

const invisible = /\p{Default_Ignorable_Code_Point}/gu;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
/** Signs that people put between words or around them; between digits they make another number. */
const punctuation = /(?<!\d)[\s_\-‐-―.,;:/'"’“”()]+|[\s_\-‐-―.,;:/'"’“”()]+(?!\d)/gu;

/** Spaces of any kind stay as they are: they have a form of their own. */
const composed = (label: string) =>
  label
    .split(/(\s+)/u)
    .map((part) => (/\s/u.test(part) ? part : part.normalize("NFKC").replace(invisible, "")))
    .join("")
    .trim();
const spaced = (label: string) => composed(label).replace(/\s+/gu, " ");
const folded = (label: string) => spaced(label).toLowerCase();
const bare = (label: string) => folded(label).replace(punctuation, "") || folded(label);
const unaccented = (label: string) =>
  bare(label).normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC") || bare(label);

/** The smallest difference first. A number is compared as a number: 1, 1.0 and 01. */
const forms: readonly Form[] = [
  { difference: "Unicode form or invisible characters", key: composed },
  { difference: "spaces", key: spaced },
  { difference: "case", key: folded },
  { difference: "case, spaces or punctuation", key: bare },
  { difference: "accents, case or punctuation", key: unaccented },
];
const numberKey = (label: string) => {
  const text = spaced(label);
  return number.test(text) ? `number ${Number(text)}` : undefined;
};

/**
 * Groups of labels that differ in spelling only: in Unicode form, case, spaces, punctuation, accents or the form of a number; and
 * rare labels that are one letter from a frequent one. Each label is in one group at most; the groups with the most rows first.
 */
export function labelSpellings(labels: readonly LabelRows[]): LabelSpellings[] {
  const ordered = labels.toSorted(
    (a, b) => b.rows - a.rows || (a.label < b.label ? -1 : Number(a.label > b.label)),
  );
  const groups = groupedBy(ordered, ({ label }) => numberKey(label) ?? `text ${unaccented(label)}`);
  const written = [...groups.values()];
  const found = written.flatMap((group) =>
    group.length < 2 ? [] : [{ labels: group, difference: differenceOf(group) }],
  );
  const rest = written.flatMap((group) => (group.length === 1 ? group : []));
  return [...found, ...misspellings(rest, ordered)].toSorted(
    (a, b) => rowsOf(b.labels) - rowsOf(a.labels),
  );
}

function rowsOf(labels: readonly LabelRows[]): number {
  return labels.reduce((sum, { rows }) => sum + rows, 0);
}

function groupedBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

function differenceOf(group: readonly LabelRows[]): string {
  const form = forms.find(({ key }) => new Set(group.map(({ label }) => key(label))).size === 1);
  return form?.difference ?? "the form of the number";
}

/** A label is a misspelling if another one has at least so many times its rows. */
const RARER = 10;
/** Shorter words are near too many others. */
const SHORTEST_WORD = 5;

/** Rare labels of `rare` one letter away from a frequent one of `labels`, grouped with it. */
function misspellings(rare: readonly LabelRows[], labels: readonly LabelRows[]): LabelSpellings[] {
  // Labels one edit apart have a form in common that lacks one letter.
  const near = new Map<string, LabelRows[]>();
  const fewest = rare.reduce((least, { rows }) => Math.min(least, rows), Number.POSITIVE_INFINITY);
  for (const item of labels) {
    if (item.rows < RARER * fewest) continue;
    for (const form of shortened(folded(item.label))) {
      const known = near.get(form);
      if (known === undefined) near.set(form, [item]);
      else known.push(item);
    }
  }
  const groups = new Map<LabelRows, LabelRows[]>();
  for (const item of rare) {
    if (near.size === 0) break;
    const text = folded(item.label);
    const meant = shortened(text)
      .flatMap((form) => near.get(form) ?? [])
      .find(({ label, rows }) => rows >= RARER * item.rows && isMisspelling(text, folded(label)));
    if (meant !== undefined) groups.set(meant, [...(groups.get(meant) ?? [meant]), item]);
  }
  return [...groups.values()].map((group) => ({ labels: group, difference: "one letter" }));
}

/** Longer labels are not compared letter by letter. */
const LONGEST_LABEL = 100;

/** The label, and the label without each one of its characters. */
function shortened(label: string): string[] {
  const letters = Array.from(label);
  if (letters.length > LONGEST_LABEL) return [];
  return [label, ...letters.map((_, at) => letters.toSpliced(at, 1).join(""))];
}

/** Is one letter of a long word left out, added or changed, or are two swapped? Digits tell labels apart. */
function isMisspelling(first: string, second: string): boolean {
  const [a, b] = [Array.from(first), Array.from(second)];
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  const shared = Math.min(a.length, b.length) - start;
  while (end < shared && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const changed = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const [fewer, more] = changed.toSorted((x, y) => x.length - y.length);
  const swapped =
    fewer.length === 2 && more.length === 2 && fewer[0] === more[1] && fewer[1] === more[0];
  if (!swapped && more.length > 1) return false;
  if (!changed.flat().every((letter) => /\p{L}/u.test(letter))) return false;
  return [a, b].every((letters) => wordLength(letters, start) >= SHORTEST_WORD);
}

/** Letters of the word around a place. */
function wordLength(letters: readonly string[], at: number): number {
  const isLetter = (letter: string | undefined) =>
    letter !== undefined && /[\p{L}\p{M}]/u.test(letter);
  let from = at;
  while (isLetter(letters[from - 1])) from--;
  let to = at;
  while (isLetter(letters[to])) to++;
  return to - from;
}

/** A label in quotes, with escapes for what cannot be told apart by looking where `exact`. */
export function quotedLabel(label: string, exact: boolean): string {
  const shown = exact
    ? label.replace(/[^ -~]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)
    : label;
  return `"${shown}"`;
}

/** Does the difference not show on a screen? */
export function looksAlike({ labels }: LabelSpellings): boolean {
  return new Set(labels.map(({ label }) => spaced(label))).size < labels.length;
}

/** Is a label a list of labels: "['a', 'b']", or "a; b" where a and b are labels too? */
export function listLabels(labels: readonly string[]): string[] {
  const known = new Set(labels);
  return labels.filter((label) => {
    if (/^\[.*\]$/s.test(label)) return true;
    const parts = label.split(/[;|,]/).map((part) => part.trim());
    return parts.length > 1 && parts.every((part) => known.has(part));
  });
}

/** What Python, R, SQL and spreadsheet programs write for a missing value; "none" and "NA" are labels as often. */
const missingValue = /^(nan|nat|null|<na>|#?n\/a|None|\(null\))$/i;

/** Labels that are probably none. */
export function missingLabels(labels: readonly string[]): string[] {
  return labels.filter((label) => missingValue.test(label) && label !== "none");
}
