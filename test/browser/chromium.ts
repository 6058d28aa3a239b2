/** Debian's Chromium, without a screen and with WebGPU on a software adapter. */
import { spawn } from "node:child_process";
import { once } from "node:events";
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

/** A window as a person has it: it keeps what it has in a folder, and of its tabs all but the one in front are hidden. */
export interface Window {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function startWindow(folder: string): Promise<Window> {
  const own = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${folder}`];
  const program = spawn(executablePath, [...args, ...own, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(program, "exit");
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    program.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [found] = /ws:\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => reject(new Error(`Chromium ended: ${said}`)));
  });
  // With playwright's own settings every page would believe that it is in front.
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  const [context] = browser.contexts();
  return {
    context,
    async close() {
      const session = await browser.newBrowserCDPSession();
      await session.send("Browser.close");
      await ended;
    },
  };
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
