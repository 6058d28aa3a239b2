/** The runs of another folder, with their pages: finished ones, and one that goes on while it is looked at. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";
import { type OpenStudio, openStudio } from "./studio.js";

const at = temporaryFolder();

function stepLine(step: number): string {
  const event = {
    ...{ type: "step", stage: 1, step, epoch: 1, main_loss: 2 / step, auxiliary_loss: null },
    ...{ task_weights: { main: 1, auxiliary: 0 }, cosines: null, learning_rate: 1e-4 },
    ...{ gradient_norms: { all: 1 }, tokens: 40, masked_tokens: 0 },
  };
  return `${JSON.stringify(event)}\n`;
}

describe.skipIf(!hasChromium)(`runs of another folder${whyNot}`, () => {
  let browser: Browser;
  let studio: OpenStudio;
  beforeAll(async () => {
    const words = ["train", join(root, "examples/messages.csv"), "--method", "tfidf"];
    const main = join(root, "dist/apps/cli/main.js");
    execFileSync(process.execPath, [main, ...words, "--output-dir", at("runs/done")], {
      stdio: "ignore",
    });
    mkdirSync(at("runs/going"));
    writeFileSync(at("runs/going/config.json"), "{}");
    // The last line is still being written.
    writeFileSync(at("runs/going/journal.jsonl"), `${stepLine(1)}{"type":"st`);
    browser = await startChromium();
    studio = await openStudio(browser, at("folder"), ["--runs", at("runs")]);
  });
  afterAll(async () => {
    await studio?.close();
    await browser?.close();
  });

  it("are listed, shown as they are, and used", async () => {
    const { page } = studio;
    const entry = page.getByRole("listitem").filter({ hasText: "done" });
    await entry.getByText(/TF-IDF, accuracy \d+\.\d %/).waitFor();
    await entry.getByRole("button", { name: "done" }).click();
    await page.getByRole("heading", { name: /^TF-IDF on messages/ }).waitFor();
    await page.getByLabel("Type or paste a text").fill("The tap in the kitchen drips.");
    await page.locator(".answer strong").filter({ hasText: "plumbing" }).waitFor();
    await page.getByRole("button", { name: "All runs" }).click();
  });

  it("are followed while they go on", async () => {
    const { page } = studio;
    const entry = page.getByRole("listitem").filter({ hasText: "going" });
    await entry.getByText("not finished").waitFor();
    await entry.getByRole("button", { name: "going" }).click();
    await page.getByText("this page follows it").waitFor();
    writeFileSync(at("runs/going/journal.jsonl"), stepLine(1) + stepLine(2));
    await page.getByText("Loss over steps, 1.000 at step 2.").waitFor({ state: "attached" });
    appendFileSync(at("runs/going/journal.jsonl"), stepLine(3));
    await page.getByText("Loss over steps, 0.667 at step 3.").waitFor({ state: "attached" });
    expect(studio.complaints).toEqual([]);
  });
});
