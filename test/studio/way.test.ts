/** The whole way through the page, as a person goes it: data, training, looking, correcting, using. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Download, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, startChromium, whyNot } from "../browser/chromium.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";
import { type OpenStudio, openStudio } from "./studio.js";

const at = temporaryFolder();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Set to write the pictures of docs/images anew. */
const pictures = process.env.STUDIO_PICTURES;

/** What axe-core finds that is serious or worse. */
async function faults(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 160)).join(" | ")))`);
}

/** Pixels by which the page is wider than its window. */
const overflow = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

/** With the part of the page at the top that has this title. */
async function picture(page: Page, name: string, title: string): Promise<void> {
  if (pictures === undefined) return;
  for (const [look, width] of [
    ["", 1280],
    ["", 390],
    ["dark-", 1280],
  ] as const) {
    await page.emulateMedia({ colorScheme: look === "" ? "light" : "dark" });
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await page.locator(title).evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: join(root, `docs/images/studio-${name}-${look}${width}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Without an encoder to fine-tune it takes seconds; the pictures show what happens where nothing is chosen. */
async function chooseMethod(page: Page): Promise<void> {
  if (pictures !== undefined) return;
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("--method").selectOption("embed");
}

async function saved(download: Download, name: string): Promise<string> {
  await download.saveAs(at(name));
  return at(name);
}

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

describe.skipIf(!hasChromium)(`the studio in Chromium${whyNot}`, () => {
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

  it("begins with the sample, and shows what the check finds", async () => {
    const { page } = studio;
    expect(await page.textContent("header")).toContain("nothing is sent anywhere");
    expect(page.url()).not.toContain("#");
    expect(await faults(page)).toEqual([]);
    await page.getByRole("button", { name: "Take the sample" }).click();
    await heading(page, "What the check finds").waitFor();
    await page.getByText("30 rows with 3 labels").first().waitFor();
    await page.getByText("1 row of train has a doubtful label").waitFor();
    await picture(page, "data", "h1");
    expect(await faults(page)).toEqual([]);
  });

  it("trains with one button, and says what it is worth", async () => {
    const { page } = studio;
    await chooseMethod(page);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.locator(".measured tr", { hasText: "to be beaten" }).waitFor();
    await heading(page, "Use").waitFor();
    const metrics = JSON.parse(readFileSync(at("folder/messages/runs/1/metrics.json"), "utf8"));
    const verdict = page.locator(".verdict strong").filter({ hasText: metrics.verdict });
    expect(await verdict.count()).toBe(1);
    await picture(page, "look", "#look-title");
    expect(await faults(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("opens the rows of a cell of the matrix", async () => {
    const { page } = studio;
    const cell = page.locator(".matrix g[data-row='0'][data-column='0']");
    await cell.click();
    await heading(page, "Rows of the cell").waitFor();
    const answers = readFileSync(at("folder/messages/runs/1/predictions-held-out.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const inCell = answers.filter(
      ({ expected, label }) => expected === "plumbing" && label === "plumbing",
    );
    expect(await page.locator(".wrong-rows li").count()).toBe(inCell.length);
    await page.locator("#answers-pair").selectOption("");
  });

  it("corrects a label in the list, which a reload does not lose, and trains again", async () => {
    const { page } = studio;
    const first = page.locator(".wrong-rows li").first();
    await first.getByRole("button", { name: "It is" }).click();
    await first.getByText("Corrected: train again to use it.").waitFor();
    await page.reload();
    await page.locator(".wrong-rows li").first().getByText("Corrected:").waitFor();
    await chooseMethod(page);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    const runs = page.getByRole("region", { name: "Runs" });
    await runs.getByRole("button", { name: "2", exact: true, pressed: true }).waitFor();
    const [one, two] = [1, 2].map((run) =>
      JSON.parse(readFileSync(at(`folder/messages/runs/${run}/metrics.json`), "utf8")),
    );
    const points = (100 * (two.dev.accuracy - one.dev.accuracy)).toFixed(1).replace("-", "−");
    expect(await runs.textContent()).toContain(
      two.dev.accuracy > one.dev.accuracy ? `+${points}` : points,
    );
  });

  it("labels rows with keys", async () => {
    const { page } = studio;
    const rows = page.getByRole("region", { name: "Rows", exact: true });
    await rows.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("3");
    expect(await page.getByLabel("Label of row 2").inputValue()).toBe("sails");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("2");
    expect(await page.getByLabel("Label of row 2").inputValue()).toBe("rigging");
  });

  it("answers a text as it is typed, and shows the words that spoke for it", async () => {
    const { page } = studio;
    await page.getByLabel("Type or paste a text").fill("The mainsail is torn.");
    const use = page.locator("section[aria-labelledby='use-title']");
    await use.locator("meter").first().waitFor();
    await use.locator(".tokens").waitFor();
    expect(await use.locator("[aria-live]").textContent()).toMatch(/^\w+, \d+\.\d %$/);

    await picture(page, "use", "#use-title");
    expect(await faults(page)).toEqual([]);
  });

  it("classifies a file, and gives the model as a zip that predict reads", async () => {
    const { page } = studio;
    writeFileSync(at("new.csv"), "text\nThe bilge pump runs.\nThe jib is torn.\n");
    const [labels] = await Promise.all([
      page.waitForEvent("download"),
      page.getByLabel("Choose a file").setInputFiles(at("new.csv")),
    ]);
    const csv = readFileSync(await saved(labels, "labels.csv"), "utf8");
    expect(csv.trimEnd().split("\n")).toHaveLength(3);
    const [zip] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Take it as a zip file" }).click(),
    ]);
    const archive = await saved(zip, "model.zip");
    mkdirSync(at("home"));
    execFileSync("python3", ["-m", "zipfile", "-e", archive, at("home")]);
    const words = ["predict", "--model", at("home/model"), "--input", at("new.csv")];
    const main = join(root, "dist/apps/cli/main.js");
    const printed = execFileSync(process.execPath, [main, ...words, "--output", at("again.csv")], {
      encoding: "utf8",
    });
    expect(printed).toContain("2");
    expect(readFileSync(at("again.csv"), "utf8")).toBe(csv);
  });

  it("complains of nothing", () => {
    expect(studio.complaints).toEqual([]);
  });
});
