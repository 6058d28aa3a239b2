/** `serve`: a classifier in a thread of its own behind a server in this one. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { answerOf } from "../../results/records/predictions.js";
import { resolveSettings, serveSchema } from "../../run/settings/schemas.js";
import { type Connection, openConnection, type Watch } from "../../thread/client.js";
import { readPageFiles } from "../pages/page-files.js";
import type { NamedBytes, ServedClassifier } from "./endpoint.js";
import { startServer } from "./server.js";

/** What a server did while it ran. */
export interface ServeResult {
  /** Answered requests by status. */
  readonly replies: Readonly<Record<string, number>>;
}

/**
 * Serves until the signal of `watch` is aborted. Throws `server-address`, `file-missing` where the page was not built, `interrupted` where that
 * comes before the classifier is loaded, and what settings and loading throw.
 */
export async function runServe(given: unknown, watch: Watch = {}): Promise<ServeResult> {
  const settings = resolveSettings(serveSchema, given);
  const { host, port, maxTexts, maxBytes, maxWaiting } = settings;
  const page = readPageFiles();
  const connection = openConnection();
  try {
    const served = await openServed(connection, settings, {
      onEvent(event) {
        const isWarning = event.type === "notice" && event.level === "warning";
        if (isWarning || event.type === "progress") watch.onEvent?.(event);
      },
      ...(watch.signal && { signal: watch.signal }),
    });
    const replies: Record<string, number> = {};
    const place = { host, port, maxTexts, maxBytes, maxWaiting, page };
    const server = await startServer(served, place, (_method, _path, status) => {
      replies[status] = (replies[status] ?? 0) + 1;
    });
    const text = `listening at ${server.address} (a page; POST /predict, /explain and /file, GET /health); press Ctrl-C to stop`;
    watch.onEvent?.({ type: "notice", level: "info", text });
    const { signal } = watch;
    if (signal?.aborted !== true) await once(signal ?? new AbortController().signal, "abort");
    await server.stop();
    return { replies };
  } finally {
    await connection.close();
  }
}

/** The classifier in a thread, loaded. */
async function openServed(
  connection: Connection,
  settings: z.output<typeof serveSchema>,
  watch: Watch,
): Promise<ServedClassifier> {
  const { host: _, port, maxTexts, maxBytes, maxWaiting, unsureBelow, ...classifier } = settings;
  const { model, device, threads, maxLength } = classifier;
  const left = (signal: AbortSignal | undefined) => signal && { signal };
  return {
    labels: await connection.call("openClassifier", classifier, watch),
    async predict(texts, signal) {
      const predictions = await connection.call("classify", { texts }, left(signal));
      return predictions.map((prediction) => answerOf(prediction, unsureBelow));
    },
    async explain(text, signal) {
      const computed = { model, device, threads, maxLength, texts: [text] };
      const { texts } = await connection.call("explain", computed, left(signal));
      return texts[0];
    },
    classifyFile: (file, signal) =>
      inTemporaryFolder(file, async (input, output) => {
        const predicting = { ...classifier, unsureBelow, input, output };
        await connection.call("predict", predicting, left(signal));
      }),
  };
}

/** Has a file classified into another, whose text it gives. Errors name the file as its sender did. */
async function inTemporaryFolder(
  { name, bytes }: NamedBytes,
  work: (input: string, output: string) => Promise<void>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "l3masking-"));
  const [input, output] = [join(folder, `given-${name}`), join(folder, "labels.csv")];
  try {
    await writeFile(input, bytes);
    await work(input, output);
    return await readFile(output, "utf8");
  } catch (error) {
    if (!(error instanceof L3MaskingError)) throw error;
    const own = (text: string) => text.replaceAll(input, name);
    const hint = error.hint === undefined ? {} : { hint: own(error.hint) };
    throw new L3MaskingError(error.code, own(error.message), { ...hint, cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
