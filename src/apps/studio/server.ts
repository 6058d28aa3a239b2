/** The studio's local server: the page, and a workplace behind a token (protocol.ts). */
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { L3MaskingError } from "../../base/errors.js";
import { type Asked, portableError } from "../../thread/messages.js";
import { addressError } from "../pages/address-error.js";
import { type PageFiles, pageHeaders, replyHeaders } from "../pages/page-files.js";
import { askRequest, type CallLine, callRequest } from "./protocol.js";
import type { Workplace } from "./workplace.js";

export interface StudioServerSettings {
  /** 0 takes a free one. */
  readonly port: number;
  /** What a request must know. */
  readonly token: string;
  readonly page: PageFiles;
}

export interface RunningStudio {
  /** "http://127.0.0.1:PORT/#TOKEN" */
  readonly address: string;
  /** Stops the calls, waits for their end and closes all connections. */
  stop(): Promise<void>;
}

/** Of this machine alone. */
const HOST = "127.0.0.1";

/** Bytes of a request that names a command and its settings. */
const MAX_REQUEST = 2 ** 24;

/** Listens on this machine alone. Throws `server-address` for a port that cannot be had. */
export async function startStudioServer(
  workplace: Workplace,
  { port, token, page }: StudioServerSettings,
): Promise<RunningStudio> {
  /** By the page's id of a call. */
  const calls = new Map<
    string,
    { readonly asked: Readonly<Record<Asked, AbortController>>; readonly ended: Promise<void> }
  >();
  let hosts: readonly string[] = [];

  const routes: Readonly<Record<string, Route>> = {
    "GET /api/facts": async (_, response) => sendJson(response, await workplace.facts()),
    "POST /api/call": call,
    "POST /api/ask": async (request, response) => {
      const { id, what } = requested(askRequest, await bodyText(request));
      calls.get(id)?.asked[what].abort();
      sendJson(response, {});
    },
    "GET /api/file": async (_, response, path) => {
      const bytes = await workplace.read(path);
      send(response, "application/octet-stream", bytes);
    },
    "PUT /api/file": async (request, response, path) => {
      await workplace.write(path, await bodyBlob(request));
      sendJson(response, {});
    },
    "DELETE /api/file": async (_, response, path) => {
      await workplace.remove(path);
      sendJson(response, {});
    },
    "GET /api/list": async (_, response, path) => sendJson(response, await workplace.list(path)),
    "GET /api/zip": async (_, response, path) => {
      const archive = await workplace.zip(path);
      send(response, "application/zip", new Uint8Array(await archive.arrayBuffer()));
    },
  };

  async function call(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id, command, settings } = requested(callRequest, await bodyText(request));
    if (calls.has(id)) throw invalid(`expected a new id for a call, got ${id} again`);
    const asked = { stop: new AbortController(), end: new AbortController() };
    const { stop, end } = asked;
    const line = (content: CallLine) => response.write(`${JSON.stringify(content)}\n`);
    // A page that is left stops its calls.
    response.once("close", () => stop.abort());
    response.writeHead(200, { ...replyHeaders, "Content-Type": "application/x-ndjson" });
    response.flushHeaders();
    const ended = workplace
      .call(command, settings, {
        signal: stop.signal,
        end: end.signal,
        onEvent: (event) => line({ type: "event", event }),
      })
      .then(
        (result) => line({ type: "result", result }),
        (error: unknown) => line({ type: "error", error: portableError(error) }),
      )
      .then(() => {
        calls.delete(id);
        response.end();
      });
    calls.set(id, { asked, ended });
    await ended;
  }

  const server = createServer(async (request, response) => {
    try {
      // Another name for this machine is that of a page from elsewhere that wants to be taken for ours.
      if (!hosts.includes(request.headers.host ?? ""))
        throw invalid("expected this machine as host");
      const { pathname, searchParams } = new URL(request.url ?? "/", `http://${HOST}`);
      if (!pathname.startsWith("/api/")) {
        sendPage(response, request.method, pathname, page);
        return;
      }
      if (!knowsToken(request, token)) {
        request.resume();
        sendError(response, 401, invalid("expected the token of the studio's address"));
        return;
      }
      const name = `${request.method} ${pathname}`;
      const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
      if (route === undefined) throw invalid(`expected a known request, got ${name}`);
      await route(request, response, searchParams.get("path") ?? "");
    } catch (error) {
      request.resume();
      if (response.headersSent) response.destroy();
      else sendError(response, error instanceof L3MaskingError ? 400 : 500, error);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(addressError({ host: HOST, port }, cause)));
    server.listen(port, HOST, resolve);
  });
  const bound = server.address();
  const place = typeof bound === "object" && bound !== null ? bound.port : port;
  hosts = [`${HOST}:${place}`, `localhost:${place}`];
  return {
    address: `http://${HOST}:${place}/#${token}`,
    async stop() {
      const running = [...calls.values()];
      for (const { asked } of running) asked.stop.abort();
      await Promise.all(running.map(({ ended }) => ended));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

type Route = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

function sendPage(
  response: ServerResponse,
  method: string | undefined,
  path: string,
  page: PageFiles,
): void {
  const file = page.get(path === "/" ? "/index.html" : path);
  if (file === undefined || (method !== "GET" && method !== "HEAD")) {
    response.writeHead(404, replyHeaders).end();
    return;
  }
  response.writeHead(200, { ...pageHeaders, "Content-Type": file.type }).end(file.bytes);
}

function send(response: ServerResponse, type: string, bytes: Uint8Array): void {
  response.writeHead(200, { ...replyHeaders, "Content-Type": type }).end(bytes);
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, "application/json", new TextEncoder().encode(JSON.stringify(value)));
}

function sendError(response: ServerResponse, status: number, error: unknown): void {
  response
    .writeHead(status, { ...replyHeaders, "Content-Type": "application/json" })
    .end(JSON.stringify({ error: portableError(error) }));
}

function knowsToken({ headers: given }: IncomingMessage, token: string): boolean {
  const came = Buffer.from(given.authorization ?? "");
  const expected = Buffer.from(`Bearer ${token}`);
  return came.length === expected.length && timingSafeEqual(came, expected);
}

function requested<Content>(
  schema: { safeParse(value: unknown): { success: boolean; data?: Content } },
  text: string,
): Content {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("expected JSON");
  }
  const { data } = schema.safeParse(value);
  if (data === undefined) throw invalid("expected a command of the studio with its settings");
  return data;
}

async function bodyText(request: IncomingMessage): Promise<string> {
  let size = 0;
  const pieces: Uint8Array[] = [];
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_REQUEST) throw invalid(`expected at most ${MAX_REQUEST} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

async function bodyBlob(request: IncomingMessage): Promise<Blob> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return new Blob(pieces);
}

function invalid(message: string): L3MaskingError {
  return new L3MaskingError("request-invalid", message, {
    hint: "Open the address that l3masking studio prints.",
  });
}
