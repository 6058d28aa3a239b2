/** The page that `serve` answers GET / with: a text as it is typed, and a file. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";

const at = temporaryFolder();
const main = join(root, "dist/apps/cli/main.js");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(!hasChromium)(`the page of serve, in Chromium${whyNot}`, () => {
  let browser: Browser;
  let page: Page;
  let address: string;
  let close: () => Promise<number>;
  const complaints: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    const training = ["train", join(root, "examples/messages.csv"), "--method", "tfidf"];
    execFileSync(process.execPath, [main, ...training, "--output-dir", at("run")], {
      stdio: "ignore",
    });
    const words = [main, "serve", at("run/model"), "--port", "0"];
    const program = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
    const ended = once(program, "exit");
    close = async () => {
      program.kill("SIGINT");
      const [code] = await ended;
      return code;
    };
    address = await new Promise<string>((resolve, reject) => {
      let said = "";
      program.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const [found] = /http:\S+/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      ended.then(() => reject(new Error(`serve ended: ${said}`)));
    });
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(address);
  });
  afterAll(async () => {
    await browser?.close();
    await close?.();
  });

  it("names the labels, and answers a text as it is typed, with the words that spoke for it", async () => {
    await page.getByText("It tells 3 labels apart: plumbing, rigging and sails.").waitFor();
    await page
      .getByLabel("Type or paste a text")
      .pressSequentially("The tap in the kitchen drips.");
    await page.locator(".answer strong").filter({ hasText: "plumbing" }).waitFor();
    expect(await page.locator("meter").count()).toBe(3);
    await page.locator(".tokens").first().waitFor();
    expect(await page.locator("main").textContent()).not.toContain("Error");
  });

  it("gives a dropped file back as CSV, as predict writes it", async () => {
    writeFileSync(at("new.csv"), 'text\nThe bilge pump runs.\n"<b>jib</b>, torn"\n');
    const content = readFileSync(at("new.csv"), "utf8");
    const transfer = await page.evaluateHandle(
      `(() => { const t = new DataTransfer(); t.items.add(new File([${JSON.stringify(content)}], "new file.csv")); return t; })()`,
    );
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator(".drop").dispatchEvent("drop", { dataTransfer: transfer }),
    ]);
    await download.saveAs(at("labels.csv"));
    const words = ["predict", "--model", at("run/model"), "--input", at("new.csv")];
    execFileSync(process.execPath, [main, ...words, "--output", at("again.csv")], {
      stdio: "ignore",
    });
    expect(readFileSync(at("labels.csv"), "utf8")).toBe(readFileSync(at("again.csv"), "utf8"));
  });

  it("tells in place what is wrong with a file, by its own name", async () => {
    writeFileSync(at("wrong.csv"), "first,second\n1,2\n");
    await page.getByLabel("Choose a file").setInputFiles(at("wrong.csv"));
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/^Error \[data-column\]: wrong\.csv/);
  });

  it("is strict, small on a phone, and finds no fault with axe", async () => {
    expect(complaints.filter((text) => !text.includes("status of 400"))).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(address) && !url.startsWith("blob:"))).toEqual([]);
    const policy = await page.locator("meta[http-equiv]").getAttribute("content");
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(
      await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      ),
    ).toBe(0);
    await page.evaluate(axe);
    const faults = await page.evaluate(
      `axe.run().then(({ violations }) => violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id }) => id))`,
    );
    expect(faults).toEqual([]);
  });

  it("stops at Ctrl-C with the page open", async () => {
    expect(await close()).toBe(0);
  });
});
