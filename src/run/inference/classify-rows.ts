/** The rows of a file of any size, classified a window at a time. */
import type { RecordSource, SourceRow } from "../../data/record-stream.js";
import type { Prediction } from "../../results/records/predictions.js";
import { interrupted, type OpenClassifier } from "../classifiers/open-classifier.js";
import type { Host } from "../host/host.js";
import {
  alteredNotice,
  type EncodingCounts,
  requireKnownWords,
  summedCounts,
} from "../sources/text-counts.js";

/** Classifies all rows, window by window, until `take` wants no more; gives how many it took. */
export async function classifyRows(
  source: RecordSource,
  classifier: Pick<OpenClassifier, "predictPart">,
  host: Host,
  take: (rows: readonly SourceRow[], predictions: readonly Prediction[]) => Promise<boolean>,
): Promise<number> {
  const total = source.rows;
  let before = 0;
  let counts: EncodingCounts = summedCounts([]);
  for await (const rows of windows(source)) {
    const texts = rows.map(({ text }) => text);
    const part = await classifier.predictPart(texts, (inWindow) => {
      const done = before + inWindow;
      host.emit({ type: "progress", task: "predicting", done, total, unit: "texts" });
      if (host.cancelled() && done < total) throw interrupted(done, total, stopHint);
    });
    counts = summedCounts([counts, part.counts]);
    before += rows.length;
    if (!(await take(rows, part.predictions))) break;
  }
  const notice = alteredNotice(counts);
  if (notice !== undefined) host.emit(notice);
  return before;
}

/**
 * Throws `texts-unknown` if most words of all rows are unknown to the classifier. A reading of its own, a small part of the work of
 * classifying, so that no row is written before.
 */
export async function requireKnownRows(
  source: RecordSource,
  { hasTokens, read }: Pick<OpenClassifier, "hasTokens" | "read">,
  input: string,
  host: Host,
): Promise<void> {
  if (!hasTokens) return;
  const total = source.rows;
  let done = 0;
  let counts: EncodingCounts = summedCounts([]);
  for await (const rows of windows(source)) {
    const part = read(rows.map(({ text }) => text));
    counts = summedCounts([counts, part.counts]);
    done += rows.length;
    if (total > WINDOW_TEXTS) {
      host.emit({ type: "progress", task: "reading", done, total, unit: "texts" });
    }
    if (host.cancelled() && done < total) throw interrupted(done, total, stopHint);
  }
  requireKnownWords(counts, input);
}

/** What a stop leaves. */
export const stopHint = "Run the command again; the output file is unchanged.";

/** Texts that are sorted by length and classified together: some batches of `evalTokens`. */
const WINDOW_TEXTS = 1024;
/** Characters of their texts. */
const WINDOW_CHARACTERS = 2 ** 22;
/** Portions of the file; they bound the columns beside the texts. */
const WINDOW_PORTIONS = 32;

async function* windows(source: RecordSource): AsyncGenerator<readonly SourceRow[]> {
  let window: SourceRow[] = [];
  let characters = 0;
  let portions = 0;
  const taken = () => {
    const whole = window;
    [window, characters, portions] = [[], 0, 0];
    return whole;
  };
  for await (const portion of source.records()) {
    for (const row of portion) {
      window.push(row);
      characters += row.text.length;
      if (window.length >= WINDOW_TEXTS || characters >= WINDOW_CHARACTERS) yield taken();
    }
    portions += 1;
    if (portions >= WINDOW_PORTIONS && window.length > 0) yield taken();
  }
  if (window.length > 0) yield taken();
}
