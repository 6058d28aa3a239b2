/** The commands themselves in Chromium, on files that it keeps: they do what they do in Node, and go on where a page was left. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPredict } from "../../src/commands/predict.js";
import { runTrain } from "../../src/commands/train.js";
import { type JournalEvent, journalEvent } from "../../src/method/train/events.js";
import { memoryBytes } from "../../src/model/checkpoint/formats/bytes.js";
import { readZipEntries } from "../../src/model/checkpoint/formats/zip.js";
import { predictSchema, resolveSettings, trainSchema } from "../../src/run/settings/schemas.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { createTestHost, tinyModel } from "../fixtures/host.js";
import { soundRows } from "../fixtures/sounds.js";
import { hasChromium, startChromium, startProfile, whyNot } from "./chromium.js";
import { differences } from "./course.js";
import { type PageServer, servePages } from "./server.js";

const at = temporaryFolder();

/** 60 rows, every ninth with another's label, so that something is wrong with any classifier. */
const csv = (() => {
  const rows = (["train", "dev", "test"] as const).flatMap((split) => soundRows(split));
  const lines = rows.map(({ text, label }, row) => {
    const given = row % 9 === 4 ? rows[(row + 20) % rows.length].label : label;
    return `"${text.replaceAll('"', '""')}",${given}\n`;
  });
  return `text,label\n${lines.join("")}`;
})();

const learning = { maxSteps: 12, maxLength: 16, batchSize: 8, learningRate: 1e-3 } as const;

interface Outcome<Result> {
  readonly result?: Result;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** A page's functions are those of pages/workplace.js. */
async function ask<Result>(
  page: Page,
  name: string,
  ...given: unknown[]
): Promise<Outcome<Result>> {
  return page.evaluate(`${name}(...${JSON.stringify(given)})`);
}

async function done<Result>(page: Page, name: string, ...given: unknown[]): Promise<Result> {
  const { result, error } = await ask<Result>(page, name, ...given);
  if (error !== undefined) return expect.unreachable(`${name}: ${JSON.stringify(error)}`);
  return result as Result;
}

/** Numbers that rounding may move: their largest difference, absolute below 1; whatever else differs is not a number. */
function farthest(got: unknown, expected: unknown, path = "metrics"): number {
  if (typeof expected === "number" && typeof got === "number") {
    return Math.abs(got - expected) / Math.max(1, Math.abs(expected));
  }
  if (
    typeof expected !== "object" ||
    expected === null ||
    typeof got !== "object" ||
    got === null
  ) {
    expect([path, got]).toEqual([path, expected]);
    return 0;
  }
  expect([path, Object.keys(got)]).toEqual([path, Object.keys(expected)]);
  const others = new Map(Object.entries(got));
  const each = Object.entries(expected).map(([key, value]) =>
    farthest(others.get(key), value, `${path}.${key}`),
  );
  return Math.max(0, ...each);
}

/** What depends on machine and place is left out. */
function comparable(metrics: object): object {
  const {
    timing: _,
    machine: _machine,
    model: _model,
    ...rest
  } = Object.assign({ timing: 0, machine: 0, model: "" }, metrics);
  return rest;
}

describe.skipIf(!hasChromium)(`commands in Chromium${whyNot}`, () => {
  let server: PageServer;
  let browser: Browser;
  let context: BrowserContext;

  /** A page with its files open. */
  async function openPage(from = server, within = context): Promise<Page> {
    const page = await within.newPage();
    const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
    if (process.env.BROWSER_LOG !== undefined)
      page.on("console", (line) => console.log(line.text()));
    const loaded = page
      .goto(`${from.address}test/browser/pages/workplace.html`)
      .then(() => page.waitForFunction("globalThis.ready === true"));
    await Promise.race([loaded, failed]);
    return page;
  }
  const model = (from = server) => `${from.address}test/golden/models/bert/`;

  beforeAll(async () => {
    server = await servePages({ isolated: true });
    browser = await startChromium();
    context = await browser.newContext();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("train, choose, predict and pack as in Node", async () => {
    const page = await openPage();
    const facts = await done<{ model: { toFetch: number } }>(page, "openPlace", model());
    expect(facts).toMatchObject({ version: expect.any(String), place: "in this browser" });
    expect(facts.model.toFetch).toBeGreaterThan(10_000);
    await done(page, "write", "data/sounds.csv", csv);

    const settings = {
      ...learning,
      trainFile: "data/sounds.csv",
      folds: 3,
      outputDir: "runs/auto",
    };
    const examined = await done<{ check: { labels: unknown[] } }>(page, "call", "examine", {
      trainFile: "data/sounds.csv",
      maxLength: 16,
    });
    expect(examined.check.labels.length).toBe(3);
    await done(page, "call", "train", settings);

    writeFileSync(at("sounds.csv"), csv);
    const inNode = { ...settings, model: tinyModel("bert"), trainFile: at("sounds.csv") };
    const nodeSettings = resolveSettings(trainSchema, { ...inNode, outputDir: at("auto") });
    await runTrain(nodeSettings, createTestHost());
    const expected = comparable(JSON.parse(readFileSync(at("auto/metrics.json"), "utf8")));
    const text = await done<string>(page, "read", "runs/auto/metrics.json");
    const far = farthest(comparable(JSON.parse(text)), expected);
    console.log(`metrics.json of auto, browser and Node: at most ${far.toExponential(1)} apart`);
    expect(far).toBeLessThan(2e-5);
    const wrong = await done<string>(page, "read", "runs/auto/errors.csv");
    expect(wrong.split("\n").length).toBeGreaterThan(4);
    expect(wrong.replaceAll("data/sounds.csv", at("sounds.csv")).split("\n").length).toBe(
      readFileSync(at("auto/errors.csv"), "utf8").split("\n").length,
    );

    await done(page, "call", "predict", {
      model: "runs/auto/model",
      input: "data/sounds.csv",
      output: "data/labels.csv",
    });
    const labels = await done<string>(page, "read", "data/labels.csv");
    const zipped = await done<number[]>(page, "zip", "runs/auto/model");
    await unzip(Uint8Array.from(zipped), at("home"));
    const again = { model: at("home/model"), input: at("sounds.csv"), output: at("labels.csv") };
    await runPredict(resolveSettings(predictSchema, again), createTestHost());
    const rows = (csvText: string) =>
      csvText.split("\n").map((row) => row.replace(/[\d.,e-]+$/, ""));
    expect(rows(labels)).toEqual(rows(readFileSync(at("labels.csv"), "utf8")));
    await page.close();
  });

  it("go on where a page was left, to the same end, which is Node's", async () => {
    const settings = {
      ...{ ...learning, method: "l3", trainFile: "data/sounds.csv", folds: 0 },
      ...{ evalSteps: 4, saveSteps: 2 },
    };
    const first = await openPage();
    await done(first, "openPlace", model());
    const begun = JSON.stringify(["train", { ...settings, outputDir: "runs/left" }]);
    // It ends with its page.
    first.evaluate(`call(...${begun})`).catch(() => undefined);
    await first.waitForFunction("steps.length >= 6");
    await first.close();

    const second = await openPage();
    await done(second, "openPlace", model());
    await done(second, "call", "train", { ...settings, outputDir: "runs/left", resume: true });
    const [from] = await second.evaluate<{ step: number }[]>("steps");
    expect(from.step).toBeGreaterThan(4);
    const other = await openPage();
    expect(await ask(other, "openPlace", model())).toMatchObject({
      error: { code: "output-in-use", hint: expect.stringContaining("other tab") },
    });
    await done(second, "call", "train", { ...settings, outputDir: "runs/whole" });
    const journals = await Promise.all(
      ["left", "whole"].map(async (run) =>
        journalLines(await done<string>(second, "read", `runs/${run}/journal.jsonl`)),
      ),
    );
    expect(journals[0]).toEqual(journals[1]);
    expect(await done(second, "list", "runs/left")).not.toContainEqual(
      expect.objectContaining({ name: "state" }),
    );

    writeFileSync(at("sounds.csv"), csv);
    const inNode = {
      ...{ ...settings, model: tinyModel("bert"), trainFile: at("sounds.csv") },
      outputDir: at("whole"),
    };
    const host = createTestHost({ cacheFolder: at("cache") });
    await runTrain(resolveSettings(trainSchema, inNode), host);
    const expected = journalLines(readFileSync(at("whole/journal.jsonl"), "utf8"));
    const isStep = (event: JournalEvent) => event.type === "step";
    const [got, wanted] = [journals[1], expected].map((events) => ({
      steps: events.filter(isStep),
    }));
    const far = differences(got, wanted);
    console.log("steps, browser and Node, relative differences", far);
    expect(got.steps.length).toBe(learning.maxSteps);
    expect(far.loss).toBeLessThan(2e-5);
    expect(far.norm).toBeLessThan(1e-4);
    await other.close();
    await second.close();
  });

  it("stop when they are asked, also where no memory is shared, and keep the best weights", async () => {
    const alone = await servePages({ isolated: false });
    const page = await openPage(alone);
    try {
      await done(page, "openPlace", model(alone));
      await done(page, "write", "data/sounds.csv", csv);
      const settings = {
        ...{ ...learning, method: "stl", trainFile: "data/sounds.csv", folds: 0 },
        ...{ maxSteps: 200, evalSteps: 2, outputDir: "runs/stopped" },
      };
      const stopped = await ask(page, "call", "train", settings, 5);
      expect(stopped.error).toMatchObject({ code: "interrupted" });
      expect(stopped.error?.hint).toContain("The best model so far");
      const last = await page.evaluate<number>("steps.at(-1).step");
      expect(last).toBeLessThan(20);
      await done(page, "call", "openClassifier", { model: "runs/stopped/model" });
      const [answer] = await done<{ label: string }[]>(page, "call", "classify", {
        texts: ["the dog barks"],
      });
      expect(["animal", "engine", "water"]).toContain(answer.label);
    } finally {
      await page.close();
      await alone.close();
    }
  });

  it.each([
    ["a private window", () => browser.newContext()],
    ["a window", () => startProfile(at("profile"))],
  ])("say that the storage of %s is full, and keep what there was", async (_window, start) => {
    const within = await start();
    const page = await openPage(server, within);
    const session = await within.newCDPSession(page);
    const origin = server.address.slice(0, -1);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 5_000_000 });
    await done(page, "openPlace", model());
    await done(page, "write", "data/sounds.csv", csv);
    expect(await ask(page, "writeBytes", "data/large.csv", 20_000_000)).toMatchObject({
      error: { code: "disk-full", hint: expect.any(String) },
    });
    expect(await done(page, "read", "data/sounds.csv")).toBe(csv);
    expect(await done<object[]>(page, "list", "data")).not.toContainEqual(
      expect.objectContaining({ name: expect.stringContaining("large") }),
    );
    await done(page, "write", "data/small.csv", csv);
    await within.close();
  });

  it("name what cannot be read", async () => {
    const page = await openPage();
    await done(page, "openPlace", model());
    expect(await ask(page, "read", "data/none.csv")).toMatchObject({
      error: { code: "file-missing" },
    });
    expect(await ask(page, "write", "../x", "")).toMatchObject({
      error: { code: "workplace-path" },
    });
    expect(
      await ask(page, "call", "train", {
        trainFile: "data/sounds.csv",
        maxLength: 16,
        device: "cuda",
      }),
    ).toMatchObject({ error: { code: "device-missing" } });
    await page.close();
  });
});

/** Events without what takes another time each time. */
function journalLines(text: string): JournalEvent[] {
  const untimed = text.replace(/"(seconds|tokens_per_second)":[\d.e+-]+/g, '"$1":0');
  return untimed
    .trimEnd()
    .split("\n")
    .map((line) => journalEvent.parse(JSON.parse(line)));
}

/** Writes the files of an archive whose files are stored as they are. */
async function unzip(bytes: Uint8Array, folder: string): Promise<void> {
  const entries = await readZipEntries(memoryBytes("the archive", bytes));
  for (const [name, { offset, size }] of entries) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes.subarray(offset, offset + size));
  }
}
