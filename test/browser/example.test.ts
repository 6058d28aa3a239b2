/** The page of examples/browser, used as a person uses it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "./chromium.js";
import { type PageServer, servePages } from "./server.js";

describe.skipIf(!hasChromium)(`examples/browser in Chromium${whyNot}`, () => {
  let browser: Browser;
  const servers: PageServer[] = [];
  const serve = async (isolated: boolean) => {
    const server = await servePages({ isolated });
    servers.push(server);
    return server.address;
  };

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) await server.close();
  });

  it("trains, and classifies a text that it never saw", async () => {
    const page = await browser.newPage();
    await page.goto(`${await serve(true)}examples/browser/index.html`);
    await page.getByLabel("Steps").fill("6");
    await page.getByRole("button", { name: "Train" }).click();
    await page.getByRole("button", { name: "Classify" }).click({ timeout: 240_000 });
    const answer = page.locator("#answer");
    await answer.filter({ hasText: "%" }).waitFor();
    expect(await answer.textContent()).toMatch(/^plumbing, \d+ %$/);
    const log = (await page.locator("#log").textContent()) ?? "";
    expect(log).toMatch(/^step 1: loss \d/);
    expect(log).toContain("knows plumbing, sails");
    expect(log).not.toContain("on 1 thread");
  });

  it("says in a page without isolation that it has one thread, and what is wrong with a model", async () => {
    const page = await browser.newPage();
    await page.goto(`${await serve(false)}examples/browser/index.html`);
    await page.getByLabel("Steps").fill("1");
    await page.getByRole("button", { name: "Train" }).click();
    const log = page.locator("#log");
    await log
      .filter({ hasText: "Cross-Origin-Opener-Policy: same-origin" })
      .waitFor({ timeout: 60_000 });
    await log.filter({ hasText: "knows plumbing, sails" }).waitFor({ timeout: 240_000 });

    await page.getByLabel("Folder of the model").fill("/models/none/");
    await page.getByRole("button", { name: "Train" }).click();
    await log.filter({ hasText: "checkpoint-missing: expected config.json at" }).waitFor();
  });
});
