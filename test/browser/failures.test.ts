/** What a page is told when something is missing, damaged or lost. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openPage, startChromium, whyNot } from "./chromium.js";
import { courseIn, type Request } from "./course.js";
import { type PageServer, servePages } from "./server.js";

/** The tiny model reads no more. */
const scoring = { maxLength: 12 };
const tiny: Request = { model: "test/golden/models/bert", options: { device: "wasm" } };

describe.skipIf(!hasChromium)(`failures in Chromium${whyNot}`, () => {
  let browser: Browser;
  const servers: PageServer[] = [];
  const open = async (isolated: boolean, inBrowser = browser): Promise<Page> => {
    const server = await servePages({ isolated });
    servers.push(server);
    return openPage(inBrowser, `${server.address}test/browser/pages/page.html`);
  };

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
  });

  it("no model, half a model, a damaged one: which file, and what to do", async () => {
    const page = await open(true);
    const failed = async (request: Partial<Request>) =>
      (await courseIn(page, "here", { ...tiny, ...request })).error;
    expect(await failed({ model: "test/golden/nothing" })).toMatchObject({
      code: "checkpoint-missing",
      message: "expected config.json at /test/golden/nothing/, found none",
    });
    expect(await failed({ cut: { "model.safetensors": 5000 } })).toMatchObject({
      code: "checkpoint-format",
      message: expect.stringContaining("model/model.safetensors"),
    });
    expect(await failed({ cut: { "tokenizer.json": 90 } })).toMatchObject({
      code: "tokenizer-format",
    });
    expect(await failed({ changes: { "config.json": { hidden_size: 16 } } })).toMatchObject({
      code: expect.stringMatching(/^checkpoint-(shape|config)$/),
    });
    const train = { texts: { texts: ["a", "b"], labels: ["x"] }, settings: { maxLength: 12 } };
    expect(await failed({ train })).toMatchObject({ code: "input-mismatch" });
    const settings = { method: "tfidf", maxLength: 12 } as const;
    const linear = { texts: { texts: ["a", "b"], labels: ["x", "y"] }, settings };
    expect(await failed({ train: linear })).toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("(stl, "),
    });
  });

  it("no runtime: which package to install", async () => {
    const page = await open(true);
    await page.route("**/onnxruntime-web/**", (route) => route.abort());
    expect((await courseIn(page, "here", tiny)).error).toMatchObject({
      code: "runtime-missing",
      message: expect.stringContaining("onnxruntime-web/wasm"),
      hint: expect.stringContaining("npm install onnxruntime-web@1.30.0"),
    });
  });

  it("one thread in a page that is not isolated, and it says so", async () => {
    const page = await open(false);
    const { result } = await courseIn(page, "here", { ...tiny, score: ["the pump"], scoring });
    expect(result?.notices).toEqual([expect.stringContaining("on 1 thread")]);
    expect(result?.scores?.length).toBe(1);
  });

  it("no WebGPU, and no adapter", async () => {
    const request = { ...tiny, options: { device: "webgpu" } };
    const without = await open(true);
    await without.evaluate("delete Navigator.prototype.gpu");
    expect((await courseIn(without, "here", request)).error).toMatchObject({
      code: "device-missing",
      message: "expected WebGPU, but this browser has none for this page",
      hint: expect.stringContaining('"wasm"'),
    });
    const empty = await open(true);
    await empty.evaluate("navigator.gpu.requestAdapter = async () => null");
    expect((await courseIn(empty, "here", request)).error).toMatchObject({
      code: "device-missing",
      message: expect.stringContaining("finds no GPU"),
    });
  });

  it("a device that is lost while it trains", async () => {
    const other = await startChromium();
    try {
      const page = await open(true, other);
      const stepped = new Promise<void>((resolve) => {
        void page.exposeFunction("told", () => resolve());
      });
      await page.waitForFunction("typeof told === 'function'");
      const texts = { texts: ["the pump", "a sail"], labels: ["x", "y"] };
      const settings = { maxSteps: 10_000, maxLength: 8, batchSize: 2 } as const;
      const train = { texts, settings };
      const request = { ...tiny, options: { device: "webgpu" }, train };
      const course = courseIn(page, "here", request);
      await Promise.race([stepped, course]);
      const session = await other.newBrowserCDPSession();
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      const gpu = processInfo.find(({ type }) => type === "GPU");
      process.kill(gpu?.id ?? expect.unreachable("no GPU process"), "SIGKILL");
      const { error } = await course;
      expect(error).toMatchObject({
        code: "device-lost",
        hint: expect.stringContaining("Open the model again"),
      });
    } finally {
      await other.close();
    }
  });
});
