/** Splits a comparison into groups: one data set with one model. */
import { hasAuxiliaryTask, type Method, methodOf, methods } from "../../../method/methods.js";
import type {
  ComparedDataset,
  ComparedModel,
  ComparedRun,
  Comparison,
  ComparisonCell,
  RowSetMetrics,
} from "../../records/comparison.js";
import type { MaskingSummary } from "../../records/masking-summary.js";
import type { Candidate, PairedComparison, RowSet } from "../../records/paired-comparison.js";
import { higherFirst } from "../../statistics/higher-first.js";
import { candidateTitle, needsWeights } from "../../statistics/paired-notes.js";

/** A method as tables and charts show it. */
export interface NamedCandidate {
  /** "STL", "MTL RTM", "MTL L3Masking (meta)". */
  readonly name: string;
  readonly method: Method;
  /** Its look in charts, the same in every group of the comparison. */
  readonly style: number;
  readonly cell: ComparisonCell;
  /** By ascending seed. */
  readonly runs: readonly ComparedRun[];
}

/** One data set with one model. */
export interface Group {
  /** Begins the ids of its elements; the only one of its kind in the page. */
  readonly id: string;
  readonly dataset: ComparedDataset;
  readonly model: Pick<ComparedModel, "name">;
  readonly candidates: readonly NamedCandidate[];
  readonly paired: readonly PairedComparison[];
  /** One for each masking strategy but the uniform one. */
  readonly masking: readonly MaskingSummary[];
}

/** The groups with at least one finished run, in the order of data sets and models. */
export function groupsOf(comparison: Comparison): readonly Group[] {
  const weighted = needsWeights(comparison.cells);
  const styles = candidateStyles(comparison.cells);
  return comparison.datasets.flatMap((dataset) =>
    comparison.models.flatMap((model) => {
      const here = (part: { readonly dataset: string; readonly model: string }) =>
        part.dataset === dataset.name && part.model === model.name;
      const candidates = comparison.cells.filter(here).map(
        (cell): NamedCandidate => ({
          name: candidateTitle(cell, weighted),
          method: cell.method,
          style: styles.get(candidateKey(cell)) ?? 0,
          cell,
          runs: comparison.runs
            .filter((run) => here(run) && candidateKey(run) === candidateKey(cell))
            .toSorted((a, b) => a.seed - b.seed),
        }),
      );
      if (candidates.length === 0) return [];
      const place = comparison.datasets.indexOf(dataset) * comparison.models.length;
      return [
        {
          id: `g${place + comparison.models.indexOf(model) + 1}`,
          dataset,
          model,
          candidates,
          paired: comparison.paired.filter(here).map((pair) => higherFirst(pair, weighted)),
          masking: comparison.masking.filter(here),
        },
      ];
    }),
  );
}

/** Identifies a candidate. */
function candidateKey({ method, task_weights: weights }: Candidate): string {
  return `${method}/${weights ?? ""}`;
}

/** The names of a group's candidates. */
export function groupNames({ candidates }: Pick<Group, "candidates">): (one: Candidate) => string {
  const names = new Map(candidates.map(({ cell, name }) => [candidateKey(cell), name]));
  return (one) => names.get(candidateKey(one)) ?? candidateTitle(one, true);
}

/** Is this a candidate of the central method, the last of the table, which the others are compared with? */
export function isCentral({ method }: Candidate, candidates: Group["candidates"]): boolean {
  const compared = methods.filter(({ name }) => candidates.some((one) => one.method === name));
  return compared.at(-1)?.name === method;
}

/** The tested pairs on a row set: those of the central method first, then the rest. */
export function orderedPairs(
  { paired, candidates }: Group,
  rows: RowSet,
): readonly PairedComparison[] {
  const rank = ({ a, b }: PairedComparison) =>
    a.method === b.method ? 2 : isCentral(a, candidates) || isCentral(b, candidates) ? 0 : 1;
  return paired.filter((pair) => pair.rows === rows).toSorted((x, y) => rank(x) - rank(y));
}

/** The looks of the methods; with each further kind of task weights come as many new ones as it has methods. */
function candidateStyles(candidates: readonly Candidate[]): ReadonlyMap<string, number> {
  const kinds = [...new Set(candidates.flatMap(({ task_weights: weights }) => weights ?? []))];
  const weighted = methods.filter(({ name }) => hasAuxiliaryTask(name)).length;
  return new Map(
    candidates.map((candidate) => {
      const kind = Math.max(0, kinds.indexOf(candidate.task_weights ?? ""));
      return [candidateKey(candidate), methodOf(candidate.method).look + weighted * kind];
    }),
  );
}

/**
 * The test rows that a verdict rests on: those whose text does not occur in train where there are others too, else all.
 * Undefined where nothing was tested.
 */
export function decidingRows({ dataset, candidates }: Group): RowSet | undefined {
  const { rows } = dataset;
  if (candidates.every(({ cell }) => cell.test === null)) return undefined;
  const cleaner = rows.leak_free > 0 && rows.leak_free < rows.test;
  return cleaner && candidates.some(({ cell }) => cell.leak_free !== null) ? "leak_free" : "test";
}

/** What a row set is called in a sentence. */
export function rowSetName(rows: RowSet, { dataset }: Group): string {
  return rows === "leak_free"
    ? `the ${dataset.rows.leak_free} test rows whose text does not occur in train`
    : `all ${dataset.rows.test} test rows`;
}

export function metricsOn(rows: RowSet, { runs }: NamedCandidate): readonly RowSetMetrics[] {
  return runs.flatMap((run) => run[rows] ?? []);
}
