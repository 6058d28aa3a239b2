/** Clients that leave, are slow or silent, and the end of the server, over real connections. */
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { onlyPredicts } from "../../../test/fixtures/served.js";
import type { PageFiles } from "../pages/page-files.js";
import type { ServedClassifier } from "./endpoint.js";
import { type Patience, type RunningServer, startServer } from "./server.js";

const page: PageFiles = new Map();
const settings = { host: "127.0.0.1", port: 0, maxTexts: 8, maxWaiting: 4, maxBytes: 1000, page };
const patience: Patience = { client: 600, stop: 600, rest: 5000, restPiece: 300 };

let server: RunningServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.stop();
  server = undefined;
});

interface Client {
  readonly socket: Socket;
  /** All that came until the connection was closed, and when that was. */
  readonly closed: Promise<{ readonly text: string; readonly at: number }>;
}

async function start(
  served: ServedClassifier,
  changed: Partial<typeof settings> = {},
): Promise<(first?: string) => Client> {
  server = await startServer(served, { ...settings, ...changed }, undefined, patience);
  const port = Number(new URL(server.address).port);
  return (first = "") => {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    const closed = new Promise<{ text: string; at: number }>((resolve) => {
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve({ text, at: performance.now() }));
    });
    socket.write(first);
    return { socket, closed };
  };
}

const quick: ServedClassifier = {
  ...onlyPredicts,
  labels: ["a"],
  predict: async (texts) => texts.map((text) => ({ label: String(text), probabilities: { a: 1 } })),
};

/** Texts in the order in which they came to their turn; each waits until `finish` is called. */
function gated() {
  const begun: string[] = [];
  const gates: (() => void)[] = [];
  const served: ServedClassifier = {
    ...onlyPredicts,
    labels: [],
    async predict([text]) {
      begun.push(String(text));
      await new Promise<void>((resolve) => gates.push(resolve));
      return [{ label: String(text), probabilities: {} }];
    },
  };
  return { served, begun, finish: () => gates.shift()?.() };
}

const request = (text: string) => {
  const body = JSON.stringify({ text });
  return `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const HALF_HEADER = "POST /predict HTTP/1.1\r\nHost: x\r\nX-A: ";
const HALF_BODY = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";

describe("a server that is stopped", () => {
  it.each([
    ["silent", "", 0],
    ["in the middle of its header", HALF_HEADER, 0],
    ["in the middle of its body", HALF_BODY, patience.stop],
  ])("cuts off a client that is %s", async (_name, first, wait) => {
    const client = await start(quick);
    const { closed, socket } = client(first);
    await new Promise((resolve) => socket.once("connect", resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = performance.now();
    await server?.stop();
    const took = performance.now() - stopped;
    expect(took).toBeGreaterThanOrEqual(wait - 50);
    expect(took).toBeLessThan(wait + 2000);
    await closed;
  });

  it("has let go well before 30 s are over, when a service manager would kill it", async () => {
    server = await startServer(quick, settings);
    const slow = connect(Number(new URL(server.address).port), "127.0.0.1");
    sockets.push(slow);
    slow.on("error", () => undefined);
    slow.write(HALF_BODY);
    await new Promise((resolve) => setTimeout(resolve, 50));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const stopped = server.stop();
      await vi.advanceTimersByTimeAsync(26_000);
      await stopped;
    } finally {
      vi.useRealTimers();
    }
  });

  it("answers what it has with Connection: close, and nothing more on the same connection", async () => {
    const { served, begun, finish } = gated();
    const client = await start(served);
    const { socket, closed } = client(request("one"));
    const waiting = client(request("two"));
    const idle = client("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => begun.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = server?.stop();
    // An idle connection that is kept alive is closed at once.
    const { text: health } = await idle.closed;
    expect(health).toMatch(/^HTTP\/1\.1 200/);
    expect(health).not.toContain("Connection: close");
    socket.write(request("three"));
    finish();
    await until(() => begun.length === 2);
    finish();
    const replies = await Promise.all([closed, waiting.closed]);
    for (const [index, name] of ["one", "two"].entries()) {
      const { text } = replies[index];
      expect(text).toMatch(/^HTTP\/1\.1 200[\s\S]*Connection: close/);
      expect(text).toContain(`"label":"${name}"`);
      expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
    await stopped;
    expect(begun).toEqual(["one", "two"]);
  });

  it("gives up on work that takes longer than it waits, and tells the classifier", async () => {
    let told = false;
    const endless: ServedClassifier = {
      ...onlyPredicts,
      labels: [],
      predict: (_texts, left) =>
        new Promise((_resolve, reject) => {
          left?.addEventListener("abort", () => {
            told = true;
            reject(new Error("stopped"));
          });
        }),
    };
    const client = await start(endless);
    const { closed } = client(request("a"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server?.stop();
    expect(told).toBe(true);
    expect((await closed).text).toBe("");
  });
});

describe("a running server", () => {
  it.each([
    ["silent", ""],
    ["in the middle of its header", HALF_HEADER],
    ["in the middle of its body", HALF_BODY],
  ])("cuts off a client that is %s for too long", async (_name, first) => {
    const client = await start(quick);
    const began = performance.now();
    const { socket, closed } = client(first);
    // One byte now and then does not help.
    const timer = setInterval(() => first !== "" && socket.write("a"), 100);
    const { at } = await closed;
    clearInterval(timer);
    expect(at - began).toBeGreaterThan(patience.client - 50);
    expect(at - began).toBeLessThan(patience.client + 2000);
  });

  it("cuts off a client that does not take its reply", async () => {
    const wordy: ServedClassifier = {
      ...onlyPredicts,
      labels: [],
      predict: async () => [{ label: "a".repeat(20_000_000), probabilities: {} }],
    };
    const client = await start(wordy);
    const { socket } = client(request("a"));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    // The server has a connection that waits for its reader, and is rid of it in time.
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, patience.client + 400));
    await server?.stop();
    expect(performance.now() - began).toBeLessThan(patience.client + 400 + patience.stop / 2);
  });

  it.each(["by closing", "by breaking off"])(
    "drops the requests of clients that have left %s",
    async (how) => {
      const { served, begun, finish } = gated();
      const client = await start(served);
      const first = client(request("first"));
      await until(() => begun.length === 1);
      const leaving = ["a", "b", "c"].map((name) => client(request(name)));
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const { socket } of leaving) {
        if (how === "by closing") socket.end();
        else socket.resetAndDestroy();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      // The queue has its places back.
      const living = ["d", "e", "f"].map((name) => client(request(name)));
      for (const _ of ["first", ...living]) {
        const before = begun.length;
        finish();
        await until(() => begun.length > before || begun.length === 4);
      }
      finish();
      for (const { socket } of [first, ...living]) setTimeout(() => socket.end(), 300);
      for (const { closed } of [first, ...living]) {
        expect((await closed).text).toMatch(/^HTTP\/1\.1 200/);
      }
      expect(begun).toEqual(["first", "d", "e", "f"]);
    },
  );

  it("gives its 413 to a client that sends all before it reads", async () => {
    const client = await start(quick);
    for (const path of ["/predict", "/elsewhere"]) {
      const { socket, closed } = client();
      socket.pause();
      const bytes = 30_000_000;
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
      await new Promise((resolve) => socket.write(Buffer.alloc(bytes, "a"), resolve));
      socket.resume();
      const { text } = await closed;
      expect(text).toMatch(path === "/predict" ? /^HTTP\/1\.1 413/ : /^HTTP\/1\.1 404/);
      expect(text).toContain("Connection: close");
      expect(text).toMatch(/\}\n$/);
    }
  });

  it("answers every living client among others that leave, are slow or silent", async () => {
    const steady: ServedClassifier = {
      ...onlyPredicts,
      labels: ["a"],
      async predict(texts) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return texts.map((text) => ({ label: String(text), probabilities: { a: 1 } }));
      },
    };
    const client = await start(steady, { maxWaiting: 64 });
    const end = performance.now() + 1500;
    const answered: number[] = [];
    const living = async () => {
      while (performance.now() < end) {
        const reply = await fetch(`${server?.address}/predict`, {
          method: "POST",
          body: '{"text": "a"}',
        });
        answered.push(reply.status);
        await reply.text();
      }
    };
    const others = async (index: number) => {
      while (performance.now() < end) {
        const { socket, closed } = client(["", HALF_BODY, request("left")][index % 3]);
        if (index % 3 === 2) socket.end();
        await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300))]);
      }
    };
    const clients = Array.from({ length: 24 }, (_, index) =>
      index % 3 === 0 ? others(index / 3) : living(),
    );
    await Promise.all(clients);
    expect(answered.length).toBeGreaterThan(16);
    expect(new Set(answered)).toEqual(new Set([200]));
    const stopped = performance.now();
    await server?.stop();
    expect(performance.now() - stopped).toBeLessThan(patience.stop + 1000);
  });
});
