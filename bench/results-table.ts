/** Results as a page of Markdown. */
import { type Figure, isReached, type Result, type Unit } from "./results.js";

/** A benchmark by name, and its result if it was run. */
export interface TableEntry {
  readonly name: string;
  readonly title: string;
  readonly result: Result | undefined;
}

const decimals: Readonly<Record<Unit, number>> = {
  s: 2,
  ms: 1,
  "tokens/s": 0,
  "texts/s": 1,
  GB: 2,
  MB: 1,
  x: 2,
  "%": 1,
  exponent: 2,
};

/** A value with its unit: "6.93 s", "2.75x", "83.0 %". An exponent is a bare number. */
export function written(value: number, unit: Unit): string {
  const digits = value.toFixed(decimals[unit]);
  if (unit === "exponent") return digits;
  return unit === "x" ? `${digits}x` : `${digits} ${unit}`;
}

const HEAD = [
  "| work | l3masking | against | figure (lowest to highest) | reach | limit |",
  "| --- | --- | --- | --- | --- | --- |",
];

const INTRODUCTION = `# Results of npm run bench

"figure" is the median over the turns, with the lowest and the highest. A ratio is the peer's time divided by ours, turn by turn: above
1x we are faster. "limit" is the best that could be, and which share of it is reached.`;

/** The table, then the notes, plots, and what it was measured with; benchmarks without a result say so. */
export function resultsPage(entries: readonly TableEntry[]): string {
  const rows = entries.flatMap(({ title, result }) =>
    result === undefined
      ? [tableRow([title, "not measured yet", "", "", "", ""])]
      : result.figures.map((figure) => tableRow(figureCells(figure))),
  );
  const notes = entries.flatMap(({ result }) =>
    (result?.notes ?? []).map((note) => `* \`${result?.benchmark}\`: ${note}`),
  );
  const plots = entries.flatMap(({ result }) =>
    (result?.series ?? []).map(({ name, title }) => `![${title}](${name}.svg)`),
  );
  const blocks = [[INTRODUCTION], [...HEAD, ...rows], notes, plots, provenance(entries)];
  const filled = blocks.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function figureCells(measured: Figure): string[] {
  const { work, ours, against, figure, reach, limit } = measured;
  const { unit, median, low, high } = figure;
  const range = low === high ? "" : ` (${written(low, unit)} to ${written(high, unit)})`;
  const aim =
    reach === null
      ? ""
      : `${reach.bound} ${written(reach.value, unit)}: ${isReached(measured) ? "reached" : "**not reached**"}`;
  return [
    work,
    written(ours.value, ours.unit),
    against === null ? "" : `${against.name}: ${written(against.value, against.unit)}`,
    `${written(median, unit)}${range}`,
    aim,
    limit === null
      ? ""
      : `${limit.name}: ${written(limit.value, limit.unit)}; we are at ${written(100 * limit.share, "%")} of it`,
  ];
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** One line for each machine, date and set of versions, with the benchmarks it was used for. */
function provenance(entries: readonly TableEntry[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { result } of entries) {
    if (result === undefined) continue;
    const { machine, threads, date, commit, versions } = result;
    const memory = written(machine.memoryBytes / 1e9, "GB");
    const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    const line = `${date}, commit ${commit}: ${machine.processor}, ${machine.processors} processors, ${memory}, ${machine.system}; ${threads} threads; ${programs.join(", ")}`;
    groups.set(line, [...(groups.get(line) ?? []), `\`${result.benchmark}\``]);
  }
  return [...groups].map(([line, names]) => `* ${line} (${names.join(", ")})`);
}
