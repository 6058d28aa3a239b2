/** A plain web host: files of a folder under /studio/, with no headers but their type. */
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".csv": "text/csv",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

export interface StaticServer {
  /** "http://127.0.0.1:PORT/studio/" */
  readonly address: string;
  /** Paths that it was asked for, in this order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function serveFolder(folder: string): Promise<StaticServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    asked.push(pathname);
    const path = pathname.replace(/\/$/, "/index.html");
    const file = join(folder, path.replace(/^\/studio\//, ""));
    if (!path.startsWith("/studio/") || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const bytes = readFileSync(file);
    const type = types[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Of a server that listens on a port it is no string.
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/studio/`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
