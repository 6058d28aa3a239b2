/** The folder of static files, from a host that sends no headers: isolated, trained in, used, and opened offline. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { root } from "../fixtures/pages.js";
import { type StaticServer, serveFolder } from "./static-server.js";

const folder = join(root, "build/studio");

/** Bytes, gzipped, that come before the page can be used. */
const MOST_FIRST = 300_000;

const rows = readFileSync(join(root, "examples/messages.csv"), "utf8");

describe.skipIf(!hasChromium)(`the studio on a static host, in Chromium${whyNot}`, () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let server: StaticServer;
  /** What the page complained about, but for requests of the test itself: to another host, and to one that is gone. */
  const complaints: string[] = [];
  const provoked: string[] = ["ERR_CONNECTION_REFUSED"];
  /** Paths that the page and its workers asked for. */
  const asked = new Set<string>();

  beforeAll(async () => {
    server = await serveFolder(folder);
    browser = await startChromium();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    context.on("request", (request) => {
      if (request.serviceWorker() === null) asked.add(request.url());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("is isolated after its first load, which is small", async () => {
    await page.goto(server.address);
    await page.getByText("nothing is sent anywhere").waitFor();
    await page.getByText("in this browser").first().waitFor();
    expect(await inBoth("crossOriginIsolated")).toEqual([true, true]);
    const files = [...asked]
      .filter((url) => url.startsWith(server.address) && !url.includes("/models/"))
      .map((url) => url.slice(server.address.length) || "index.html");
    const bytes = files.map((file) => gzipSync(readFileSync(join(folder, file))).length);
    const total = bytes.reduce((sum, size) => sum + size, 0);
    console.log(`first load: ${files.length} files, ${total} bytes gzipped`);
    expect(files.filter((file) => /worker-[^/]*\.js$/.test(file))).toHaveLength(1);
    expect(files.filter((file) => /parquet|\.wasm$|ort\./.test(file))).toEqual([]);
    expect(total).toBeLessThan(MOST_FIRST);
  });

  it("takes pasted rows, trains with the model's embeddings, and classifies", async () => {
    await page.getByText("Paste rows").click();
    await page.locator("#pasted").fill(rows);
    await page.getByRole("button", { name: "Take these rows" }).click();
    await page.getByRole("heading", { name: "What the check finds", exact: true }).waitFor();
    await page.getByText("30 rows with 3 labels").first().waitFor();
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("--method").selectOption("embed");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByRole("heading", { name: "Use", exact: true }).waitFor();
    await page.locator(".verdict strong").first().waitFor();
    expect([...asked].some((url) => url.endsWith("model.safetensors"))).toBe(true);
    await classify("The tap in the kitchen drips.", "plumbing");
  });

  it("tells a second tab that the first has the files", async () => {
    const second = await context.newPage();
    await second.goto(server.address);
    await second.getByText("Error [output-in-use]").waitFor();
    await second.close();
  });

  it("lets neither page nor worker speak to another host", async () => {
    const other = await serveFolder(folder);
    provoked.push(other.address);
    const request = `fetch("${other.address}", { mode: "no-cors" }).then(() => "sent", () => "refused")`;
    expect(await inBoth(request)).toEqual(["refused", "refused"]);
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it("has the licences of what it is made of", () => {
    const texts = ["licences.md", "licences-worker.md"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    for (const name of ["preact", "zod", "onnxruntime-web", "hyparquet", "zstddec"]) {
      expect(texts.join("\n")).toMatch(new RegExp(`^## ${name} `, "m"));
    }
  });

  it("opens offline, with the run and its classifier", async () => {
    await page.waitForFunction(`(async () => {
      const [name] = await caches.keys();
      const kept = await (await caches.open(name)).keys();
      return kept.some(({ url }) => url.endsWith("/index.html"));
    })()`);
    await server.close();
    await page.reload();
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    await page.getByRole("heading", { name: "Use", exact: true }).waitFor();
    await classify("The drain of the sink leaks.", "plumbing");
  });

  it("complained of nothing", () => {
    const own = complaints.filter((text) => !provoked.some((part) => text.includes(part)));
    expect(own).toEqual([]);
  });

  /** What a script gives in the page, and in its worker. */
  function inBoth(script: string): Promise<unknown[]> {
    const [worker] = page.workers();
    return Promise.all([page.evaluate(script), worker.evaluate(script)]);
  }

  async function classify(text: string, label: string): Promise<void> {
    await page.getByLabel("Type or paste a text").fill(text);
    const answer = page.locator("#use-title ~ div[aria-live] strong");
    await answer.filter({ hasText: label }).waitFor();
  }
});
