/** results.md: a comparison for people, in the order in which they ask. */
import { counted } from "../../../base/figures.js";
import { alteredSplits } from "../../../data/check/text-counts.js";
import { strategyOf } from "../../../method/masking/probabilities.js";
import { uniform } from "../../../method/masking/strategies/uniform.js";
import { decidingMeasure } from "../../metrics/label-measures.js";
import type { Comparison } from "../../records/comparison.js";
import type { TrainingMachine } from "../../records/machine-record.js";
import type { MaskedToken } from "../../records/masking-summary.js";
import type { RowSet } from "../../records/paired-comparison.js";
import { candidateTitle, needsWeights, sweptText } from "../../statistics/paired-notes.js";
import { curveTable, markdownTable, mcNemarTable, pairedTable, resultTable } from "./tables.js";
import { tuningTable, tuningText } from "./tuning-tables.js";

/** Tokens of each list that the page shows; results.json has more. */
const SHOWN_TOKENS = 12;

/** The page, from results.json alone. */
export function comparisonPage(comparison: Comparison): string {
  const sections = [
    ...partialSection(comparison),
    ...resultSections(comparison),
    ...unfinishedSection(comparison),
    ...pairedSections(comparison),
    ...tuningSections(comparison),
    ...curveSections(comparison),
    ...maskingSections(comparison),
    dataSection(comparison),
    originSection(comparison),
  ];
  return `${["# Comparison", ...sections].join("\n\n")}\n`;
}

function partialSection({ partial, runs, unfinished }: Comparison): string[] {
  if (!partial) return [];
  const all = runs.length + unfinished.length;
  return [
    `**Partial: ${runs.length} of ${all} runs are finished, and no difference has been tested yet.** The figures will change; run the same command to continue.`,
  ];
}

const rowSetTitles: Readonly<Record<RowSet, string>> = {
  test: "All test rows",
  leak_free: "Leak-free test rows",
};

function resultSections(comparison: Comparison): string[] {
  const { datasets, cells, runs } = comparison;
  if (cells.length === 0) return ["No run has finished yet."];
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  const tested = cells.some(({ test }) => test !== null);
  const introduction = `Mean ± sample standard deviation over the seeds ${seeds.join(", ")}. ${
    tested
      ? "Every run is tested once, with the weights of its best dev evaluation."
      : "There is no test split: these are the best dev evaluations, by which the weights were chosen."
  }`;
  if (!tested) return [introduction, "## Dev", resultTable(comparison, "dev")];
  const shared = datasets.filter(({ rows }) => rows.leak_free < rows.test);
  const counts = datasets.map(({ name, rows }) =>
    rows.leak_free === rows.test
      ? `${name}: all ${rows.test} test rows are leak-free`
      : `${name}: ${rows.leak_free} of ${rows.test} test rows`,
  );
  return [
    introduction,
    `## ${rowSetTitles.test}`,
    resultTable(comparison, "test"),
    ...(shared.length === 0
      ? ["No test text occurs in train, so all these rows are leak-free."]
      : [
          `## ${rowSetTitles.leak_free}`,
          `Without the test rows whose text also occurs in train (${counts.join("; ")}).`,
          resultTable(comparison, "leak_free"),
        ]),
  ];
}

function unfinishedSection({ unfinished, cells }: Comparison): string[] {
  if (unfinished.length === 0) return [];
  const weighted = needsWeights([...cells, ...unfinished]);
  const rows = unfinished.map((run) => [
    run.folder,
    [
      ...[run.dataset, run.model, candidateTitle(run, weighted)],
      ...(run.swept ? [sweptText(run.swept)] : []),
      `seed ${run.seed}`,
    ].join(", "),
    run.state,
    run.error === null ? "" : `${run.error.code}: ${run.error.message}`,
  ]);
  return [
    "## Runs that are not finished",
    "They are not in the tables above. Run the same command to resume them.",
    markdownTable(["folder", "run", "state", "error"], rows, 4),
  ];
}

function pairedSections({ paired, cells, notes }: Comparison): string[] {
  const weighted = needsWeights(cells);
  const tables = (["test", "leak_free"] as const).flatMap((rows) => {
    const members = paired.filter((pair) => pair.rows === rows);
    if (members.length === 0) return [];
    return [
      `### ${rowSetTitles[rows]}`,
      "Differences in percentage points.",
      pairedTable(members, weighted),
      "McNemar's test on accuracy, seed by seed: rows that only the first has right : rows that only the second has right, p (Holm).",
      mcNemarTable(members, weighted),
      bullets(members.map((pair) => pair.notes.join(" "))),
    ];
  });
  return ["## Paired tests", bullets(notes), ...tables];
}

function tuningSections({ sweep }: Comparison): string[] {
  if (sweep === undefined || sweep.cells.length === 0) return [];
  return ["## Chosen on dev", tuningText(sweep), tuningTable(sweep, sweep.cells)];
}

function curveSections(comparison: Comparison): string[] {
  const tables = comparison.datasets.flatMap((dataset) =>
    comparison.models.flatMap((model) => {
      const table = curveTable(comparison, dataset.name, model.name);
      return table === undefined ? [] : [`### ${dataset.name}, ${model.name}`, table];
    }),
  );
  return tables.length === 0
    ? []
    : [
        "## Dev learning curves",
        `Dev ${decidingMeasure.title}, mean over the seeds that were still training (n where that is not all). Every evaluation is in results.json under \`dev_curve\`.`,
        ...tables,
      ];
}

function maskingSections({ masking }: Comparison): string[] {
  if (masking.length === 0) return [];
  const parts = masking.flatMap((summary) => {
    const row = ({ token, occurrences, expected, expected_uniform }: MaskedToken) => [
      `\`${token.replaceAll("`", "'")}\``,
      String(occurrences),
      expected.toFixed(1),
      expected_uniform.toFixed(1),
    ];
    const { title } = strategyOf(summary.strategy);
    const head = ["token", "occurrences", title, uniform.title];
    const table = (tokens: readonly MaskedToken[]) =>
      markdownTable(head, tokens.slice(0, SHOWN_TOKENS).map(row), 1);
    return [
      `### ${summary.dataset}, ${summary.model}: ${title}`,
      `${summary.tokens} tokens of ${summary.texts} training texts; budget ${summary.budget}, mean mask probability ${summary.mean.toFixed(4)}.`,
      "Selected more often than at random, by expected selections in an epoch:",
      table(summary.raised),
      "Selected less often:",
      table(summary.lowered),
    ];
  });
  return ["## What is masked", ...parts];
}

function dataSection({ datasets, models, runs }: Comparison): string {
  /** Tokenizers differ, so each model has counts of its own. */
  const alteredIn = (dataset: string) =>
    models.flatMap(({ name: model }) => {
      const ofModel = runs.filter((run) => run.dataset === dataset && run.model === model);
      const altered = new Set(ofModel.flatMap((run) => alteredSplits(run.text_counts)));
      return altered.size === 0 ? [] : [`As ${model} reads them, ${[...altered].join("; ")}.`];
    });
  const parts = datasets.map(({ name, rows, labels, files, notes, excluded }) => {
    const left = Object.entries(excluded).filter(([, count]) => count > 0);
    return [
      `### ${name}`,
      `${rows.train} train, ${rows.dev} dev and ${rows.test} test rows, ${labels.length} labels. Train: \`${files.train}\`.${
        left.length === 0
          ? ""
          : ` Left out: ${left.map(([reason, count]) => `${count} (${reason})`).join(", ")}.`
      }`,
      ...alteredIn(name),
      ...(notes.length === 0 ? [] : [bullets(notes)]),
    ].join("\n\n");
  });
  return ["## Data", ...parts].join("\n\n");
}

function originSection({ command, machines, runs_seconds, models }: Comparison): string {
  return [
    "## How it was made",
    `\`\`\`sh\n${command}\n\`\`\``,
    bullets([
      ...machines.flatMap((machine) => machineLines(machine, machines.length > 1)),
      ...models.map(
        ({ name, folder, family, layers, hidden_size: size, checkpoint_digest: digest }) =>
          `Model ${name}: ${family}, ${layers} layers x ${size}, \`${folder}\`, checkpoint ${digest.slice(0, 16)}.`,
      ),
      `The runs took ${seconds(runs_seconds)} together.`,
    ]),
  ].join("\n\n");
}

function machineLines(machine: TrainingMachine, several: boolean): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const memory = (machine.memory_bytes / 2 ** 30).toFixed(1);
  const runs = several ? `${counted(machine.runs, "run")} on ` : "";
  return [
    `${runs}${machine.processor}, ${machine.processors} processors, ${memory} GiB of memory, ${machine.platform} ${machine.architecture}.`,
    `${versions.join(", ")}.`,
  ];
}

function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(1)} s`;
  const minutes = Math.round(value / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bullets(sentences: readonly string[]): string {
  return sentences.map((sentence) => `* ${sentence}`).join("\n");
}
