/**
 * The shipped encoder fine-tuned on the static page: on WebAssembly with the sample, through a reload and in a hidden tab, and a few steps
 * on WebGPU. It ends as in Node with the same settings.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type JournalEvent, journalEvent, type StepEvent } from "../../src/method/train/events.js";
import { type RunMetrics, runMetrics } from "../../src/results/records/run-metrics.js";
import { hasChromium, startChromium, startWindow, whyNot } from "../browser/chromium.js";
import { differences } from "../browser/course.js";
import { type PageServer, servePages } from "../browser/server.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { root } from "../fixtures/pages.js";

const at = temporaryFolder();
const main = join(root, "dist/apps/cli/main.js");
const sample = join(root, "examples/messages.csv");

/** Relative, of losses and gradient norms. */
const limits = { loss: 2e-5, norm: 1e-4 };

/** Two labels in few short texts, as a step on a software adapter takes ten seconds. */
const few = {
  train:
    "The bilge pump runs.,plumbing\nOur genoa has a tear.,sails\nThe pump leaks.,plumbing\nThe sail is torn.,sails\n",
  dev: "The water pump leaks.,plumbing\nThe jib is torn.,sails\n",
  test: "The galley tap drips.,plumbing\nA sail has a hole.,sails\n",
};
const fewSteps = { method: "stl", "num-train-epochs": "3", "max-length": "8" };

/** A run as its folder has it. */
interface Run {
  readonly metrics: RunMetrics;
  readonly steps: readonly StepEvent[];
}

async function runOf(read: (name: string) => Promise<string>): Promise<Run> {
  const events = (await read("journal.jsonl")).trimEnd().split("\n");
  const isStep = (event: JournalEvent) => event.type === "step";
  return {
    metrics: runMetrics.parse(JSON.parse(await read("metrics.json"))),
    steps: events.map((line) => journalEvent.parse(JSON.parse(line))).filter(isStep),
  };
}

/** What the command line makes of the same data with the same settings. */
function inNode(name: string, data: string, settings: Readonly<Record<string, string>>) {
  const words = Object.entries(settings).flatMap(([flag, value]) => [`--${flag}`, value]);
  const command = [main, "train", data, ...words, "--output-dir", at(name)];
  execFileSync(process.execPath, command, { stdio: "ignore" });
  return runOf(async (file) => readFileSync(at(`${name}/${file}`), "utf8"));
}

/** Milliseconds: training takes half a minute on a quiet machine of two processors. */
const PATIENCE = 300_000;
const patient = { timeout: 2 * PATIENCE };

async function openStudio(
  context: BrowserContext,
  { address }: PageServer,
  complaints: string[] = [],
): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${address}build/studio/index.html`);
  await page.getByText("in this browser").first().waitFor();
  return page;
}

async function takeSample(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Take the sample" }).click();
  await page.getByText("30 rows with 3 labels").first().waitFor();
}

async function train(page: Page, settings: Readonly<Record<string, string>>): Promise<void> {
  await page.getByText("More", { exact: true }).click();
  for (const [name, value] of Object.entries(settings)) {
    const field = page.getByLabel(`--${name}`);
    const isList = (await field.and(page.locator("select")).count()) > 0;
    await (isList ? field.selectOption(value) : field.fill(value));
  }
  await page.getByRole("button", { name: "Train", exact: true }).click();
}

/** Largest differences of the journals, relative to Node's. */
function expectSame(got: Run, expected: Run, device: string): void {
  const far = differences(got, expected);
  console.log(`${device}: ${got.steps.length} steps, relative differences`, far);
  expect(got.metrics.machine?.device).toBe(device);
  expect(got.steps.length).toBe(expected.steps.length);
  expect(got.steps.length).toBeGreaterThan(2);
  expect(far.loss).toBeLessThan(limits.loss);
  expect(far.norm).toBeLessThan(limits.norm);
}

/** A run that a page left in the browser, read by another page of the same host. */
async function kept(context: BrowserContext, { address }: PageServer, folder: string) {
  const reader = await context.newPage();
  await reader.goto(`${address}test/browser/pages/workplace.html`);
  await reader.waitForFunction("globalThis.ready === true");
  await reader.evaluate(`openPlace("${address}models/minilm/")`);
  return runOf(async (name) => {
    const path = `${folder}/${name}`;
    return (await reader.evaluate<{ result: string }>(`read("${path}")`)).result;
  });
}

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

describe.skipIf(!hasChromium)(`the shipped encoder on a static host${whyNot}`, patient, () => {
  let browser: Browser;
  let context: BrowserContext;
  let server: PageServer;
  let page: Page;
  const complaints: string[] = [];

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await openStudio(context, server, complaints);
  });
  afterEach(() => context?.close());
  beforeAll(async () => {
    // It sends no headers: the page isolates itself.
    server = await servePages({ isolated: false });
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("ends with the sample as in Node, through a reload, and is used", async () => {
    await takeSample(page);
    await train(page, { method: "stl" });
    await page.getByText(/^training +(1[7-9]|[2-6]\d) %/).waitFor();
    await page.reload();
    await heading(page, "Use").waitFor();
    await page.getByText("What the program says").click();
    await page
      .locator("pre")
      .filter({ hasText: /resuming after step [1-9]/ })
      .waitFor();
    await page.locator(".verdict strong").filter({ hasText: "On 30 texts" }).waitFor();

    await page.getByLabel("Type or paste a text").fill("The tap in the kitchen drips.");
    const answer = page.locator("section[aria-labelledby='use-title'] [aria-live]");
    await answer.filter({ hasText: /^plumbing, \d+\.\d %$/ }).waitFor();
    const [zip] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Take it as a zip file" }).click(),
    ]);
    await zip.saveAs(at("model.zip"));
    mkdirSync(at("home"));
    execFileSync("python3", ["-m", "zipfile", "-e", at("model.zip"), at("home")]);
    writeFileSync(at("new.csv"), "text\nThe tap in the kitchen drips.\n");
    const [model, input, output] = ["home/model", "new.csv", "labels.csv"].map(at);
    const words = ["predict", "--model", model, "--input", input, "--output", output];
    execFileSync(process.execPath, [main, ...words], { stdio: "ignore" });
    expect(readFileSync(output, "utf8").split("\n")[1]).toContain("plumbing");

    await page.close();
    const got = await kept(context, server, "messages/runs/1");
    const expected = await inNode("sample", sample, { method: "stl" });
    expectSame(got, expected, "wasm");
    const [accuracy, inNodes] = [got, expected].map(({ metrics }) => metrics.dev.accuracy);
    console.log(`accuracy on held-out rows: ${accuracy}, in Node ${inNodes}`);
    expect(Math.abs(accuracy - inNodes)).toBeLessThan(0.03);
    // Three labels, each as frequent.
    expect(accuracy).toBeGreaterThan(0.6);
    expect(complaints).toEqual([]);
  });

  it("makes the steps of Node on WebGPU", async () => {
    const files = Object.entries(few).map(([name, rows]) => ({
      name: `${name}.csv`,
      mimeType: "text/csv",
      buffer: Buffer.from(`text,label\n${rows}`),
    }));
    await page.getByLabel("Choose files").setInputFiles(files);
    await page.getByText("8 rows with 2 labels").first().waitFor();
    const project = (await page.getByRole("heading", { level: 1 }).textContent()) ?? "";
    await train(page, { ...fewSteps, device: "webgpu" });
    await heading(page, "Use").waitFor();
    await page.close();
    mkdirSync(at("few"));
    for (const { name, buffer } of files) writeFileSync(at(`few/${name}`), buffer);
    const got = await kept(context, server, `${project}/runs/1`);
    expectSame(got, await inNode("short", at("few"), fewSteps), "webgpu");
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(!hasChromium)(`a tab behind another${whyNot}`, patient, () => {
  it("goes on training", async () => {
    const server = await servePages({ isolated: false });
    const { context, close } = await startWindow(at("profile"));
    try {
      const page = await openStudio(context, server);
      await takeSample(page);
      await train(page, { method: "stl" });
      const folds = page.getByText(/^cross-validating .*steps/);
      await folds.waitFor();
      const done = async () =>
        Number(/(\d+)\/30 steps/.exec((await folds.textContent()) ?? "")?.[1]);
      await context.newPage();
      expect(await page.evaluate("document.visibilityState")).toBe("hidden");
      const before = await done();
      await expect.poll(done, { timeout: PATIENCE }).toBeGreaterThan(before + 2);
      expect(await page.evaluate("document.visibilityState")).toBe("hidden");
    } finally {
      await close();
      await server.close();
    }
  });
});
