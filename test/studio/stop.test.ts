/** Stop: the run ends with the best that it has, in Node and in the browser; a reload goes on instead. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";
import { soundRows } from "../fixtures/sounds.js";
import { type StaticServer, serveFolder } from "./static-server.js";
import { type OpenStudio, openStudio } from "./studio.js";

const at = temporaryFolder();

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });
const stop = (page: Page) => page.getByRole("button", { name: "Stop" }).click();

async function begin(page: Page, settings: Readonly<Record<string, string>>): Promise<void> {
  if (!(await page.getByLabel("--method").isVisible())) {
    await page.getByText("More", { exact: true }).click();
  }
  for (const [flag, value] of Object.entries(settings)) {
    const field = page.getByLabel(flag, { exact: true });
    if (flag === "--method") await field.selectOption(value);
    else await field.fill(value);
  }
  await page.getByRole("button", { name: "Train", exact: true }).click();
}

async function classifies(page: Page): Promise<void> {
  await page.getByLabel("Type or paste a text").fill("The dog barks at the gate.");
  await page.locator("#use-title ~ div[aria-live] strong").waitFor();
}

describe.skipIf(!hasChromium)(`training in Node that is stopped${whyNot}`, () => {
  let browser: Browser;
  let studio: OpenStudio;
  beforeAll(async () => {
    browser = await startChromium();
    mkdirSync(at("sounds"));
    for (const split of ["train", "dev", "test"] as const) {
      // So many that early stopping does not come first.
      const copies = split === "train" ? 6 : 1;
      const lines = Array.from({ length: copies }, (_, copy) =>
        soundRows(split).map(({ text, label }) =>
          JSON.stringify({ text: `${text} (${copy + 1})`, label }),
        ),
      );
      writeFileSync(at(`sounds/${split}.jsonl`), `${lines.flat().join("\n")}\n`);
    }
    studio = await openStudio(browser, at("folder"), [at("sounds")]);
  });
  afterAll(async () => {
    await studio?.close();
    await browser?.close();
  });

  it("shows the baseline first, goes on after a reload, and ends with the best at Stop", async () => {
    const { page } = studio;
    await page.getByText("240 rows with 3 labels").first().waitFor();
    await begin(page, { "--method": "stl", "--num-train-epochs": "40", "--max-length": "16" });
    await page.locator(".measured tr", { hasText: "to be beaten" }).waitFor();
    await page.getByText(/^training {2}\d+ %/).waitFor();
    await page.reload();
    await page.getByText(/^training {2}\d+ %/).waitFor();
    // The second evaluation draws the curve, with the baseline as a line.
    const curve = page.locator("svg[aria-labelledby^=live-accuracy]");
    await curve.locator("text", { hasText: /^TF-IDF$/ }).waitFor();
    await stop(page);
    await heading(page, "Use").waitFor();
    const verdict = await page
      .locator("section[aria-labelledby='look-title'] .verdict strong")
      .first()
      .textContent();
    expect(verdict).toMatch(
      /^Training was ended on request after step \d+ of \d+\. On 1[12] texts/,
    );
    await page
      .getByText(/Training was ended on request after step \d+\. The weights of step/)
      .waitFor();
    await classifies(page);
    const lines = readFileSync(at("folder/train/runs/1/journal.jsonl"), "utf8").trimEnd();
    const events = lines.split("\n").map((line) => JSON.parse(line));
    const numbers = events.filter(({ type }) => type === "step").map(({ step }) => step);
    // Every step once, whatever interrupted it.
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ type: "stop", reason: "request" });
    expect(studio.complaints).toEqual([]);
  });
});

describe.skipIf(!hasChromium)(`training in the browser that is stopped${whyNot}`, () => {
  let browser: Browser;
  let server: StaticServer;
  beforeAll(async () => {
    server = await serveFolder(join(root, "build/studio"));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("keeps the best of what is measured, and says what is missing", async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(100_000);
    await page.goto(server.address);
    await page.getByRole("button", { name: "Take the sample" }).click();
    await page.getByText("30 rows with 3 labels").first().waitFor();
    await begin(page, { "--method": "auto" });
    await page.getByText(/fine-tuning, fold 1 of/).waitFor();
    await stop(page);
    await heading(page, "Use").waitFor();
    await page
      .getByText("The fine-tuned encoder was left out: training was ended on request")
      .first()
      .waitFor();
    await classifies(page);
  });
});
