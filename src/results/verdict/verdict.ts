/** How good a classifier is beside the baseline, in one sentence for people: the same in the terminal, metrics.json and on pages. */
import { counted } from "../../base/figures.js";
import {
  chanceOfDifference,
  differenceInterval,
  type Interval,
  rowsToSettle,
  shareInterval,
} from "./shares.js";

/** Answers of two classifiers to the same labelled texts, none of which they were trained on; ids of labels. */
export interface JudgedAnswers {
  readonly expected: ArrayLike<number>; // [N]
  readonly predicted: ArrayLike<number>; // [N]
  readonly baseline: ArrayLike<number>; // [N]
  /** The most frequent label of the training texts. */
  readonly commonest: { readonly id: number; readonly label: string };
}

/** better: the interval of the difference lies above 0; worse: below; alike: it holds 0. */
export type Standing = "better" | "worse" | "alike";

export interface Verdict {
  readonly rows: number;
  readonly accuracy: Interval;
  readonly baseline: Interval;
  /** Share of the rows that have the most frequent label of the training texts. */
  readonly commonest: number;
  readonly difference: Interval;
  readonly standing: Standing;
  /** Share of tests in which two equally good classifiers would differ as much (`chanceOfDifference`). */
  readonly chance: number;
  /** Rows with which the difference would be shown, if it stayed as large; undefined where they are very many. */
  readonly rowsToSettle: number | undefined;
  readonly text: string;
}

/** N at least 1. */
export function judge({ expected, predicted, baseline, commonest }: JudgedAnswers): Verdict {
  const rows = expected.length;
  let right = 0;
  let baselineRight = 0;
  let alone = 0;
  let baselineAlone = 0;
  let common = 0;
  for (let i = 0; i < rows; i++) {
    const isRight = predicted[i] === expected[i];
    const isBaselineRight = baseline[i] === expected[i];
    if (isRight) right += 1;
    if (isBaselineRight) baselineRight += 1;
    if (isRight && !isBaselineRight) alone += 1;
    if (!isRight && isBaselineRight) baselineAlone += 1;
    if (expected[i] === commonest.id) common += 1;
  }
  const difference = differenceInterval(alone, baselineAlone, rows);
  const standing = standingOf(difference);
  const figures = {
    rows,
    accuracy: shareInterval(right, rows),
    baseline: shareInterval(baselineRight, rows),
    commonest: common / rows,
    difference,
    standing,
    chance: chanceOfDifference(alone, baselineAlone),
    rowsToSettle: rowsToSettle(alone, baselineAlone, rows),
  };
  return { ...figures, text: verdictText(figures, commonest.label) };
}

/** Answers of a baseline that is itself what was chosen. */
export interface JudgedBaseline extends Omit<JudgedAnswers, "predicted"> {
  /** The best of the others, with its answers to some of the texts. */
  readonly rival?:
    | {
        readonly title: string;
        readonly answered: readonly { readonly index: number; readonly label: number }[];
      }
    | undefined;
}

/** The verdict on the baseline, where it was chosen; N at least 1. */
export function judgeBaseline({ expected, baseline, commonest, rival }: JudgedBaseline): string {
  const {
    rows,
    accuracy,
    commonest: common,
  } = judge({
    expected,
    predicted: baseline,
    baseline,
    commonest,
  });
  const useless =
    accuracy.value <= common
      ? [`It does no better than always answering '${commonest.label}'.`]
      : [];
  return [
    `On ${counted(rows, "text")} it never saw, TF-IDF, the baseline, is right for ${points(accuracy.value)} % (${whole(accuracy.low)} to ${whole(accuracy.high)}); always '${commonest.label}': ${points(common)} %.`,
    ...useless,
    ...(rival === undefined || rival.answered.length === 0
      ? []
      : [rivalText(rival.title, rival.answered, { expected, baseline, commonest })]),
  ].join(" ");
}

function rivalText(
  title: string,
  answered: readonly { readonly index: number; readonly label: number }[],
  { expected, baseline, commonest }: Omit<JudgedAnswers, "predicted">,
): string {
  const of = (ids: ArrayLike<number>) => answered.map(({ index }) => ids[index]);
  const { accuracy, difference, standing } = judge({
    expected: of(expected),
    predicted: answered.map(({ label }) => label),
    baseline: of(baseline),
    commonest,
  });
  const { value, low, high } = difference;
  const on =
    answered.length === expected.length ? "" : ` on ${counted(answered.length, "text")} of them`;
  const name = `${title[0].toUpperCase()}${title.slice(1)}`;
  const right = `${name} is right for ${points(accuracy.value)} %${on}`;
  if (standing === "worse") {
    return `${right}: worse by ${points(-value)} points (${whole(-high)} to ${whole(-low)}).`;
  }
  return `${right}, ${signed(value)} points (${whole(low)} to ${whole(high)}): too few texts to call either better.`;
}

function standingOf({ low, high }: Interval): Standing {
  if (low > 0) return "better";
  return high < 0 ? "worse" : "alike";
}

function verdictText(verdict: Omit<Verdict, "text">, commonestLabel: string): string {
  const { rows, accuracy, baseline, commonest } = verdict;
  const texts = rows === 1 ? "1 text" : `${rows} texts`;
  const useless =
    accuracy.value <= commonest
      ? [`It does no better than always answering '${commonestLabel}'.`]
      : [];
  return [
    `On ${texts} it never saw, it is right for ${points(accuracy.value)} % (${whole(accuracy.low)} to ${whole(accuracy.high)}).`,
    `TF-IDF: ${points(baseline.value)} %; always '${commonestLabel}': ${points(commonest)} %.`,
    ...useless,
    standingText(verdict),
  ].join(" ");
}

/** A difference that equally good classifiers show in fewer tests than this is probably not chance; it is not called better for that. */
const PROBABLE = 0.2;

function standingText({
  standing,
  difference,
  chance,
  rowsToSettle: needed,
}: Omit<Verdict, "text">): string {
  const { value, low, high } = difference;
  switch (standing) {
    case "better":
      return `Better than the baseline by ${points(value)} points (${whole(low)} to ${whole(high)}).`;
    case "worse":
      return `Worse than the baseline by ${points(-value)} points (${whole(-high)} to ${whole(-low)}): use TF-IDF.`;
    case "alike": {
      const found = value === 0 ? "Level with" : `${signed(value)} points against`;
      const figures = `${found} TF-IDF (${whole(low)} to ${whole(high)})`;
      const settled =
        needed === undefined
          ? ""
          : ` To settle it takes at least about ${roundedUp(needed)} texts, if the difference stays.`;
      if (chance >= PROBABLE) {
        return `${figures}: too few texts to call either better, and TF-IDF is cheaper.${settled}`;
      }
      const told = `${figures}: probably ${value > 0 ? "better" : "worse"}, but not shown, as two equally good classifiers differ as much in ${Math.max(1, Math.round(100 * chance))} of 100 such tests.`;
      return `${told} ${value > 0 ? "Use it, or TF-IDF where cost matters." : "Use TF-IDF."}${settled}`;
    }
  }
}

/** Up to two digits that matter: 347 is 350. */
function roundedUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}

/** A share in percent with at most one decimal: 82, 74.5. */
function points(share: number): string {
  return String(Number((100 * share).toFixed(1)));
}

/** To whole percent; a minus is a true one, and never stands before 0. */
function whole(share: number): string {
  const rounded = Math.round(100 * share);
  return rounded < 0 ? `−${-rounded}` : String(Math.abs(rounded));
}

function signed(share: number): string {
  return share < 0 ? `−${points(-share)}` : `+${points(share)}`;
}
