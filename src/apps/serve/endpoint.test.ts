import { describe, expect, it } from "vitest";
import { onlyPredicts } from "../../../test/fixtures/served.js";
import { L3MaskingError } from "../../base/errors.js";
import type { GivenText } from "../../base/pairs.js";
import type { Prediction } from "../../results/records/predictions.js";
import {
  createEndpoint,
  type Endpoint,
  type EndpointRequest,
  type Reply,
  type ServedClassifier,
} from "./endpoint.js";

const limits = { maxTexts: 3, maxWaiting: 2 };

/** Finds texts with "!" loud. */
const classifier: ServedClassifier = {
  ...onlyPredicts,
  labels: ["loud", "quiet"],
  predict: async (texts) => texts.map(predictionOf),
};

function predictionOf(text: GivenText): Prediction {
  const loud = String(text).includes("!") ? 0.75 : 0.25;
  return {
    label: loud > 0.5 ? "loud" : "quiet",
    probabilities: { loud, quiet: 1 - loud },
  };
}

const ask = (body: string, path = "/predict", method = "POST") =>
  replyTo(createEndpoint(classifier, limits), body, { path, method });

async function replyTo(
  endpoint: Endpoint,
  body: string,
  given: Partial<EndpointRequest> = {},
): Promise<Reply> {
  const usual = { method: "POST", path: "/predict", body: async () => body };
  const reply = await endpoint.answer({ ...usual, ...given });
  return reply ?? expect.unreachable("the client has not left");
}

describe("createEndpoint", () => {
  it("classifies one text, or several in order", async () => {
    expect(await ask('{"text": "hey!"}')).toEqual({
      status: 200,
      body: { predictions: [predictionOf("hey!")] },
    });
    const { body } = await ask('{"texts": ["so", "", "no!"]}');
    expect(body).toEqual({ predictions: ["so", "", "no!"].map(predictionOf) });
  });

  it("tells that it is well, and its labels", async () => {
    const health = { status: 200, body: { status: "ok", labels: ["loud", "quiet"] } };
    expect(await ask("", "/health", "GET")).toEqual(health);
    expect(await ask("", "/health", "HEAD")).toEqual(health);
  });

  it.each([
    ["no JSON", "text=hey", 400, "the body: line 1, column 1"],
    ["a name twice", '{"text": "a", "text": "b"}', 400, "the body:"],
    ["no texts", '{"texts": []}', 400, "1 to 3 strings"],
    ["too many texts", '{"texts": ["1", "2", "3", "4"]}', 400, "1 to 3 strings"],
    ["a number", '{"text": 1}', 400, '{"text": "..."}'],
    ["text and texts", '{"text": "a", "texts": ["b"]}', 400, '{"text": "..."}'],
    ["another member", '{"text": "a", "model": "b"}', 400, '{"text": "..."}'],
  ])("refuses %s", async (_name, body, status, message) => {
    const reply = await ask(body);
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ error: { code: "request-invalid" } });
    expect(JSON.stringify(reply.body)).toContain(JSON.stringify(message).slice(1, -1));
  });

  it("explains a text, and classifies a file", async () => {
    const asked: unknown[] = [];
    const knowing: ServedClassifier = {
      ...classifier,
      // What a text is explained by is the command's affair.
      explain: async (text) => Object({ text }),
      async classifyFile(file) {
        asked.push(file);
        return "text,label\n";
      },
    };
    const endpoint = createEndpoint(knowing, limits);
    const explained = await replyTo(endpoint, '{"text": "hey"}', { path: "/explain" });
    expect(explained).toEqual({ status: 200, body: { explained: { text: "hey" } } });
    const body = JSON.stringify({ name: "new.csv", content: "dGV4dAo=" });
    const csv = { status: 200, body: { csv: "text,label\n" } };
    expect(await replyTo(endpoint, body, { path: "/file" })).toEqual(csv);
    expect(asked).toEqual([{ name: "new.csv", bytes: Buffer.from("text\n") }]);
  });

  it.each([
    ["a name that leads elsewhere", { name: "../x.csv", content: "" }],
    ["no name", { content: "" }],
    ["other than base64", { name: "x.csv", content: "?" }],
  ])("refuses a file with %s", async (_, body) => {
    const reply = await ask(JSON.stringify(body), "/file");
    expect(reply).toMatchObject({ status: 400, body: { error: { code: "request-invalid" } } });
  });

  it("answers 400 for a file that is wrong", async () => {
    const wrong: ServedClassifier = {
      ...classifier,
      classifyFile: () => Promise.reject(new L3MaskingError("data-column", "no column")),
    };
    const body = JSON.stringify({ name: "new.csv", content: "" });
    const reply = await replyTo(createEndpoint(wrong, limits), body, { path: "/file" });
    expect(reply).toMatchObject({ status: 400, body: { error: { message: "no column" } } });
  });

  it("refuses other paths and methods", async () => {
    expect(await ask("", "/", "GET")).toMatchObject({ status: 404 });
    expect(await ask("", "/constructor", "GET")).toMatchObject({ status: 404 });
    expect(await ask("", "/predict", "GET")).toMatchObject({
      status: 405,
      headers: { Allow: "POST" },
    });
    expect(await ask("", "/health", "POST")).toMatchObject({ status: 405 });
  });

  it("takes one request after the other, and no more than may wait", async () => {
    const order: string[] = [];
    const gates: (() => void)[] = [];
    const slow: ServedClassifier = {
      ...onlyPredicts,
      labels: [],
      async predict([text]) {
        order.push(`begin ${text}`);
        await new Promise<void>((resolve) => gates.push(resolve));
        order.push(`end ${text}`);
        return [predictionOf(text)];
      },
    };
    const endpoint = createEndpoint(slow, limits);
    const send = (text: string) => replyTo(endpoint, JSON.stringify({ text }));
    const replies = [send("a"), send("b"), send("c")];
    expect(await replies[2]).toMatchObject({
      status: 503,
      headers: { "Retry-After": "1" },
      body: { error: { code: "server-busy" } },
    });
    expect(order).toEqual(["begin a"]);
    let idle = false;
    const whenIdle = endpoint.idle().then(() => {
      idle = true;
    });
    gates[0]();
    expect((await replies[0]).status).toBe(200);
    expect(idle).toBe(false);
    gates[1]();
    expect((await replies[1]).status).toBe(200);
    await whenIdle;
    expect(order).toEqual(["begin a", "end a", "begin b", "end b"]);
  });

  it("answers 422 for texts that the classifier cannot read, and goes on", async () => {
    const picky: ServedClassifier = {
      ...onlyPredicts,
      labels: [],
      async predict(texts) {
        if (texts[0] === "odd") throw new L3MaskingError("texts-unknown", "12 of 12 are unknown");
        return texts.map(predictionOf);
      },
    };
    const endpoint = createEndpoint(picky, limits);
    expect(await replyTo(endpoint, '{"text": "odd"}')).toMatchObject({
      status: 422,
      body: { error: { code: "texts-unknown", message: "12 of 12 are unknown" } },
    });
    expect((await replyTo(endpoint, '{"text": "a"}')).status).toBe(200);
  });

  it("answers 500 where the classifier breaks, tells nothing of it, and goes on", async () => {
    let calls = 0;
    const fragile: ServedClassifier = {
      ...onlyPredicts,
      labels: [],
      async predict(texts) {
        calls += 1;
        if (calls === 1) throw new TypeError("a secret");
        return texts.map(predictionOf);
      },
    };
    const endpoint = createEndpoint(fragile, limits);
    const send = () => replyTo(endpoint, '{"text": "a"}');
    const broken = await send();
    expect(broken).toMatchObject({ status: 500, body: { error: { code: "worker-failed" } } });
    expect(JSON.stringify(broken)).not.toContain("secret");
    expect((await send()).status).toBe(200);
  });

  it("drops a request whose client has left, before its turn and from the places in the queue", async () => {
    const begun: string[] = [];
    const gates: (() => void)[] = [];
    const ended: string[] = [];
    const slow: ServedClassifier = {
      ...onlyPredicts,
      labels: [],
      async predict([text], left) {
        begun.push(String(text));
        left?.addEventListener("abort", () => ended.push(String(text)));
        await new Promise<void>((resolve) => gates.push(resolve));
        return [predictionOf(text)];
      },
    };
    const endpoint = createEndpoint(slow, limits);
    const send = (text: string, left?: AbortSignal) =>
      endpoint.answer({
        method: "POST",
        path: "/predict",
        body: async () => JSON.stringify({ text }),
        ...(left && { left }),
      });
    const [first, second] = [new AbortController(), new AbortController()];
    const [atWork, waiting] = [send("at work", first.signal), send("waiting", second.signal)];
    await settled();
    expect(await send("third")).toMatchObject({ status: 503 });
    // Also the one at work makes place, and is told.
    first.abort();
    second.abort();
    expect(ended).toEqual(["at work"]);
    const living = [send("living"), send("living too")];
    await settled();
    gates[0]();
    expect(await atWork).toMatchObject({ status: 200 });
    expect(await waiting).toBeUndefined();
    await settled();
    gates[1]();
    expect(await living[0]).toMatchObject({ status: 200 });
    await settled();
    gates[2]();
    expect(await living[1]).toMatchObject({ status: 200 });
    expect(begun).toEqual(["at work", "living", "living too"]);
  });

  it("answers nothing to a client that leaves within its body, and does not read one without a place", async () => {
    const endpoint = createEndpoint(classifier, { ...limits, maxWaiting: 0 });
    const unread = { method: "POST", path: "/predict", body: () => expect.unreachable() };
    expect(await endpoint.answer(unread)).toMatchObject({ status: 503 });
    const cut = { ...unread, body: () => Promise.reject(new Error("aborted")) };
    expect(await createEndpoint(classifier, limits).answer(cut)).toBeUndefined();
  });
});

/** What is waiting for nothing else has been done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
