/** Where the figures come from: data, settings, machine, command. */

import { count, counted, listed } from "../../../../base/figures.js";
import { alteredSplits } from "../../../../data/check/text-counts.js";
import type { ComparedDataset, ComparedModel, ComparedRun } from "../../../records/comparison.js";
import type { TrainingMachine } from "../../../records/machine-record.js";
import { type Content, type Markup, markup } from "../markup.js";
import { foreign, table } from "../page.js";

/** Rows, labels, what was left out, and what a reader must know of the data. */
export function datasetSection(dataset: ComparedDataset, runs: readonly ComparedRun[]): Markup {
  const { rows, labels, files, notes } = dataset;
  const excluded = new Map(Object.entries(dataset.excluded));
  for (const run of runs) {
    for (const [reason, number] of Object.entries(run.excluded)) {
      excluded.set(reason, Math.max(number, excluded.get(reason) ?? 0));
    }
  }
  const altered = new Set(runs.flatMap((run) => alteredSplits(run.text_counts)));
  const left = [...excluded].filter(([, number]) => number > 0);
  const line = (name: string, number: number, file: string | null) => [
    name,
    count(number),
    number === 0 && file === null ? "none" : file === null ? "cut from train" : foreign(file),
  ];
  return markup`
${table(
  [{ title: "Split" }, { title: "Rows" }, { title: "File", words: true }],
  [
    line("train", rows.train, files.train),
    line("dev", rows.dev, files.dev),
    line("test", rows.test, files.test),
  ],
)}
<p>${counted(labels.length, "label")}: ${labels.map((label, index) => [index === 0 ? undefined : ", ", foreign(label)])}.</p>
<p>${
    left.length === 0
      ? "No row was left out."
      : `Left out: ${listed(left.map(([reason, number]) => `${counted(number, "row")} (${reason.replaceAll("_", " ")})`))}.`
  }</p>
<p>${altered.size === 0 ? "All other texts were read in full, and no text occurs twice in a split." : `Used, but truncated, altered or repeated: ${[...altered].join("; ")}.`}</p>
${notes.length === 0 ? undefined : markup`<p>What to know of these data:</p><ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul>`}
<p class="note">SHA-256 of labels, texts and their order: <code>${dataset.digest}</code></p>`;
}

/** The models that were trained on. */
export function modelsTable(models: readonly ComparedModel[]): Markup {
  return table(
    [
      { title: "Model" },
      { title: "Family" },
      { title: "Layers" },
      { title: "Hidden size" },
      { title: "Folder", words: true },
      { title: "SHA-256 of the weights", words: true },
    ],
    models.map((model) => [
      foreign(model.name),
      model.family,
      model.layers,
      model.hidden_size,
      foreign(model.folder),
      markup`<code>${model.checkpoint_digest.slice(0, 16)}…</code>`,
    ]),
  );
}

/** Every setting with its value. */
export function settingsTable(settings: Readonly<Record<string, unknown>>): Markup {
  const rows = Object.entries(settings).map(([name, value]) => [
    markup`<code>${name}</code>`,
    foreign(settingText(value)),
  ]);
  return table([{ title: "Setting" }, { title: "Value", words: true }], rows);
}

function settingText(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (Array.isArray(value)) return value.map(settingText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The machine in a sentence, and the versions; with the number of its runs where there are several machines. */
export function machineText(machine: TrainingMachine, several: boolean): Content {
  const { runs, processor, processors, platform, architecture, memory_bytes: memory } = machine;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return markup`<p>${several ? `${counted(runs, "run")}: ` : ""}${processor}, ${counted(processors, "processor")}, ${(memory / 2 ** 30).toFixed(0)} GiB of memory, ${platform} ${architecture}. Versions: ${listed(versions)}.</p>`;
}
