/** results.json as a page: what was compared, the results, how certain they are, and how they were made. */

import { counted, duration, listed } from "../../../base/figures.js";
import { methods } from "../../../method/methods.js";
import type { Comparison } from "../../records/comparison.js";
import { decidingRows, type Group, groupsOf, rowSetName } from "./groups.js";
import { type Content, type Markup, markup } from "./markup.js";
import { foreign, type Page, page, part } from "./page.js";
import { curvesSection } from "./sections/curves.js";
import { glossarySection } from "./sections/glossary.js";
import { confusionSection, perLabelSection } from "./sections/labels.js";
import { maskingSection } from "./sections/masking.js";
import { datasetSection, machineText, modelsTable, settingsTable } from "./sections/provenance.js";
import { resultsSection, testsSection } from "./sections/results.js";
import { timingsSection, unfinishedSection } from "./sections/runs.js";
import { taskWeightsSection } from "./sections/task-weights.js";
import { tuningSection } from "./sections/tuning.js";
import { verdictSection } from "./sections/verdict.js";

/** The page follows from the comparison alone, so it has no date. */
export function renderComparison(comparison: Comparison): Page {
  const groups = groupsOf(comparison);
  const methods = comparedMethods(comparison);
  const title = methods.length === 1 ? `Results of ${methods[0]}` : `${listed(methods)} compared`;
  const body = markup`
<header>
<h1>${title}</h1>
<p>${introduction(comparison)}</p>
<p class="note">Written by l3masking ${comparison.versions.l3masking}. <a href="#reading">How to read this page</a> explains its words.</p>
</header>
${unfinishedSection(comparison)}
${groups.length === 0 ? markup`<p><strong>No run has finished yet.</strong></p>` : undefined}
${groups.length > 1 ? contents(groups) : undefined}
${groups.map((group) => groupSections(group, groups.length > 1, comparison.sweep))}
${groups.length === 0 ? unmeasuredTuning(comparison) : undefined}
${originSections(comparison)}
<section id="reading"><h2>How to read this page</h2>${glossarySection(true)}</section>`;
  return page(title, body);
}

function comparedMethods({ cells, unfinished }: Comparison): readonly string[] {
  const present = new Set([...cells, ...unfinished].map(({ method }) => method));
  return methods.filter(({ name }) => present.has(name)).map(({ title }) => title);
}

function introduction({ datasets, models, runs }: Comparison): Content {
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  const dataNames = datasets.map(({ name }, index) => [
    separator(index, datasets.length),
    foreign(name),
  ]);
  const modelNames = models.map(({ name }, index) => [
    separator(index, models.length),
    foreign(name),
  ]);
  return markup`Language models (${modelNames}) were trained to classify texts with different methods, then measured on texts that they had not seen. Texts: ${dataNames}. ${counted(runs.length, "training run")}, ${seeds.length === 1 ? `one for each method (seed ${seeds[0]})` : `repeated with the seeds ${seeds.join(", ")}`}.`;
}

function separator(index: number, length: number): string {
  if (index === 0) return "";
  return index === length - 1 ? " and " : ", ";
}

function contents(groups: readonly Group[]): Markup {
  const items = groups.map(
    ({ id, dataset, model }) =>
      markup`<li><a href="#${id}">${foreign(dataset.name)} with ${foreign(model.name)}</a></li>`,
  );
  return markup`<nav><ul>${items}</ul></nav>`;
}

function groupSections(group: Group, several: boolean, sweep: Comparison["sweep"]): Markup {
  const tuning = tuningSection(group, sweep);
  const rows = decidingRows(group);
  const runs = group.candidates.flatMap((candidate) => candidate.runs);
  const weights = taskWeightsSection(group);
  const heading = several
    ? markup`${foreign(group.dataset.name)} with ${foreign(group.model.name)}`
    : markup`Results`;
  return markup`<section id="${group.id}"><h2>${heading}</h2>
${verdictSection(group)}
${part(group, "results", "Scores", resultsSection(group))}
${tuning && part(group, "tuning", "Chosen on dev", tuning)}
${part(group, "tests", "Paired tests", testsSection(group))}
${part(group, "curves", "Learning curves", curvesSection(group))}
${weights && part(group, "weights", "Task weights", weights)}
${rows && part(group, "labels", "Label by label", perLabelSection(group, { rows, name: rowSetName(rows, group) }))}
${rows && (isOfOneLabel(group) || undefined) && part(group, "confusion", "Confusions", confusionSection(group, { rows, name: rowSetName(rows, group) }))}
${part(group, "masking", "What is masked", maskingSection(group))}
${part(group, "timing", "Time", timingsSection(group))}
${part(group, "data", "Data", datasetSection(group.dataset, runs))}
</section>`;
}

/** What a sweep has tried while nothing is measured yet. */
function unmeasuredTuning({ datasets, models, sweep }: Comparison): readonly Markup[] {
  return datasets.flatMap((dataset) =>
    models.flatMap((model) => {
      const tuning = tuningSection({ dataset, model }, sweep);
      if (tuning === undefined) return [];
      return [
        markup`<section><h2>${foreign(dataset.name)} with ${foreign(model.name)}: tried on dev</h2>${tuning}</section>`,
      ];
    }),
  );
}

/** Has each text one label? Only then one can be taken for another. */
function isOfOneLabel({ candidates }: Group): boolean {
  return candidates.every(({ cell }) => cell.dev.label_sets === undefined);
}

function originSections({
  notes,
  models,
  machines,
  runs_seconds,
  command,
  settings,
}: Comparison): Markup {
  return markup`<section id="origin"><h2>How this was made</h2>
${notes.length === 0 ? undefined : markup`<h3>On the tests</h3><ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul>`}
<h3>Command</h3>
<pre>${command}</pre>
<h3>Models</h3>
${modelsTable(models)}
<h3>${machines.length > 1 ? "Machines" : "Machine"} and time</h3>
${machines.map((machine) => machineText(machine, machines.length > 1))}
<p>The runs took ${duration(runs_seconds)} together.</p>
<h3>Settings</h3>
<p class="note">They are also in results.json.</p>
<details><summary>Every setting</summary>${settingsTable(settings)}</details>
</section>`;
}
