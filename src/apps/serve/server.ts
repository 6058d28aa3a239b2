/** A classifier behind HTTP, on Node's own server. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { addressError } from "../pages/address-error.js";
import { type PageFile, type PageFiles, pageHeaders } from "../pages/page-files.js";
import {
  createEndpoint,
  type EndpointLimits,
  invalidRequest,
  type Reply,
  type ServedClassifier,
  tooLarge,
} from "./endpoint.js";

export interface ServerSettings extends EndpointLimits {
  /** Address to listen at. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Bytes of a request's body. */
  readonly maxBytes: number;
  /** Files of the page, whose `served.html` is the answer to `GET /`. */
  readonly page: PageFiles;
}

/** How long clients are waited for, in milliseconds. */
export interface Patience {
  /** For all of a request, from its first byte or the begin of the connection, and for a client to take its reply. */
  readonly client: number;
  /** For all that is open when the server is stopped. */
  readonly stop: number;
  /** For a client that goes on sending a request that is answered already: in all, and between two pieces. */
  readonly rest: number;
  readonly restPiece: number;
}

/** Service managers kill 30 seconds after SIGTERM; by then all is freed and the process has ended. */
const usualPatience: Patience = { client: 30_000, stop: 25_000, rest: 20_000, restPiece: 3_000 };

/** How often Node looks for clients that are too slow, as a share of what they have. */
const CHECKS = 30;

export interface RunningServer {
  /** "http://127.0.0.1:8080" */
  readonly address: string;
  /**
   * Takes no further requests, and resolves when those that it has are answered or cut off: connections without a request at
   * once, all others after `Patience.stop`.
   */
  stop(): Promise<void>;
}

/** Listens until it is stopped. Throws `server-address` for an address that cannot be had. */
export async function startServer(
  classifier: ServedClassifier,
  settings: ServerSettings,
  onRequest: (method: string, path: string, status: number) => void = () => undefined,
  patience: Patience = usualPatience,
): Promise<RunningServer> {
  const endpoint = createEndpoint(classifier, settings);
  /** Every connection, with its number of requests that are not answered. */
  const connections = new Map<Socket, number>();
  let stopping = false;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "";
    const [path] = (request.url ?? "").split("?");
    const file = ["GET", "HEAD"].includes(method) ? pageFile(settings.page, path) : undefined;
    if (file !== undefined) {
      onRequest(method, path, 200);
      const closes = stopping ? { Connection: "close" } : {};
      const headers = { ...pageHeaders, ...closes, "Content-Type": file.type };
      response.writeHead(200, { ...headers, "Content-Length": file.bytes.length });
      response.end(method === "HEAD" ? undefined : file.bytes);
      cutIfNotTaken(request.socket, response, patience.client);
      return;
    }
    const body = () => readBody(request, settings.maxBytes);
    const left = leaving(request.socket, response);
    const reply = await endpoint.answer({ method, path, body, left });
    if (reply === undefined || left.aborted) return;
    onRequest(method, path, reply.status);
    const text = `${JSON.stringify(reply.body)}\n`;
    const closes = stopping || !request.complete;
    response.writeHead(reply.status, headersOf(reply, text, closes));
    if (method !== "HEAD") response.write(text);
    // A client that sends all of its request before it reads would lose the reply if the connection were closed before.
    if (!request.complete) await discardRest(request, patience);
    response.end();
    cutIfNotTaken(request.socket, response, patience.client);
  }

  const server = createServer(
    {
      requestTimeout: patience.client,
      headersTimeout: patience.client,
      connectionsCheckingInterval: patience.client / CHECKS,
    },
    (request, response) => {
      const { socket } = request;
      connections.set(socket, (connections.get(socket) ?? 0) + 1);
      response.once("close", () => {
        const open = (connections.get(socket) ?? 1) - 1;
        if (connections.has(socket)) connections.set(socket, open);
        if (stopping && open === 0) socket.destroySoon();
      });
      void handle(request, response);
    },
  );
  server.on("connection", (socket) => {
    connections.set(socket, 0);
    socket.once("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(addressError(settings, cause)));
    server.listen(settings.port, settings.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : settings.port;
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return {
    address: `http://${host}:${port}`,
    async stop() {
      stopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = (which: (open: number) => boolean) => {
        for (const [socket, open] of connections) if (which(open)) socket.destroy();
      };
      cut((open) => open === 0);
      const timer = setTimeout(() => cut(() => true), patience.stop);
      await closed;
      clearTimeout(timer);
      await endpoint.idle();
    },
  };
}

/**
 * Aborted once the client has closed its end, or the connection is gone, before it got its reply. Node then closes the other
 * end too, so a client that would still read gets nothing either.
 */
function leaving(socket: Socket, response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const leave = () => controller.abort();
  socket.once("end", leave);
  response.once("close", () => {
    socket.off("end", leave);
    if (!response.writableFinished) leave();
  });
  return controller.signal;
}

/**
 * The body as text. Throws `request-too-large` as soon as it is known to be longer than allowed, `request-invalid` for a packed one and other
 * bytes, and what the stream throws when the client leaves.
 */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const packed = request.headers["content-encoding"] ?? "identity";
  if (packed !== "identity")
    throw invalidRequest(`expected a plain body, got Content-Encoding: ${packed}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw invalidRequest("expected a UTF-8 body, got other bytes");
  }
}

/** The page and what it is made of, but for the page of the studio. */
function pageFile(page: PageFiles, path: string): PageFile | undefined {
  if (path === "/") return page.get("/served.html");
  return path.endsWith(".html") ? undefined : page.get(path);
}

function headersOf(reply: Reply, text: string, closes: boolean) {
  return {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(closes ? { Connection: "close" } : {}),
    ...reply.headers,
  };
}

/** Reads on, and forgets what comes, until the request ends, the client leaves, or its time is over. */
function discardRest(request: IncomingMessage, { rest, restPiece }: Patience): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(whole);
      clearTimeout(piece);
      request.off("data", wait);
      resolve();
    };
    const whole = setTimeout(done, rest);
    let piece = setTimeout(done, restPiece);
    const wait = () => {
      clearTimeout(piece);
      piece = setTimeout(done, restPiece);
    };
    request.on("data", wait).once("end", done).once("close", done).resume();
  });
}

/** A client that does not take its reply is cut off. */
function cutIfNotTaken(socket: Socket, response: ServerResponse, milliseconds: number): void {
  if (response.writableFinished) return;
  const timer = setTimeout(() => socket.destroy(), milliseconds);
  response.once("close", () => clearTimeout(timer));
}
