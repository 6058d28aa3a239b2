/**
 * What the tests allow to say, in plain words.
 *
 * Two things could make one method look better by chance: which rows happen to be in the test set, and which seeds the
 * runs happened to start from. A difference counts as shown only if both are ruled out at the 5 % level, after Holm's
 * correction for the number of pairs: the first by the bootstrap over rows, whose 95 % interval must not hold 0 either,
 * the second by the exact sign-flip test, or by Student's t where the seeds are too few for the former to reach 5 %.
 */

import { counted, listed } from "../../../../base/figures.js";
import { decidingMeasure, labelMeasures } from "../../../metrics/label-measures.js";
import type { PairedComparison, PairedTests, RowSet } from "../../../records/paired-comparison.js";
import { higherFirst } from "../../../statistics/higher-first.js";
import { pInSentence, pointsText } from "../../../statistics/paired-notes.js";
import { spreadText } from "../../markdown/tables.js";
import {
  decidingRows,
  type Group,
  groupNames,
  isCentral,
  orderedPairs,
  rowSetName,
} from "../groups.js";
import { type Content, type Markup, markup } from "../markup.js";
import { foreign } from "../page.js";

const LEVEL = 0.05;
/** Pairs that a verdict lists without folding any away. */
const MOST_LISTED = 3;

/** shown: both chances ruled out. rows, seeds: only that one. none: neither. */
export type Finding = "shown" | "rows" | "seeds" | "none";

export interface SeedTest {
  readonly kind: "sign-flip" | "t";
  readonly p: number;
}

/** The test over seeds that decides; undefined where the seeds allow none. */
function decidingSeedTest({ sign_flip: flip, t_test: t }: PairedTests): SeedTest | undefined {
  if (flip !== null && flip.smallest_p < LEVEL) return { kind: "sign-flip", p: flip.p_holm };
  return t === null ? undefined : { kind: "t", p: t.p_holm };
}

/** What is shown of a difference. */
export function findingOf(tests: PairedTests): Finding {
  const { difference, bootstrap } = tests;
  const excludesZero = bootstrap.low * bootstrap.high > 0 && bootstrap.low * difference > 0;
  const rows = excludesZero && bootstrap.p_holm < LEVEL;
  const seedTest = decidingSeedTest(tests);
  const seeds = difference !== 0 && seedTest !== undefined && seedTest.p < LEVEL;
  return rows ? (seeds ? "shown" : "rows") : seeds ? "seeds" : "none";
}

/** The verdict on one data set and model. */
export function verdictSection(group: Group): Markup {
  const rows = decidingRows(group);
  if (rows === undefined) {
    return box(
      markup`<p><strong>There is no test split, so how well the methods classify new texts is unknown.</strong> The
scores below are those of the dev split. The best step of each run was chosen on it, so they flatter every method.</p>`,
    );
  }
  const pairs = orderedPairs(group, rows);
  // With several kinds of task weights there are many pairs; these are the ones the method is about.
  const central = pairs.filter((pair) => isLeading(pair, group));
  const [leading, others] =
    central.length === 0 || pairs.length <= MOST_LISTED
      ? [pairs, []]
      : [central, pairs.filter((pair) => !isLeading(pair, group))];
  const single = group.candidates.some(({ cell }) => cell.seeds.length === 1);
  return box(markup`
${highestMean(group, rows, pairs)}
${single ? markup`<p><strong>A method with a single seed is a demonstration, not a result:</strong> another seed may reverse the order.</p>` : undefined}
${verdictList(leading, group)}
${others.length === 0 ? undefined : markup`<details><summary>${counted(others.length, "further pair")}</summary>${verdictList(others, group)}</details>`}
<p class="note">Judged by ${decidingMeasure.title} on ${rowSetName(rows, group)}.
${pairs.length === 0 ? undefined : "A difference counts as shown only if neither the choice of test rows nor that of the seeds explains it, at the 5 % level, corrected for the number of pairs."}
${studentNote(pairs)}
What holds for this data set and this model need not hold for others.</p>`);
}

/** The central method against one with a single task, or with the same task weights. */
function isLeading({ a, b }: PairedComparison, { candidates }: Group): boolean {
  if (a.method === b.method) return false;
  const comparable =
    a.task_weights === null || b.task_weights === null || a.task_weights === b.task_weights;
  return comparable && (isCentral(a, candidates) || isCentral(b, candidates));
}

function verdictList(pairs: readonly PairedComparison[], group: Group): Markup | undefined {
  if (pairs.length === 0) return undefined;
  const nameOf = groupNames(group);
  return markup`<ul>${pairs.map((pair) => markup`<li>${pairVerdict(pair, nameOf)}</li>`)}</ul>`;
}

/** Whose p the verdict names where it is not that of the exact test. */
function studentNote(pairs: readonly PairedComparison[]): string | undefined {
  const tests = pairs.map((pair) => pair[decidingMeasure.name]);
  if (!tests.some((one) => decidingSeedTest(one)?.kind === "t")) return undefined;
  const few = tests.some(({ sign_flip: flip }) => flip !== null && flip.smallest_p >= LEVEL);
  return `The p over seeds is that of Student's t: it assumes that differences scatter normally from seed to seed, which few seeds cannot confirm.${few ? " The exact sign-flip test cannot reach 5 % with so few." : ""}`;
}

function box(content: Content): Markup {
  return markup`<div class="verdict">${content}</div>`;
}

function highestMean(
  { candidates, dataset, model }: Group,
  rows: RowSet,
  pairs: readonly PairedComparison[],
): Markup | undefined {
  const measured = candidates.flatMap(({ name, cell }) => {
    const metrics = cell[rows];
    return metrics === null ? [] : [{ name, spread: metrics[decidingMeasure.name] }];
  });
  if (measured.length < 2) return undefined;
  const highest = Math.max(...measured.map(({ spread }) => spread.mean));
  const [best, ...equal] = measured.filter(({ spread }) => spread.mean === highest);
  const shown = pairs.filter((pair) => findingOf(pair[decidingMeasure.name]) === "shown").length;
  const tested = counted(pairs.length, "tested pair");
  const outcome =
    pairs.length === 0
      ? "No pair was tested, so that alone proves nothing."
      : shown === 0
        ? `That alone proves nothing: of ${tested} none shows a difference.`
        : `Of ${tested}, ${shown} ${shown === 1 ? "shows" : "show"} a difference.`;
  return markup`<p>On ${foreign(dataset.name)} with ${foreign(model.name)}, <strong>${listed([best, ...equal].map(({ name }) => name))}</strong> ${equal.length === 0 ? "has" : "have"} the highest mean ${decidingMeasure.title} (${spreadText(best.spread)}). ${outcome}</p>`;
}

const tags: Readonly<Record<Finding, readonly [style: string, text: string]>> = {
  shown: ["good", "difference shown"],
  rows: ["open", "not settled"],
  seeds: ["open", "not settled"],
  none: ["open", "no difference shown"],
};

/** One pair in plain words, the one with the higher mean first. */
export function pairVerdict(
  given: PairedComparison,
  nameOf: (candidate: PairedComparison["a"]) => string,
): Markup {
  const pair = higherFirst(given, false);
  const tests = pair[decidingMeasure.name];
  const others = labelMeasures.filter(({ name }) => name !== decidingMeasure.name);
  const [ahead, behind] = [nameOf(pair.a), nameOf(pair.b)];
  const { low, high } = tests.bootstrap;
  const finding = findingOf(tests);
  const [style, tag] = tags[finding];
  const points = pointsText(tests.difference).replace("+", "");
  const interval = `95 % interval ${pointsText(low)} to ${pointsText(high)}`;
  const same = labelMeasures.every(({ name }) =>
    pair[name].differences.every((difference) => difference === 0),
  );
  if (same) {
    return markup`<span class="tag ${style}">${tag}</span> between <strong>${ahead}</strong> and <strong>${behind}</strong>: they scored the same with every seed.`;
  }
  const lead =
    finding === "none"
      ? markup`between <strong>${ahead}</strong> and <strong>${behind}</strong>: they differ by ${points} points of ${decidingMeasure.title} (${interval}).`
      : markup`<strong>${ahead} scored higher than ${behind}</strong> by ${points} points of ${decidingMeasure.title} (${interval}).`;
  const onOthers = others.map(
    ({ name, title }) =>
      ` On ${title}: ${pointsText(pair[name].difference)} points, ${tags[findingOf(pair[name])][1]}.`,
  );
  return markup`<span class="tag ${style}">${tag}</span> ${lead} ${reason(finding, tests)}${onOthers}`;
}

function reason(finding: Finding, tests: PairedTests): string {
  const rows = `the choice of test rows (${pInSentence(tests.bootstrap.p_holm)})`;
  const seedTest = decidingSeedTest(tests);
  const tested =
    seedTest !== undefined
      ? pInSentence(seedTest.p)
      : tests.differences.length < 2
        ? "not testable with one seed"
        : "not testable here";
  const seeds = `the choice of seeds (${tested})`;
  switch (finding) {
    case "shown":
      return `Neither ${rows} nor ${seeds} explains that.`;
    case "rows":
      return `Not explained by ${rows}, but perhaps by ${seeds}: other seeds could change the picture.`;
    case "seeds":
      return `Not explained by ${seeds}, but perhaps by ${rows}: other test rows could change the picture.`;
    case "none":
      return `Chance may explain it: ${rows} or ${seeds}. That does not show that the two are equal.`;
  }
}
