/** How long the runs took, and which are missing. */

import { count, counted, duration } from "../../../../base/figures.js";
import type { Comparison, UnfinishedRun } from "../../../records/comparison.js";
import { candidateTitle, needsWeights, sweptText } from "../../../statistics/paired-notes.js";
import { mean } from "../../../statistics/paired-tests.js";
import type { Group } from "../groups.js";
import { type Markup, markup } from "../markup.js";
import { foreign, table } from "../page.js";

/** Times and steps of every method. */
export function timingsSection({ candidates }: Group): Markup {
  const rows = candidates.map(({ name, runs }) => {
    const early = runs.filter((run) => run.stop_reason === "patience").length;
    return [
      name,
      runs.length,
      duration(mean(runs.map(({ timing }) => timing.training_seconds))),
      runs.every(({ timing }) => timing.scoring_seconds === 0)
        ? "–"
        : duration(mean(runs.map(({ timing }) => timing.scoring_seconds))),
      count(mean(runs.map(({ timing }) => timing.tokens_per_second))),
      count(mean(runs.map(({ steps }) => steps))),
      count(mean(runs.map((run) => run.best_step))),
      `${early} of ${runs.length}`,
    ];
  });
  return table(
    [
      { title: "Method" },
      { title: "Runs" },
      { title: "Training" },
      { title: "Scoring" },
      { title: "Tokens per second" },
      { title: "Steps" },
      { title: "Best step" },
      { title: "Stopped early" },
    ],
    rows,
    "Means over the runs. Scoring by the vanilla model is cached, so only the first run spends time on it. Stopped early: no better dev metric within the patience.",
  );
}

/** A warning where runs or tests are missing; nothing where all is done. */
export function unfinishedSection({ partial, unfinished, cells }: Comparison): Markup | undefined {
  const untested = partial
    ? markup` The comparison was stopped: no difference has been tested yet.`
    : undefined;
  if (unfinished.length === 0) {
    return (
      untested &&
      markup`<div class="verdict warning"><p><strong>This comparison is partial.</strong>${untested}</p></div>`
    );
  }
  const weighted = needsWeights([...cells, ...unfinished]);
  const rows = unfinished.map((run) => [
    foreign(run.dataset),
    foreign(run.model),
    [candidateTitle(run, weighted), ...(run.swept ? [foreign(` (${sweptText(run.swept)})`)] : [])],
    run.seed,
    stateText(run),
  ]);
  return markup`<div class="verdict warning"><p><strong>${counted(unfinished.length, "run")} of this comparison ${unfinished.length === 1 ? "is" : "are"} missing.</strong> The figures below are those of the finished runs and will change.${untested}</p>
<details><summary>Which</summary>${table(
    [
      { title: "Data set" },
      { title: "Model" },
      { title: "Method" },
      { title: "Seed" },
      { title: "State", words: true },
    ],
    rows,
  )}</details></div>`;
}

function stateText({ state, error }: UnfinishedRun): string {
  if (error === null) return state === "waiting" ? "not started" : state;
  return `failed (${error.code}): ${error.message}${error.hint === null ? "" : ` ${error.hint}`}`;
}
