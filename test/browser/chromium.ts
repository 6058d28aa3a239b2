/** Debian's Chromium, without a screen and with WebGPU on a software adapter. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const hasChromium = existsSync(executablePath);

const args = ["--enable-unsafe-webgpu", "--no-sandbox", "--disable-dev-shm-usage"];

/** Its windows are private: what they keep ends with them. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args });
}

/** A window that keeps what it has in a folder. */
export function startProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath, args });
}

/** A page at an address, once its modules are loaded. */
export async function openPage(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (process.env.BROWSER_LOG !== undefined) console.log(`[${message.type()}] ${message.text()}`);
  });
  const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
  const loaded = page.goto(address).then(() => page.waitForFunction("globalThis.ready === true"));
  await Promise.race([loaded, failed]);
  return page;
}

/** For the names of tests. */
export const whyNot = hasChromium ? "" : ` (skipped: no ${executablePath})`;
