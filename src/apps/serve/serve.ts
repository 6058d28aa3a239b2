/** `serve`: a classifier in a thread of its own behind a server in this one. */
import { once } from "node:events";
import type { GivenText } from "../../base/pairs.js";
import { answerOf } from "../../results/records/predictions.js";
import { resolveSettings, serveSchema } from "../../run/settings/schemas.js";
import { Classifier } from "../../thread/classifier.js";
import type { Watch } from "../../thread/client.js";
import { startServer } from "./server.js";

/** What a server did while it ran. */
export interface ServeResult {
  /** Answered requests by status. */
  readonly replies: Readonly<Record<string, number>>;
}

/**
 * Serves until the signal of `watch` is aborted. Throws `server-address`, `interrupted` where that comes before the classifier is loaded,
 * and what settings and loading throw.
 */
export async function runServe(given: unknown, watch: Watch = {}): Promise<ServeResult> {
  const { model, host, port, maxTexts, maxBytes, maxWaiting, unsureBelow, ...classifier } =
    resolveSettings(serveSchema, given);
  await using served = await Classifier.load(model, classifier, {
    onEvent(event) {
      const isWarning = event.type === "notice" && event.level === "warning";
      if (isWarning || event.type === "progress") watch.onEvent?.(event);
    },
    ...(watch.signal && { signal: watch.signal }),
  });
  const replies: Record<string, number> = {};
  const settings = { host, port, maxTexts, maxBytes, maxWaiting };
  const answering = {
    labels: served.labels,
    async predict(texts: readonly GivenText[], signal?: AbortSignal) {
      const predictions = await served.predict(texts, signal && { signal });
      return predictions.map((prediction) => answerOf(prediction, unsureBelow));
    },
  };
  const server = await startServer(answering, settings, (_method, _path, status) => {
    replies[status] = (replies[status] ?? 0) + 1;
  });
  const text = `listening at ${server.address} (POST /predict, GET /health); press Ctrl-C to stop`;
  watch.onEvent?.({ type: "notice", level: "info", text });
  const { signal } = watch;
  if (signal?.aborted !== true) await once(signal ?? new AbortController().signal, "abort");
  await server.stop();
  return { replies };
}
