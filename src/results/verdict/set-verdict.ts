/**
 * How good a classifier that gives several labels is beside the baseline, in words: by micro-F1, with intervals of a paired bootstrap over the texts. The
 * decisions about one text hang together, so whole texts are drawn.
 *
 * Reference: Efron & Tibshirani 1993, "An Introduction to the Bootstrap"; Koehn 2004, "Statistical Significance Tests for Machine Translation
 * Evaluation".
 */
import { counted, points } from "../../base/figures.js";
import { type Random, randomStream } from "../../base/random.js";
import type { LabelSets } from "../../data/label-sets.js";
import { bootstrapInterval } from "../statistics/bootstrap.js";
import type { Interval } from "./shares.js";

/** Answers to N labelled texts, none of which the classifiers were trained on, as ids of sets. */
export interface JudgedSets {
  readonly sets: LabelSets;
  readonly expected: ArrayLike<number>; // [N]
  readonly predicted: ArrayLike<number>; // [N]
  /** Absent where what is judged is the baseline itself. */
  readonly baseline?: ArrayLike<number> | undefined; // [N]
  /** The label that most training texts have. */
  readonly commonest: { readonly id: number; readonly label: string };
  /** Of a baseline that was chosen: the best of the others, with its answers to some of the texts. */
  readonly rival?:
    | {
        readonly title: string;
        readonly answered: readonly { readonly index: number; readonly label: number }[];
      }
    | undefined;
}

export interface SetVerdict {
  readonly standing: "better" | "worse" | "alike";
  readonly text: string;
}

const RESAMPLES = 2000;
const CONFIDENCE = 0.95;

/** N at least 1. */
export function judgeSets(judged: JudgedSets): SetVerdict {
  const { sets, expected, predicted, baseline, commonest, rival } = judged;
  const rows = expected.length;
  const own = answerCounts(sets, expected, predicted);
  const always = sets.idOfMembers([commonest.id]);
  const trivial = microF1(
    answerCounts(
      sets,
      expected,
      Array.from(expected, () => always),
    ),
  );
  const exact = Array.from(expected).filter((id, row) => predicted[row] === id).length / rows;
  const random = randomStream(0, "verdict");
  const reached = interval(microF1(own), resampled([own], random)[0]);
  const subject = baseline === undefined ? "TF-IDF, the baseline, reaches" : "it reaches";
  const useless =
    reached.value <= trivial
      ? [`It does no better than always answering '${commonest.label}'.`]
      : [];
  const first = `On ${counted(rows, "text")} it never saw, ${subject} a micro-F1 of ${percentText(reached)}, with exactly the right labels for ${points(exact)} % of the texts.`;
  const trivially = `always '${commonest.label}': ${points(trivial)} %.`;
  if (baseline === undefined) {
    const against = rival && rivalText(rival, judged, random);
    const always = `${trivially[0].toUpperCase()}${trivially.slice(1)}`;
    return {
      standing: "alike",
      text: [first, always, ...useless, ...(against ? [against] : [])].join(" "),
    };
  }
  const other = answerCounts(sets, expected, baseline);
  const [a, b] = resampled([own, other], random);
  const difference = interval(
    microF1(own) - microF1(other),
    a.map((value, sample) => value - b[sample]),
  );
  const standing = standingOf(difference);
  return {
    standing,
    text: [
      first,
      `TF-IDF: ${points(microF1(other))} %; ${trivially}`,
      ...useless,
      standingText(standing, difference),
    ].join(" "),
  };
}

function rivalText(
  { title, answered }: NonNullable<JudgedSets["rival"]>,
  { sets, expected, predicted }: JudgedSets,
  random: Random,
): string | undefined {
  if (answered.length === 0) return undefined;
  const of = (ids: ArrayLike<number>) => answered.map(({ index }) => ids[index]);
  const ofRival = answerCounts(
    sets,
    of(expected),
    answered.map(({ label }) => label),
  );
  const ofBaseline = answerCounts(sets, of(expected), of(predicted));
  const [a, b] = resampled([ofRival, ofBaseline], random);
  const { value, low, high } = interval(
    microF1(ofRival) - microF1(ofBaseline),
    a.map((one, sample) => one - b[sample]),
  );
  const on =
    answered.length === expected.length ? "" : ` on ${counted(answered.length, "text")} of them`;
  const reaches = `${title[0].toUpperCase()}${title.slice(1)} reaches ${points(microF1(ofRival))} %${on}`;
  return standingOf({ value, low, high }) === "worse"
    ? `${reaches}: worse by ${points(-value)} points (${whole(-high)} to ${whole(-low)}).`
    : `${reaches}, ${signed(value)} points (${whole(low)} to ${whole(high)}): too few texts to call either better.`;
}

/** Of each text: labels that are right to be given, and twice these with all wrong decisions. */
interface AnswerCounts {
  readonly hits: Int32Array; // [N]
  /** |expected| + |predicted| */
  readonly sizes: Int32Array; // [N]
}

function answerCounts(
  { members }: LabelSets,
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
): AnswerCounts {
  const rows = Array.from(expected, (id, row) => ({
    having: members(id),
    given: members(predicted[row]),
  }));
  return {
    hits: Int32Array.from(
      rows,
      ({ having, given }) => given.filter((label) => having.includes(label)).length,
    ),
    sizes: Int32Array.from(rows, ({ having, given }) => having.length + given.length),
  };
}

/** 2 TP / (2 TP + FP + FN) of all texts. */
function microF1({ hits, sizes }: AnswerCounts): number {
  const [all, right] = [sizes, hits].map((counts) => counts.reduce((a, b) => a + b, 0));
  return all === 0 ? 0 : (2 * right) / all;
}

/** micro-F1 of each candidate on the same texts, drawn with replacement. */
function resampled(candidates: readonly AnswerCounts[], random: Random): readonly Float64Array[] {
  const rows = candidates[0].hits.length;
  const found = candidates.map(() => new Float64Array(RESAMPLES));
  const drawn = new Int32Array(rows);
  for (let sample = 0; sample < RESAMPLES; sample++) {
    for (let draw = 0; draw < rows; draw++) drawn[draw] = random.integer(rows);
    candidates.forEach(({ hits, sizes }, candidate) => {
      let [right, all] = [0, 0];
      for (const row of drawn) {
        right += hits[row];
        all += sizes[row];
      }
      found[candidate][sample] = all === 0 ? 0 : (2 * right) / all;
    });
  }
  return found;
}

function interval(value: number, samples: Float64Array): Interval {
  const { low, high } = bootstrapInterval(samples, CONFIDENCE);
  return { value, low, high };
}

function standingOf({ low, high }: Interval): SetVerdict["standing"] {
  if (low > 0) return "better";
  return high < 0 ? "worse" : "alike";
}

function standingText(standing: SetVerdict["standing"], { value, low, high }: Interval): string {
  if (standing === "better") {
    return `Better than the baseline by ${points(value)} points of micro-F1 (${whole(low)} to ${whole(high)}).`;
  }
  if (standing === "worse") {
    return `Worse than the baseline by ${points(-value)} points of micro-F1 (${whole(-high)} to ${whole(-low)}): use TF-IDF.`;
  }
  const found = value === 0 ? "Level with" : `${signed(value)} points of micro-F1 against`;
  return `${found} TF-IDF (${whole(low)} to ${whole(high)}): too few texts to call either better, and TF-IDF is cheaper.`;
}

function percentText({ value, low, high }: Interval): string {
  return `${points(value)} % (${whole(low)} to ${whole(high)})`;
}

/** To whole percent; a minus is a true one, and never stands before 0. */
function whole(share: number): string {
  const rounded = Math.round(100 * share);
  return rounded < 0 ? `−${-rounded}` : String(Math.abs(rounded));
}

function signed(share: number): string {
  return share < 0 ? `−${points(-share)}` : `+${points(share)}`;
}
