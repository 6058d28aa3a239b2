/** `predict`: labels and probabilities for a file of texts. */

import { L3MaskingError } from "../base/errors.js";
import { STANDARD, shownName } from "../data/formats/formats.js";
import { openRecords, type RecordSource } from "../data/record-stream.js";
import { severalLabelsOf } from "../data/task.js";
import { openDurably } from "../platform/files/durable.js";
import { type Answer, answerOf, type Prediction } from "../results/records/predictions.js";
import { openClassifier } from "../run/classifiers/kinds.js";
import type { OpenClassifier } from "../run/classifiers/open-classifier.js";
import { requireWritable } from "../run/folder/run-folder.js";
import type { Host } from "../run/host/host.js";
import { classifyRows, requireKnownRows, stopHint } from "../run/inference/classify-rows.js";
import { columnsFor, requireColumns } from "../run/inference/columns.js";
import {
  outputFormat,
  type PredictionWriter,
  predictionWriter,
} from "../run/inference/prediction-rows.js";
import type { PredictSettings } from "../run/settings/schemas.js";

/** What `predictFile` wrote, or the predictions themselves. */
export interface PredictResult {
  /** Rows written or given back. */
  readonly rows: number;
  /** Rows left without a label by `unsureBelow`; absent where it is not given. */
  readonly unsure?: number;
  /** The file written. */
  readonly output: string | undefined;
  /** In the order of the input; only where neither a file nor `onOutput` takes them. */
  readonly predictions?: readonly Answer[];
}

/**
 * Classifies every text of `input`, an empty one too: one prediction per row, in input order. Rows are read, classified
 * and written a window at a time, so memory does not grow with the file (`openRecords` names the formats that are read
 * whole). They go to `output`, else, or for "-", to `host.write`; without either the predictions are returned. An `output` gets its
 * name when it is whole.
 *
 * Throws `invalid-setting` for an output that cannot be written, `texts-unknown` where most words of the file are unknown to the
 * classifier, before anything is written, and what `openRecords`, `openClassifier` and
 * `writeError` throw.
 */
export async function runPredict(settings: PredictSettings, host: Host): Promise<PredictResult> {
  const { input, textColumn, unsureBelow } = settings;
  const output = settings.output === STANDARD ? undefined : settings.output;
  const format = outputFormat(output);
  if (output !== undefined) requireWritable(output);
  const classifier = await openClassifier(settings, host);
  try {
    const options = columnsFor({ textColumn, onBytes: readingProgress(host) }, classifier.task);
    const source = await openRecords(input, options);
    try {
      requireColumns(source, classifier.task, input);
      await requireKnownRows(source, classifier, shownName(input), host);
      let unsure = 0;
      const answers = (found: readonly Prediction[]) =>
        found.map((prediction) => {
          const answer = answerOf(prediction, unsureBelow);
          if (answer.label === null) unsure += 1;
          return answer;
        });
      const told = () => (unsureBelow === undefined ? {} : { unsure });
      if (output === undefined && host.write === undefined) {
        const predictions: Answer[] = [];
        await classifyRows(source, classifier, host, async (_rows, found) => {
          predictions.push(...answers(found));
          return true;
        });
        return { rows: source.rows, output, ...told(), predictions };
      }
      const writer = predictionWriter(
        format,
        source,
        settings.inputColumns,
        severalLabelsOf(classifier),
      );
      for (const [name, instead] of writer.renamed) {
        const text = `the input already has a column "${name}", so predictions are written to "${instead}"`;
        host.emit({ type: "notice", level: "warning", text });
      }
      const sink = output === undefined ? listener(host) : fileSink(output);
      const rows = await writeRows(source, classifier, answers, writer, sink, host);
      return { rows, output, ...told() };
    } finally {
      source.close();
    }
  } finally {
    await classifier.dispose();
  }
}

/** Classifies all rows into a sink; gives how many went there. */
async function writeRows(
  source: RecordSource,
  classifier: Pick<OpenClassifier, "predictPart">,
  answers: (found: readonly Prediction[]) => readonly Answer[],
  writer: PredictionWriter,
  sink: Sink,
  host: Host,
): Promise<number> {
  try {
    let head = writer.header;
    const rows = await classifyRows(source, classifier, host, (of, found) => {
      const given = answers(found);
      const text = head + of.map((row, index) => writer.line(row, given[index])).join("");
      head = "";
      return sink.write(text);
    });
    sink.finish();
    return rows;
  } catch (error) {
    sink.abandon();
    throw error;
  }
}

interface Sink {
  /** False when nobody wants more. */
  write(text: string): Promise<boolean>;
  finish(): void;
  abandon(): void;
}

function fileSink(path: string): Sink {
  const file = openDurably(path);
  return {
    async write(text) {
      file.write(text);
      return true;
    },
    finish: file.finish,
    abandon: file.abandon,
  };
}

function listener({ write = async () => false }: Host): Sink {
  return { write, finish: () => undefined, abandon: () => undefined };
}

/** Bytes between two events; files that are read in a moment have none. */
const PROGRESS_BYTES = 2 ** 24;

/** Tells of the readings of a large file that come before its use, and heeds a stop in them. */
function readingProgress(host: Host): (done: number, total: number) => void {
  let told = 0;
  return (done, total) => {
    if (host.cancelled()) {
      throw new L3MaskingError("interrupted", "stopped while reading the input", {
        hint: stopHint,
      });
    }
    if (done < told) told = 0;
    if (total < PROGRESS_BYTES || (done - told < PROGRESS_BYTES && done < total)) return;
    told = done;
    host.emit({ type: "progress", task: "reading", done, total, unit: "bytes" });
  };
}
