/** The studio on this machine, opened in Chromium. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { root } from "../fixtures/pages.js";

const main = join(root, "dist/apps/cli/main.js");

export interface OpenStudio {
  readonly page: Page;
  /** What the page complained about: errors, and what its policy forbade. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Milliseconds: a busy machine trains slowly. */
const PATIENCE = 100_000;

/** Starts `l3masking studio` on a folder, with further words, and opens its page. */
export async function openStudio(
  browser: Browser,
  folder: string,
  words: readonly string[] = [],
): Promise<OpenStudio> {
  const command = [main, "studio", ...words, "--folder", folder, "--no-open"];
  const program = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(program, "exit");
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    program.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [found] = /http:\S+(?=,)/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => reject(new Error(`the studio ended: ${said}`)));
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(address);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return {
    page,
    complaints,
    async close() {
      await page.close();
      program.kill("SIGINT");
      const [code] = await ended;
      if (code !== 0) throw new Error(`expected exit code 0 of the studio, got ${code}`);
    },
  };
}
