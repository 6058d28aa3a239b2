/** A newer version of the static folder at the same address: taken as a whole, once the tabs of the older one are closed. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";
import { serveFolder } from "./static-server.js";

const at = temporaryFolder();

function replaceIn(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(from);
  writeFileSync(file, text.replace(from, to));
}

it.skipIf(!hasChromium)(`is fetched beside an open tab, and shown after it${whyNot}`, async () => {
  const folder = at("studio");
  const isLarge = (path: string) => path.endsWith(".wasm") || path.endsWith(".safetensors");
  cpSync(join(root, "build/studio"), folder, {
    recursive: true,
    filter: (path) => !isLarge(path),
  });
  const server = await serveFolder(folder);
  const browser = await startChromium();
  const context = await browser.newContext();
  const open = async () => {
    const page = await context.newPage();
    await page.goto(server.address);
    await page.getByText("in this browser").first().waitFor();
    return page;
  };
  try {
    const first = await open();
    await first.waitForFunction(
      "caches.keys().then(([name]) => caches.open(name)).then((cache) => cache.keys()).then(({ length }) => length > 0)",
    );
    replaceIn(join(folder, "index.html"), "<title>l3masking studio", "<title>newer");
    replaceIn(join(folder, "service-worker.js"), /VERSION="\w+"/, 'VERSION="newer"');
    await first.reload();
    await first.waitForFunction(
      "navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting !== null)",
    );
    expect(await first.title()).toBe("l3masking studio");
    await first.close();
    await expect
      .poll(
        async () => {
          const page = await open();
          const title = await page.title();
          await page.close();
          return title;
        },
        // The newer worker takes over while no tab is open.
        { timeout: 60_000, interval: 3000 },
      )
      .toBe("newer");
  } finally {
    await browser.close();
    await server.close();
  }
});
