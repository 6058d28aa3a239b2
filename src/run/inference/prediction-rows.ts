/** Predictions as lines of a file, beside the columns that their rows came with. */

import { L3MaskingError } from "../../base/errors.js";
import { delimitedLine } from "../../data/formats/delimited-line.js";
import { cell, jsonMember } from "../../data/formats/written-rows.js";
import type { RecordSource, SourceRow } from "../../data/record-stream.js";
import { type Answer, probabilityOf } from "../../results/records/predictions.js";

export type OutputFormat = "jsonl" | "csv" | "tsv";

/**
 * The format of an output by the ending of its name; JSON Lines for standard output, and for names without an ending,
 * as pipes and devices have them. Throws `invalid-setting` for another ending.
 */
export function outputFormat(path: string | undefined): OutputFormat {
  const ending = /[^/\\]\.([^./\\]+)$/.exec(path ?? "")?.[1].toLowerCase();
  switch (ending) {
    case undefined:
    case "jsonl":
    case "ndjson":
      return "jsonl";
    case "csv":
    case "tsv":
      return ending;
    default:
      throw new L3MaskingError(
        "invalid-setting",
        `expected an output file ending in .jsonl, .ndjson, .csv or .tsv, got ${path}`,
        { hint: "Choose another --output; its ending sets the format." },
      );
  }
}

/** Writes the lines of one file. */
export interface PredictionWriter {
  /** The first line, with its end; empty for JSON Lines. */
  readonly header: string;
  /** With its end. */
  line(row: SourceRow, prediction: Answer): string;
  /** Our fields whose names the input has already, and what they are called instead. */
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * Lines of the input's columns in their order, then `label` and, as JSON, `probabilities` of all labels, as CSV or TSV the
 * `probability` of that label. Where a text can have `several` labels, `label` is their names with semicolons between them, with a list of them as `labels` in JSON, and as CSV or
 * TSV the probability of each in a column of its own. A label that is left open is null, as CSV or TSV an empty field beside the largest probability. Without
 * input columns these two alone. A name that the input has is given `predicted_` in
 * front, as often as it takes.
 */
export function predictionWriter(
  format: OutputFormat,
  source: Pick<RecordSource, "columns" | "regular">,
  inputColumns: boolean,
  several?: readonly string[],
): PredictionWriter {
  const columns = inputColumns ? source.columns : [];
  const ours =
    format === "jsonl"
      ? ["label", "probabilities", ...(several ? ["labels"] : [])]
      : ["label", "probability", ...(several ?? []).map((label) => `probability of ${label}`)];
  const taken = new Set(columns);
  const names = ours.map((name) => freeName(name, taken));
  const [labelName, probabilityName, labelsName] = names;
  const renamed = new Map(
    ours.flatMap((name, index) => (name === names[index] ? [] : [[name, names[index]]])),
  );
  if (format === "jsonl") {
    return {
      header: "",
      renamed,
      line({ columns: values }, { label, labels, probabilities }) {
        // Of rows that are alike the header has the order; objects put names of digits first.
        const kept = source.regular || !inputColumns ? columns : Object.keys(values);
        const members = [
          ...kept.map((name) => jsonMember(name, values[name])),
          jsonMember(labelName, label),
          ...(several ? [jsonMember(labelsName, labels)] : []),
          jsonMember(probabilityName, probabilities),
        ];
        return `{${members.join(",")}}\n`;
      },
    };
  }
  const delimiter = format === "csv" ? "," : "\t";
  const lineOf = (fields: readonly string[]) => `${delimitedLine(fields, delimiter)}\n`;
  return {
    header: lineOf([...columns, ...names]),
    renamed,
    line({ columns: values }, answer) {
      const { label, probabilities } = answer;
      const kept = columns.map((name) => (Object.hasOwn(values, name) ? cell(values[name]) : ""));
      const ofLabels = (several ?? []).map((name) => String(probabilities[name]));
      return lineOf([...kept, label ?? "", String(shownProbability(answer)), ...ofLabels]);
    },
  };
}

/** Of the answer; of a label that is left open the largest. */
function shownProbability({ label, labels, probabilities }: Answer): number {
  if (label !== null) return probabilityOf({ label, ...(labels && { labels }), probabilities });
  return mostProbable(probabilities);
}

function mostProbable(probabilities: Answer["probabilities"]): number {
  return Object.values(probabilities).reduce((most, value) => Math.max(most, value), 0);
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`predicted_${name}`, taken) : name;
}
