import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { type RunningStudio, startStudioServer } from "./server.js";
import type { CallWatch, Workplace } from "./workplace.js";

const token = "secret";
const page = new Map([
  ["/index.html", { type: "text/html", bytes: new TextEncoder().encode("<p>the page</p>") }],
]);

let server: RunningStudio | undefined;
afterEach(() => server?.stop());

/** A workplace in which `call` is what is given; files are in memory. */
function workplaceWith(call: (watch: CallWatch) => Promise<unknown>): Workplace {
  const files = new Map<string, Blob>();
  return {
    facts: async () => ({
      version: "0",
      place: "here",
      devices: [],
      model: { name: "minilm", toFetch: 0 },
    }),
    // What a call gives back is its command's affair.
    call: (_, settings, watch = {}) => call(watch).then((found) => Object(found ?? settings)),
    async read(path) {
      const file = files.get(path);
      if (file === undefined) throw new L3MaskingError("file-missing", `no ${path}`);
      return new Uint8Array(await file.arrayBuffer());
    },
    async write(path, content) {
      files.set(path, content);
    },
    list: async () => [...files].map(([name, { size }]) => ({ name, kind: "file" as const, size })),
    remove: async (path) => void files.delete(path),
    zip: async () => new Blob(["PK"]),
  };
}

async function started(call: (watch: CallWatch) => Promise<unknown> = async () => undefined) {
  server = await startStudioServer(workplaceWith(call), { port: 0, token, page });
  const { origin } = new URL(server.address);
  return (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { headers: { Authorization: `Bearer ${token}` }, ...init });
}

const callBody = (id: string, command = "readRun") => ({
  method: "POST",
  body: JSON.stringify({ id, command, settings: { folder: "x" } }),
});

async function linesOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  return text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

describe("the studio's server", () => {
  it("gives the page to everybody on this machine, and nothing else without the token", async () => {
    const get = await started();
    const home = await get("/", { headers: {} });
    expect(await home.text()).toBe("<p>the page</p>");
    expect(home.headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    expect(home.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    for (const headers of [{}, { Authorization: "Bearer wrong!" }, { Authorization: "secret" }]) {
      const refused = await get("/api/facts", { headers });
      expect(refused.status).toBe(401);
      expect(await refused.json()).toMatchObject({ error: { code: "request-invalid" } });
    }
    expect(await (await get("/api/facts")).json()).toMatchObject({ place: "here" });
    expect(server?.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#secret$/);
  });

  it("refuses a page of another name that was led to this machine", async () => {
    await started();
    const { port } = new URL(server?.address ?? "");
    const status = await new Promise((resolve) => {
      const headers = { Host: `evil.example:${port}`, Authorization: `Bearer ${token}` };
      httpRequest({ host: "127.0.0.1", port, path: "/api/facts", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(400);
  });

  it("keeps, lists, gives and removes files, and tells of missing ones", async () => {
    const send = await started();
    const path = `/api/file?path=${encodeURIComponent("data/größe.csv")}`;
    await send(path, { method: "PUT", body: "a,b" });
    expect(await (await send(path)).text()).toBe("a,b");
    expect(await (await send("/api/list?path=data")).json()).toEqual([
      { name: "data/größe.csv", kind: "file", size: 3 },
    ]);
    await send(path, { method: "DELETE" });
    const missing = await send(path);
    expect(missing.status).toBe(400);
    expect(await missing.json()).toMatchObject({ error: { code: "file-missing" } });
  });

  it("gives events line by line, and the result or the error in the end", async () => {
    const send = await started(async ({ onEvent }) => {
      onEvent?.({ type: "notice", level: "info", text: "one" });
      return { done: true };
    });
    expect(await linesOf(await send("/api/call", callBody("1")))).toEqual([
      { type: "event", event: { type: "notice", level: "info", text: "one" } },
      { type: "result", result: { done: true } },
    ]);
  });

  it("stops a call that is asked to, or whose page has left", async () => {
    let stopped = 0;
    const untilStopped = ({ signal }: CallWatch) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          stopped += 1;
          reject(new L3MaskingError("interrupted", "stopped", { hint: "Go on." }));
        });
      });
    const send = await started(untilStopped);
    const asked = await send("/api/call", callBody("1"));
    await send("/api/ask", { method: "POST", body: JSON.stringify({ id: "1", what: "stop" }) });
    expect(await linesOf(asked)).toMatchObject([
      { type: "error", error: { code: "interrupted", hint: "Go on." } },
    ]);
    expect(stopped).toBe(1);
    const leaving = new AbortController();
    await send("/api/call", { ...callBody("2"), signal: leaving.signal });
    leaving.abort();
    await expect.poll(() => stopped).toBe(2);
  });

  it("asks a call to end with what it has, which has a result", async () => {
    const send = await started(
      ({ end }) =>
        new Promise((resolve) => {
          end?.addEventListener("abort", () => resolve({ best: 3 }));
        }),
    );
    const asked = await send("/api/call", callBody("1"));
    await send("/api/ask", { method: "POST", body: JSON.stringify({ id: "1", what: "end" }) });
    expect(await linesOf(asked)).toEqual([{ type: "result", result: { best: 3 } }]);
  });

  it.each([
    ["another command", JSON.stringify({ id: "1", command: "push", settings: {} })],
    ["no JSON", "{"],
    ["more than it needs", JSON.stringify({ id: "1", command: "train", settings: {}, x: 1 })],
  ])("refuses %s", async (_, body) => {
    const send = await started();
    const refused = await send("/api/call", { method: "POST", body });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: "request-invalid" } });
  });
});
