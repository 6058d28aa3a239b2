import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { onlyPredicts } from "../../../test/fixtures/served.js";
import type { PageFiles } from "../pages/page-files.js";
import type { ServedClassifier } from "./endpoint.js";
import { type RunningServer, startServer } from "./server.js";

const page: PageFiles = new Map();
const settings = { host: "127.0.0.1", port: 0, maxTexts: 8, maxWaiting: 4, maxBytes: 1000, page };
const classifier: ServedClassifier = {
  ...onlyPredicts,
  labels: ["a"],
  predict: async (texts) => texts.map((text) => ({ label: String(text), probabilities: { a: 1 } })),
};

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(served = classifier): Promise<string> {
  const patience = { client: 30_000, stop: 30_000, rest: 5000, restPiece: 300 };
  server = await startServer(served, settings, undefined, patience);
  return server.address;
}

const post = (address: string, body: string | Uint8Array<ArrayBuffer>) =>
  fetch(`${address}/predict`, { method: "POST", body });

describe("startServer", () => {
  it("answers in JSON", async () => {
    const address = await start();
    const reply = await post(address, JSON.stringify({ texts: ["é", "日本"] }));
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await reply.json()).toEqual({
      predictions: [
        { label: "é", probabilities: { a: 1 } },
        { label: "日本", probabilities: { a: 1 } },
      ],
    });
    const health = await fetch(`${address}/health?now`);
    expect(await health.json()).toEqual({ status: "ok", labels: ["a"] });
    const head = await fetch(`${address}/health`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("answers GET / with its page, which no other page may frame", async () => {
    const file = (text: string, type: string) => ({ type, bytes: new TextEncoder().encode(text) });
    const pages = new Map([
      ["/served.html", file("<p>try it</p>", "text/html")],
      ["/index.html", file("<p>the studio</p>", "text/html")],
      ["/assets/a.js", file("1;", "text/javascript")],
    ]);
    server = await startServer(classifier, { ...settings, page: pages });
    const get = (path: string, method = "GET") => fetch(`${server?.address}${path}`, { method });
    const home = await get("/");
    expect(await home.text()).toBe("<p>try it</p>");
    expect(home.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    expect(await (await get("/assets/a.js")).text()).toBe("1;");
    expect(await (await get("/", "HEAD")).text()).toBe("");
    expect((await get("/index.html")).status).toBe(404);
    expect((await get("/", "POST")).status).toBe(404);
  });

  it("refuses bodies that are too long, also where their length is not told, and other encodings", async () => {
    const address = await start();
    const long = JSON.stringify({ text: "x".repeat(2000) });
    expect((await post(address, long)).status).toBe(413);
    const socket = connect(Number(new URL(address).port), "127.0.0.1");
    const answer = new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("close", () => resolve(text));
    });
    const head = "POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    socket.write(`${head}7d0\r\n${"x".repeat(2000)}\r\n`);
    // The body goes on, but the connection is closed.
    expect(await answer).toMatch(/^HTTP\/1\.1 413[\s\S]*Connection: close/);
    const packed = await fetch(`${address}/predict`, {
      method: "POST",
      body: Uint8Array.of(0x1f, 0x8b),
      headers: { "Content-Encoding": "gzip" },
    });
    expect(packed.status).toBe(400);
    expect(await packed.text()).toContain("got Content-Encoding: gzip");
    const latin = await post(address, Uint8Array.of(0x7b, 0xe9, 0x7d));
    expect(latin.status).toBe(400);
    expect(await latin.text()).toContain("UTF-8");
  });

  it("finishes what it has begun before it stops, and takes nothing more", async () => {
    let finish: () => void = () => undefined;
    const begun = new Promise<void>((isBegun) => {
      const slow: ServedClassifier = {
        ...onlyPredicts,
        labels: [],
        async predict() {
          isBegun();
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          return [];
        },
      };
      void start(slow).then((address) => {
        reply = post(address, '{"text": "a"}');
      });
    });
    let reply: Promise<Response> | undefined;
    await begun;
    const stopping = server?.stop();
    const address = server?.address ?? "";
    server = undefined;
    await expect(fetch(`${address}/health`)).rejects.toThrow();
    finish();
    expect((await reply)?.status).toBe(200);
    await stopping;
  });

  it("says why it cannot listen", async () => {
    const address = await start();
    const port = Number(new URL(address).port);
    const taken = await failure(startServer(classifier, { ...settings, port }));
    expect(taken.code).toBe("server-address");
    expect(taken.message).toContain(`127.0.0.1:${port}: another program is using the port`);
    const absent = await failure(startServer(classifier, { ...settings, host: "192.0.2.1" }));
    expect(absent.code).toBe("server-address");
  });
});
