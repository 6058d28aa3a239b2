/**
 * Does case tell the label? A model that reads everything in lower case, and TF-IDF, cannot see it.
 *
 * A row shouts if it writes a word in capitals that at least as many rows write otherwise. Abbreviations, which are always written in
 * capitals, are thus left out: in lower case they are the same words. For each label, Fisher's exact test (one-sided, times the number of
 * labels) compares how many of its rows shout with those of the others.
 */
import { isEmptyText, type TextRecord, textKey } from "../formats/record.js";
import type { CapitalsOfLabel, CaseConflicts } from "./check-result.js";

const LARGEST_P = 0.001;
/** Smaller differences in the shares of shouting rows are of no use to a classifier. */
const LEAST_DIFFERENCE = 0.1;
const SHOWN_LINES = 3;

/** The label whose rows shout most beyond chance; undefined if there is none. */
export function capitalsOfLabel(rows: readonly TextRecord[]): CapitalsOfLabel | undefined {
  const labelled = rows.filter(({ label }) => label !== undefined);
  const shouting = shoutingRows(labelled);
  const labels = new Map<string, TextRecord[]>();
  for (const row of labelled) {
    const { label = "" } = row;
    const known = labels.get(label);
    if (known === undefined) labels.set(label, [row]);
    else known.push(row);
  }
  const logFactorials = logFactorialsUpTo(labelled.length);
  const found = Array.from(labels, ([label, own]) => {
    const loud = own.filter((row) => shouting.has(row));
    const p = shareAboveP(
      { hits: loud.length, drawn: own.length, marked: shouting.size, all: labelled.length },
      logFactorials,
    );
    return {
      label,
      rows: own.length,
      shouting: loud.length,
      otherRows: labelled.length - own.length,
      otherShouting: shouting.size - loud.length,
      p: Math.min(1, labels.size * p),
      lines: loud.slice(0, SHOWN_LINES).map(({ line }) => line),
    };
  });
  return found
    .filter(
      ({ p, rows: own, shouting: loud, otherRows, otherShouting }) =>
        p < LARGEST_P && loud / own - otherShouting / otherRows >= LEAST_DIFFERENCE,
    )
    .toSorted((a, b) => a.p - b.p)
    .at(0);
}

/** Texts that are equal but for case, and have different labels. */
export function caseConflicts(rows: readonly TextRecord[]): CaseConflicts | undefined {
  /** Text in lower case -> text -> its rows. */
  const spellings = new Map<string, Map<string, TextRecord[]>>();
  for (const row of rows) {
    if (row.label === undefined || isEmptyText(row.text)) continue;
    const key = textKey(row.text);
    const lower = key.toLowerCase();
    const known = spellings.get(lower) ?? new Map<string, TextRecord[]>();
    known.set(key, [...(known.get(key) ?? []), row]);
    spellings.set(lower, known);
  }
  const pairs = [...spellings.values()].flatMap((texts) => {
    const [first, ...others] = texts.values();
    const labels = new Set(first.map(({ label }) => label));
    const other = others.find((found) => !found.some(({ label }) => labels.has(label)));
    return other === undefined ? [] : [{ first: first[0].line, second: other[0].line }];
  });
  return pairs.length === 0 ? undefined : { texts: pairs.length, lines: pairs[0] };
}

const WORD = /\p{L}{2,}/gu;

function shoutingRows(rows: readonly TextRecord[]): Set<TextRecord> {
  /** Word in lower case -> rows that write it in capitals, less those that write it otherwise. */
  const balance = new Map<string, number>();
  const capitals = rows.map(({ text }) => {
    const loud = new Set<string>();
    const quiet = new Set<string>();
    for (const word of text.match(WORD) ?? []) {
      const lower = word.toLowerCase();
      (word !== lower && word === word.toUpperCase() ? loud : quiet).add(lower);
    }
    for (const word of loud) balance.set(word, (balance.get(word) ?? 0) + 1);
    for (const word of quiet) balance.set(word, (balance.get(word) ?? 0) - 1);
    return loud;
  });
  return new Set(
    rows.filter((_, row) => [...capitals[row]].some((word) => (balance.get(word) ?? 0) <= 0)),
  );
}

/**
 * The probability of so many hits or more among `drawn` rows, where `marked` of all rows are hits (hypergeometric): the p of Fisher's exact
 * test.
 */
function shareAboveP(
  {
    hits,
    drawn,
    marked,
    all,
  }: {
    readonly hits: number;
    readonly drawn: number;
    readonly marked: number;
    readonly all: number;
  },
  logFactorials: Float64Array,
): number {
  const logChoose = (n: number, k: number) =>
    logFactorials[n] - logFactorials[k] - logFactorials[n - k];
  let sum = 0;
  const least = Math.max(hits, drawn + marked - all);
  for (let count = least; count <= Math.min(drawn, marked); count++) {
    const ways = logChoose(marked, count) + logChoose(all - marked, drawn - count);
    sum += Math.exp(ways - logChoose(all, drawn));
  }
  return sum;
}

function logFactorialsUpTo(most: number): Float64Array {
  const values = new Float64Array(most + 1);
  for (let n = 1; n <= most; n++) values[n] = values[n - 1] + Math.log(n);
  return values;
}
