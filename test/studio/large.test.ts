/** The page's size, and a table of ten thousand rows. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";
import { type OpenStudio, openStudio } from "./studio.js";

const at = temporaryFolder();

describe("the page's files", () => {
  it("are less than 300 kB gzipped together", () => {
    const folder = join(root, "dist/apps/studio/page");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const bytes = files.map(
      ({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length,
    );
    const sum = bytes.reduce((total, size) => total + size, 0);
    expect(sum).toBeLessThan(300_000);
    // A page that lost its program would be small too.
    expect(sum).toBeGreaterThan(30_000);
  });
});

describe.skipIf(!hasChromium)(`ten thousand rows${whyNot}`, () => {
  let browser: Browser;
  let studio: OpenStudio;
  beforeAll(async () => {
    browser = await startChromium();
    const kinds = ["pump", "sail", "mast"];
    const rows = Array.from(
      { length: 10_000 },
      (_, row) => `Number ${row} of the ${kinds[row % 3]},${kinds[row % 3]}`,
    );
    writeFileSync(at("many.csv"), `text,label\n${rows.join("\n")}\n`);
    studio = await openStudio(browser, at("folder"));
    await studio.page.getByLabel("Choose files").setInputFiles(at("many.csv"));
    await studio.page.getByText("10\u202f000 rows").first().waitFor();
  });
  afterAll(async () => {
    await studio?.close();
    await browser?.close();
  });

  it("has few of them in the page, and reaches the last", async () => {
    const { page } = studio;
    expect(await page.locator(".row").count()).toBeLessThan(40);
    await page.getByRole("region", { name: "Rows", exact: true }).focus();
    await page.keyboard.press("End");
    await page.getByLabel("Text of row 10000").waitFor();
    expect(await page.locator(".row").count()).toBeLessThan(40);
    await page.keyboard.press("1");
    expect(await page.getByLabel("Label of row 10000").inputValue()).toBe("mast");
    await page.getByLabel("Contains").fill("Number 9998 ");
    await page.getByText("1 of 10\u202f000 rows").waitFor();
  });
});
