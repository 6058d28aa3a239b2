/** Files that are wrong or mean harm: the errors of the command line, in their place, and text that stays text. */
import { spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";
import { type OpenStudio, openStudio } from "./studio.js";

const at = temporaryFolder();

/** Code, message and hint of the command line for a file. */
function told(name: string): { code: string; message: string; hint: string } {
  const words = [join(root, "dist/apps/cli/main.js"), "check", at(name), "--json"];
  const { stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

describe.skipIf(!hasChromium)(`bad files in the studio${whyNot}`, () => {
  let browser: Browser;
  let studio: OpenStudio;
  beforeAll(async () => {
    browser = await startChromium();
    studio = await openStudio(browser, at("folder"));
  });
  afterAll(async () => {
    await studio?.close();
    await browser?.close();
  });

  it.each([
    ["one column", "one.csv", Buffer.from("message\nThe pump leaks.\nThe sail is torn.\n")],
    ["another encoding", "latin.csv", Buffer.from("text,label\nL\xe4uft nicht,pump\n", "latin1")],
    ["a program", "program.csv", Buffer.from([0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0, 0xff])],
    ["nothing", "empty.csv", Buffer.alloc(0)],
  ])("says of %s what the command line says", async (_, name, bytes) => {
    writeFileSync(at(name), bytes);
    const { code, message, hint } = told(name);
    await studio.page.getByLabel("Choose files").setInputFiles(at(name));
    const alert = studio.page.getByRole("alert").filter({ hasText: name });
    await alert.waitFor();
    const text = await alert.textContent();
    const own = (said: string) => said.replaceAll(at(name), name);
    const shown = (text ?? "").replaceAll(join(at("folder"), "given", name), name);
    expect(shown).toContain(`[${code}]`);
    expect(shown).toContain(own(message));
    expect(shown).toContain(own(hint));
  });

  it("refuses a file that it cannot hold, before reading it", async () => {
    const large = at("large.csv");
    writeFileSync(large, "");
    truncateSync(large, 200e6);
    await studio.page.getByLabel("Choose files").setInputFiles(large);
    await studio.page
      .getByRole("alert")
      .filter({ hasText: "large.csv: expected at most" })
      .waitFor();
  });

  it("shows HTML in a cell as text, everywhere", async () => {
    const { page } = studio;
    const evil = `<img src=x onerror="document.title='taken'">`;
    const rows = Array.from({ length: 24 }, (_, row) => [
      `${evil} pump ${row}`,
      `a${evil}`,
      `sail ${evil} ${row}`,
      "b\u202e",
    ]);
    const csv = rows.flatMap(([a, x, b, y]) => [
      [a, x],
      [b, y],
    ]);
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
    writeFileSync(
      at("evil.csv"),
      `text,label\n${csv.map((row) => row.map(cell).join(",")).join("\n")}\n`,
    );
    await page.getByLabel("Choose files").setInputFiles(at("evil.csv"));
    await page.getByText("48 rows with 2 labels").first().waitFor();
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("--method").selectOption("tfidf");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByRole("heading", { name: "Use", exact: true }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("l3masking studio");
    expect(await page.getByLabel("Text of row 1", { exact: true }).inputValue()).toContain(evil);
    expect(studio.complaints).toEqual([]);
  });
});
