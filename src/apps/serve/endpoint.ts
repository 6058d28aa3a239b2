/**
 * What the server answers, without the network: a request's method, path and body in, a status and JSON out.
 *
 *     GET  /health    {"status": "ok", "labels": [...]}
 *     POST /predict   {"text": "..."} or {"texts": ["...", ...]}
 *                     {"predictions": [{"label": "...", "probabilities": {"...": 0.9, ...}}, ...]}
 *                     for a classifier of pairs each text is a list of two: ["first", "second"]
 *                     label is null where no label reaches --unsure-below
 *     POST /explain   {"text": "..."}
 *                     {"explained": ...}, an ExplainedText: the words that speak for the label
 *     POST /file      {"name": "new.csv", "content": "..."}, its bytes in base64
 *                     {"csv": "..."}, its rows with their labels
 *
 * Errors are {"error": {"code": "...", "message": "...", "hint": "..."}}.
 */
import { z } from "zod";
import { type ErrorCode, errorCodes, L3MaskingError } from "../../base/errors.js";
import type { GivenText } from "../../base/pairs.js";
import { parseJson } from "../../base/strict-json.js";
import type { Answer } from "../../results/records/predictions.js";
import type { ExplainedText } from "../../results/records/token-masks.js";

/** A classifier at work. */
export interface ServedClassifier {
  readonly labels: readonly string[];
  /** May end early, by an error, once `left` is aborted: nobody waits for the answers any more. */
  predict(texts: readonly GivenText[], left?: AbortSignal): Promise<readonly Answer[]>;
  explain(text: string, left?: AbortSignal): Promise<ExplainedText>;
  /** The rows of a file with their labels, as CSV. */
  classifyFile(file: NamedBytes, left?: AbortSignal): Promise<string>;
}

/** A file that a client sends; its name tells the format. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface EndpointLimits {
  /** Texts in a request. */
  readonly maxTexts: number;
  /** Requests that wait for their turn, the one at work included. */
  readonly maxWaiting: number;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the network gives of a request. */
export interface EndpointRequest {
  readonly method: string;
  readonly path: string;
  /** Rejects with an `L3MaskingError` that is the answer, or with anything else where the client has left. */
  body(): Promise<string>;
  /** Aborted once the client has left. */
  readonly left?: AbortSignal;
}

export interface Endpoint {
  /**
   * The reply to a request, whose body is read only where the path takes one and there is a place in the queue; none where
   * the client has left. Never rejects.
   */
  answer(request: EndpointRequest): Promise<Reply | undefined>;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
}

/** What a client is told to wait before it asks again. */
const RETRY_SECONDS = 1;

/** A text, or the two of a pair. */
const givenText = z.union([z.string(), z.tuple([z.string(), z.string()])]);

const explainBody = z.strictObject({ text: z.string() });
const fileBody = z
  .strictObject({ name: z.string().regex(/^[\w.-]{1,100}$/), content: z.base64() })
  .transform(({ name, content }) => ({ name, bytes: Buffer.from(content, "base64") }));

/** Answers requests with one classifier, which they use one after the other. */
export function createEndpoint(classifier: ServedClassifier, limits: EndpointLimits): Endpoint {
  const bodySchema = z.union([
    z.strictObject({ text: givenText }).transform(({ text }) => [text]),
    z
      .strictObject({ texts: z.array(givenText).min(1).max(limits.maxTexts) })
      .transform(({ texts }) => texts),
  ]);
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  const textsExpected = `{"text": "..."} or {"texts": [...]} with 1 to ${limits.maxTexts} strings, or for pairs lists of two`;

  function requirePlace(): void {
    if (waiting >= limits.maxWaiting) throw busy();
  }

  /** A place in the queue, until it is freed or the client leaves. */
  function takePlace(left: AbortSignal | undefined): () => void {
    requirePlace();
    waiting += 1;
    let taken = true;
    const free = () => {
      if (taken) waiting -= 1;
      taken = false;
      left?.removeEventListener("abort", free);
    };
    left?.addEventListener("abort", free);
    return free;
  }

  /** A route whose requests take turns: the body by its schema, `expected` in words, then the work. */
  function inTurn<Given>(
    schema: z.ZodType<Given>,
    expected: string,
    work: (given: Given, left: AbortSignal | undefined) => Promise<unknown>,
  ): Route {
    return async ({ body, left }) => {
      requirePlace();
      const text = await readOrLeft(body);
      if (text === undefined || left?.aborted) return undefined;
      const parsed = schema.safeParse(parseJson(text, "the body:", 1, invalidRequest));
      if (!parsed.success) throw invalidRequest(`expected ${expected}`);
      const free = takePlace(left);
      // Whether the turn before went well is its own affair.
      const turn = last.then(() => (left?.aborted ? undefined : work(parsed.data, left)));
      last = turn.catch(() => undefined);
      try {
        const done = await turn;
        return done === undefined ? undefined : { status: 200, body: done };
      } catch (error) {
        if (left?.aborted) return undefined;
        throw error;
      } finally {
        free();
      }
    };
  }

  const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    "/health": {
      GET: async () => ({ status: 200, body: { status: "ok", labels: classifier.labels } }),
    },
    "/predict": {
      POST: inTurn(bodySchema, textsExpected, async (texts, left) => ({
        predictions: await classifier.predict(texts, left),
      })),
    },
    "/explain": {
      POST: inTurn(explainBody, '{"text": "..."}', async ({ text }, left) => ({
        explained: await classifier.explain(text, left),
      })),
    },
    "/file": {
      POST: inTurn(
        fileBody,
        '{"name": "new.csv", "content": "..."} in base64',
        async (file, left) => ({
          csv: await classifier.classifyFile(file, left),
        }),
      ),
    },
  };

  return {
    async answer(request) {
      const { method, path } = request;
      try {
        const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
        if (methods === undefined) {
          return failure(
            404,
            "request-invalid",
            `expected a known path, got ${path}`,
            `Request ${Object.keys(routes).join(" or ")}.`,
          );
        }
        const allowed = method === "HEAD" ? "GET" : method;
        if (!Object.hasOwn(methods, allowed)) {
          const names = Object.keys(methods).join(", ");
          const reply = failure(
            405,
            "request-invalid",
            `expected ${names} for ${path}, got ${method}`,
            `Send ${names}.`,
          );
          return { ...reply, headers: { Allow: names } };
        }
        return await methods[allowed](request);
      } catch (thrown) {
        return failedReply(thrown);
      }
    },
    idle: () => last.then(() => undefined),
  };
}

type Route = (request: EndpointRequest) => Promise<Reply | undefined>;

/** The body; undefined where the client has left before its end. */
async function readOrLeft(body: EndpointRequest["body"]): Promise<string | undefined> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof L3MaskingError) throw error;
    return undefined;
  }
}

/** A request that is too large to be read to its end. */
export function tooLarge(maxBytes: number): L3MaskingError {
  return new L3MaskingError(
    "request-too-large",
    `expected a body of at most ${maxBytes} bytes, got more`,
    {
      hint: "Send fewer texts per request, or start the server with a larger --max-bytes.",
    },
  );
}

/** A request that cannot be understood. */
export function invalidRequest(message: string): L3MaskingError {
  return new L3MaskingError("request-invalid", message, {
    hint: 'Send JSON such as {"texts": ["first text", "second text"]}.',
  });
}

function busy(): L3MaskingError {
  return new L3MaskingError("server-busy", "too many requests in the queue", {
    hint: "Try again later, or send several texts in one request.",
  });
}

function failedReply(thrown: unknown): Reply {
  if (!(thrown instanceof L3MaskingError)) {
    return failure(500, "worker-failed", "the server failed unexpectedly", "See the server's log.");
  }
  const { code, message, hint = "" } = thrown;
  const ofData = errorCodes[code] === "data" ? 400 : 500;
  const reply = failure(statuses.get(code) ?? ofData, code, message, hint);
  const headers = { "Retry-After": String(RETRY_SECONDS) };
  return code === "server-busy" ? { ...reply, headers } : reply;
}

const statuses: ReadonlyMap<string, number> = new Map([
  ["request-invalid", 400],
  ["request-too-large", 413],
  ["texts-unknown", 422],
  ["server-busy", 503],
]);

function failure(status: number, code: ErrorCode, message: string, hint: string): Reply {
  return { status, body: { error: { code, message, hint } } };
}
