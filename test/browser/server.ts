/**
 * Serves the checkout to a browser: what `npm run build` wrote, the packages it imports, models and the pages of these tests.
 * Modules go out one by one, with the names of packages replaced by addresses, as workers have no import maps.
 */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { inBrowser } from "../../scripts/browser-platform.js";

const checkout = fileURLToPath(new URL("../../", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Folders whose modules name packages. */
const ours = ["dist/", "build/bench/", "build/src/", "test/browser/pages/", "examples/browser/"];

export interface PageServer {
  /** "http://127.0.0.1:PORT/" */
  readonly address: string;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Send the headers that let threads share memory? */
  readonly isolated: boolean;
  /** Folder of the checkout; told where this file was compiled to another place. */
  readonly root?: string;
}

export async function servePages({
  isolated,
  root = checkout,
}: ServerOptions): Promise<PageServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(root, path);
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    const inside = relative(root, file);
    if (inside.startsWith("..") || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    send(root, inside.replaceAll("\\", "/"), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Of a server that listens on a port it is no string.
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function send(root: string, inside: string, response: ServerResponse): void {
  const file = join(root, inside);
  const headers = { "Content-Type": types[extname(file)] ?? "application/octet-stream" };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const other = inBrowser(file);
  if (other !== undefined) {
    // Under both addresses it is one module.
    response.end(`export * from "/${relative(root, other)}";\n`);
    return;
  }
  if (extname(file) === ".js" && ours.some((folder) => inside.startsWith(folder))) {
    response.end(withAddresses(readFileSync(file, "utf8"), root));
    return;
  }
  response.setHeader("Content-Length", statSync(file).size);
  createReadStream(file).pipe(response);
}

/** `from "zod"` -> `from "/node_modules/zod/index.js"`, and so in `import()`. */
function withAddresses(source: string, root: string): string {
  return source.replace(
    /(^(?:import|export)\s[\w\s{},*$]*?\bfrom\s*|^import\s+|\bimport\()"([^"./][^"]*)"/gm,
    (_, before: string, name: string) => `${before}"${addressOf(name, root)}"`,
  );
}

function addressOf(name: string, root: string): string {
  return `/${relative(root, fileURLToPath(import.meta.resolve(name))).replaceAll("\\", "/")}`;
}
