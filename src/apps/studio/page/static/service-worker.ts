/**
 * Between the page and its host: adds the headers that isolate the page from other origins, without which threads share no memory, and
 * keeps the page's files, so that it opens offline. It knows files of the page alone; texts never pass it.
 */

/** Files of the page but for runtimes and models, relative to this one, and what changes with any file; the build writes both. */
declare const FILES: readonly string[];
declare const VERSION: string;

interface WaitingEvent {
  waitUntil(done: Promise<unknown>): void;
}

interface FetchEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** The part of a service worker's scope that is used. */
declare const self: {
  addEventListener(type: "install" | "activate", listener: (event: WaitingEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  readonly clients: { claim(): Promise<void> };
  readonly registration: { readonly scope: string; readonly active: object | null };
};

const { scope, active } = self.registration;
/** Caches belong to the origin, on which others may live too. */
const prefix = `l3masking ${scope} `;
const cacheName = prefix + VERSION;

/** Beside isolation: workers, which the policy in the page does not bind, speak to this host alone. */
const added = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy": "connect-src 'self'",
};

self.addEventListener("install", (event) => {
  // The first one keeps the files while the page works; an update only takes over with all of its own.
  if (active !== null) event.waitUntil(keepFiles());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { method, url, mode } = event.request;
  if (method !== "GET" || !url.startsWith(scope)) return;
  event.respondWith(isolated(event.request));
  // Offline there is nothing to add, and what is kept stays.
  if (mode === "navigate") event.waitUntil(keepFiles().catch(() => undefined));
});

/** Keeps the files of the page that are not kept yet. */
async function keepFiles(): Promise<void> {
  const cache = await caches.open(cacheName);
  const kept = new Set((await cache.keys()).map(({ url }) => url));
  const missing = FILES.map((name) => scope + name).filter((url) => !kept.has(url));
  // A host may have let the browser keep files of an older version: it is asked whether they changed.
  await cache.addAll(missing.map((url) => new Request(url, { cache: "no-cache" })));
}

async function isolated(request: Request): Promise<Response> {
  const response = await found(request);
  // A redirection is followed by the browser, which then asks here again.
  if (response.type === "opaqueredirect") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** From the cache, or from the host; a runtime is kept from then on. A model goes to the page's own files and is not kept twice. */
async function found(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const [address = ""] = request.url.split(/[?#]/);
  const name = address === scope ? `${scope}index.html` : address;
  const kept = await cache.match(name);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok && name.endsWith(".wasm")) await cache.put(name, response.clone());
  return response;
}

export {};
