/** A classifier behind HTTP, on Node's own server. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { L3MaskingError } from "../../base/errors.js";
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
}

export interface RunningServer {
  /** "http://127.0.0.1:8080" */
  readonly address: string;
  /** Takes no further requests, and resolves when those that it has are answered. */
  stop(): Promise<void>;
}

/** A client that sends its request more slowly than this is cut off. */
const REQUEST_MILLISECONDS = 30_000;

/** Listens until it is stopped. Throws `server-address` for an address that cannot be had. */
export async function startServer(
  classifier: ServedClassifier,
  settings: ServerSettings,
  onRequest: (method: string, path: string, status: number) => void = () => undefined,
): Promise<RunningServer> {
  const endpoint = createEndpoint(classifier, settings);
  const server = createServer(
    { requestTimeout: REQUEST_MILLISECONDS, headersTimeout: REQUEST_MILLISECONDS },
    async (request, response) => {
      const method = request.method ?? "";
      const [path] = (request.url ?? "").split("?");
      const reply = await endpoint.answer(method, path, () => readBody(request, settings.maxBytes));
      send(response, reply, request.complete, method === "HEAD");
      onRequest(method, path, reply.status);
    },
  );
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
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await endpoint.idle();
      await closed;
    },
  };
}

/** The body as text. Throws `request-too-large` as soon as it is longer than allowed, `request-invalid` for other bytes. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
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

/** The rest of a request that was not read to its end is not waited for: its connection is closed. */
function send(response: ServerResponse, reply: Reply, wasRead: boolean, isHead: boolean): void {
  const body = `${JSON.stringify(reply.body)}\n`;
  response.writeHead(reply.status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(wasRead ? {} : { Connection: "close" }),
    ...reply.headers,
  });
  response.end(isHead ? undefined : body);
}

function addressError({ host, port }: ServerSettings, cause: Error): L3MaskingError {
  const code = "code" in cause ? String(cause.code) : cause.message;
  const reason =
    code === "EADDRINUSE"
      ? "another program is using the port"
      : code === "EACCES"
        ? "permission denied"
        : code;
  return new L3MaskingError("server-address", `cannot listen on ${host}:${port}: ${reason}`, {
    hint: "Choose another --port or --host.",
    cause,
  });
}
