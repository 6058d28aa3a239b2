/** examples/engine.html, from a server that gives out the files of the project's folder as they are. */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserDevices } from "../../src/engine/runtime/devices/browser/devices.js";
import { expectTrained } from "../fixtures/engine-example.js";
import { root } from "../fixtures/pages.js";
import { hasChromium, startChromium, whyNot } from "./chromium.js";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

describe.skipIf(!hasChromium)(`examples/engine.html in Chromium${whyNot}`, () => {
  let browser: Browser;
  let server: Server;
  let address: string;
  beforeAll(async () => {
    browser = await startChromium();
    server = createServer(async ({ url = "" }, response) => {
      const path = new URL(url, "http://localhost").pathname;
      const content = await readFile(join(root, path)).catch(() => undefined);
      response.writeHead(content === undefined ? 404 : 200, {
        "Content-Type": types[extname(path)] ?? "application/octet-stream",
      });
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const listening = server.address();
    const port = typeof listening === "object" ? listening?.port : undefined;
    address = `http://127.0.0.1:${port}/examples/engine.html`;
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it.each(Object.keys(browserDevices))("trains on %s", async (device) => {
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
    await page.goto(`${address}?device=${device}`);
    const printed = page.locator("pre");
    await Promise.race([
      printed.filter({ hasText: "new points" }).waitFor({ timeout: 240_000 }),
      failed,
    ]);
    expectTrained((await printed.textContent()) ?? "");
    await page.close();
  });

  it("says which devices there are", async () => {
    const page = await browser.newPage();
    const failed = new Promise<Error>((resolve) => page.on("pageerror", resolve));
    await page.goto(`${address}?device=cpu`);
    expect((await failed).message).toContain("expected one of the devices wasm, webgpu, got cpu");
    await page.close();
  });
});
