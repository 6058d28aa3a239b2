/** Paired tests in plain sentences: what they say, and what they could not say. */
import { methodOf } from "../../method/methods.js";
import { decidingMeasure, labelMeasures } from "../metrics/label-measures.js";
import type {
  Candidate,
  PairedComparison,
  PairedTests,
  Swept,
} from "../records/paired-comparison.js";

/** The usual bound below which a difference is called significant. */
const ALPHA = 0.05;

/** A candidate as the table names it; `weighted` adds its task weights. */
export function candidateTitle({ method, task_weights }: Candidate, weighted: boolean): string {
  const { title } = methodOf(method);
  return weighted && task_weights !== null ? `${title} (${task_weights})` : title;
}

/** A setting's name in words: learningRate -> learning rate. */
export function settingWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** What a sweep tries or chose, for people: "gamma 2, learning rate 0.0001". */
export function sweptText(values: Swept): string {
  return Object.entries(values)
    .map(([name, value]) => `${settingWords(name)} ${value}`)
    .join(", ");
}

/** Do the candidates differ in their task weights, so that a title must name them? */
export function needsWeights(candidates: readonly Candidate[]): boolean {
  const weights = candidates.flatMap(({ task_weights }) => task_weights ?? []);
  return new Set(weights).size > 1;
}

/** p as papers print it: 0.031, < 0.001. */
export function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** A p in a sentence: "p = 0.034", "p < 0.001". */
export function pInSentence(p: number): string {
  const text = pText(p);
  return text.startsWith("<") ? `p ${text}` : `p = ${text}`;
}

/** A difference of fractions in percentage points, with its sign. */
export function pointsText(difference: number): string {
  const text = (100 * difference).toFixed(1);
  return difference > 0 && !/^0\.0$/.test(text) ? `+${text}` : text.replace(/^-0\.0$/, "0.0");
}

/** Sentences on one pair; `weighted` names the task weights too. */
export function pairNotes(pair: Omit<PairedComparison, "notes">, weighted: boolean): string[] {
  const [a, b] = [candidateTitle(pair.a, weighted), candidateTitle(pair.b, weighted)];
  const rows = pair.rows === "test" ? "all test rows" : "the leak-free test rows";
  return [
    ...labelMeasures.map(({ name, title }) =>
      measureNote(`${a} against ${b} on ${rows}`, title, pair[name]),
    ),
    seedsNote(pair),
  ];
}

function measureNote(what: string, title: string, tests: PairedTests): string {
  const { low, high, p_holm: p } = tests.bootstrap;
  const verdict =
    p <= ALPHA
      ? `a difference, for these rows and seeds (bootstrap p ${pText(p)} after Holm)`
      : `no difference can be claimed (bootstrap p ${pText(p)} after Holm)`;
  return `${what}: ${pointsText(tests.difference)} points of ${title} (95 % interval ${pointsText(low)} to ${pointsText(high)}); ${verdict}.`;
}

/** What the number of seeds allowed the tests over seeds to show. */
function seedsNote({ seeds, ...pair }: Omit<PairedComparison, "notes">): string {
  const tests = pair[decidingMeasure.name];
  const n = seeds.length;
  if (n < 2) return "With one common seed there is no test over seeds.";
  if (tests.sign_flip === null) {
    return `With ${n} seeds the exact sign-flip test takes too long; see the paired t test.`;
  }
  const { p, smallest_p: smallest } = tests.sign_flip;
  const given = `it gives ${pText(p)} for ${decidingMeasure.title}`;
  return smallest > ALPHA
    ? `With ${n} common seeds the exact sign-flip test cannot give a p below ${smallest}, so it could not reach ${ALPHA} whatever the results; ${given}.`
    : `With ${n} common seeds the exact sign-flip test can reach ${ALPHA} (smallest possible p ${pText(smallest)}); ${given}.`;
}

/** Sentences on the tests as a whole. */
export function comparisonNotes(paired: readonly PairedComparison[]): string[] {
  if (paired.length === 0) {
    return [
      "No paired tests: there are no two candidates with a finished run of the same seed and test rows.",
    ];
  }
  const counts = [...new Set(paired.map(({ seeds }) => seeds.length))].sort((m, n) => m - n);
  const least = counts[0];
  const family = paired.filter(({ rows }) => rows === "test").length;
  const samples = paired[0][decidingMeasure.name].bootstrap.samples;
  return [
    `The bootstrap draws test rows with replacement (${samples} times); a row brings its predictions of all seeds, and the metric is the mean over seeds. It shows how certain the difference is for other test rows and these seeds.`,
    "The sign-flip test and the paired t test use the differences of the seeds and show how certain the difference is for other seeds and these rows. The t test assumes normal differences, which so few cannot confirm.",
    `Holm's correction goes over the ${family} comparisons of a row set, test by test and metric by metric; McNemar's over all their seeds.`,
    ...(least >= 2 && 2 / 2 ** least > ALPHA
      ? [
          `With ${least} seeds the smallest two-sided p of the sign-flip test is 2/2^${least} = ${2 / 2 ** least}: ${ALPHA} could not be reached by that test. At least 6 seeds are needed, and more for several comparisons.`,
        ]
      : []),
    ...(least < 2 ? ["One seed says nothing about other seeds."] : []),
  ];
}
