/** Data at the edges of what is sensible: each runs and says what became of it, or says why not. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runReport } from "../../src/commands/report.js";
import type { TrainOptions } from "../../src/run/settings/schemas.js";
import { failure } from "../fixtures/failure.js";
import { readJson, temporaryFolder } from "../fixtures/folders.js";
import { createTestHost, tinyModel } from "../fixtures/host.js";
import { soundRows, toJsonLines } from "../fixtures/sounds.js";
import { readJournal, train, trainOptions } from "../fixtures/training.js";

const at = temporaryFolder();

interface Row {
  readonly text: string;
  readonly label: string;
}

/** Trains on rows of ours; dev and test are those of the sounds unless told. */
async function trainOn(name: string, rows: readonly Row[], options: Partial<TrainOptions> = {}) {
  const host = createTestHost({ cacheFolder: at("cache") });
  const trainFile = at(`${name}.jsonl`);
  writeFileSync(trainFile, toJsonLines(rows));
  const outputDir = at(name);
  const settings = trainOptions(tinyModel("bert"), outputDir, { maxSteps: 2, ...options });
  const { metrics } = await train({ ...settings, trainFile }, host);
  return { metrics, host, outputDir };
}

/** Dev and test are cut from train. */
const cut = { validationFile: undefined, testFile: undefined, folds: 0 };

/** The page of a run. */
async function page(folder: string): Promise<string> {
  const { output } = await runReport({ folder }, createTestHost());
  return readFileSync(output, "utf8");
}

const distinct = (count: number, label: (row: number) => string): Row[] =>
  Array.from({ length: count }, (_, row) => ({ text: `moo and purr ${row}`, label: label(row) }));

describe("texts", () => {
  it("of a megabyte are cut, and how much is lost is counted and told", async () => {
    const long = { text: "the cow ".repeat(131_072), label: "animal" };
    const { metrics, host } = await trainOn("long", [...soundRows("train"), long], {
      method: "l3",
      estimator: "unmasked",
    });
    const { texts, truncated_texts, truncated_tokens } = metrics.text_counts.train;
    expect([texts, truncated_texts]).toEqual([37, 1]);
    // 262,144 words of at least one token each, of which at most 30 are kept.
    expect(truncated_tokens).toBeGreaterThan(262_000);
    expect(host.notices()).toMatch(/rows cut at 32 tokens +1 \(2.7 %\)/);
  });

  it("that are all the same can be trained on, where dev and test are given", async () => {
    const labels = ["animal", "engine", "water"];
    const rows = labels.flatMap((label) =>
      Array.from({ length: 8 }, () => ({ text: "a sound in the night", label })),
    );
    const { metrics, host } = await trainOn("same", rows, { method: "l3" });
    expect(metrics.text_counts.train.repeated_texts).toBe(23);
    expect(host.notices()).toContain("repeat the text of an earlier row");
    expect(host.notices()).toContain("train has 1 text with more than one label");
  });

  it("that are all the same cannot be split, and the error says what would help", async () => {
    const rows = distinct(30, (row) => ["animal", "water"][row % 2]);
    const same = rows.map(({ label }) => ({ text: "a sound in the night", label }));
    const error = await failure(trainOn("same-cut", same, cut));
    expect(error.code).toBe("data-empty");
    expect(error.message).toContain("dev, found none after splitting train");
    expect(error.hint).toContain("at least 3 different texts");
  });

  it("that hold no token of their own are trained on, scored as nothing, and counted", async () => {
    const rows = [...soundRows("train"), { text: "\u0000\u0001", label: "water" }];
    const { metrics } = await trainOn("tokenless", rows, { method: "l3" });
    expect(metrics.excluded).toMatchObject({ empty_texts_train: 0 });
    expect(metrics.text_counts.train.texts_without_tokens).toBe(1);
  });
});

describe("labels", () => {
  it("may be a thousand: trained on, measured and reported", async () => {
    const rows = distinct(3000, (row) => `label ${row % 1000}`);
    const { metrics, outputDir } = await trainOn("thousand", rows, { ...cut, maxSteps: 1 });
    expect(Object.keys(metrics.test?.per_label ?? {})).toHaveLength(1000);
    expect(metrics.text_counts.test.texts).toBe(1000);
    const html = await page(outputDir);
    expect(html).toContain("With 1000 labels a matrix would be too large to read.");
    expect(html).toContain("the most frequent confusions");
    // A million cells would be 10 MB.
    expect(html.length).toBeLessThan(3e6);
  });

  it("with one example stay in train when dev and test are cut from it, and are warned of", async () => {
    const rows = [...distinct(30, (row) => ["a", "b"][row % 2]), { text: "drip", label: "rare" }];
    const { metrics, host } = await trainOn("rare", rows, cut);
    expect(metrics.test?.per_label.rare).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
    expect(host.notices()).toContain("1 label of train has fewer than 10 rows: rare (1)");
  });

  it("must be two at least", async () => {
    const error = await failure(
      trainOn(
        "one-label",
        distinct(20, () => "animal"),
        cut,
      ),
    );
    expect(error.code).toBe("data-classes");
    expect(error.message).toContain('found only "animal"');
  });
});

describe("two rows", () => {
  const rows = distinct(2, (row) => ["animal", "engine"][row]);

  it("are too few to cut dev from", async () => {
    const error = await failure(trainOn("two-cut", rows, cut));
    expect(error.code).toBe("data-empty");
    expect(error.hint).toContain("at least 3 different texts");
  });

  it("are enough to train on where dev is given, and no test split is needed", async () => {
    const validationFile = at("two-dev.jsonl");
    writeFileSync(validationFile, toJsonLines(rows));
    const options = { validationFile, testFile: undefined, method: "rtm" } as const;
    const { metrics, outputDir } = await trainOn("two", rows, options);
    expect(metrics.test).toBeNull();
    expect(readJournal(outputDir).steps).toHaveLength(2);
    expect(await page(outputDir)).toContain("There is no test split");
  });
});

describe("a hundred thousand rows", () => {
  const words = ["moo", "purr", "splash", "rumble", "drip", "cow", "engine", "brook"];
  const rows = Array.from({ length: 100_000 }, (_, row) => ({
    // Base 8 in words, so that every text occurs once.
    text: Array.from({ length: 6 }, (_, place) => words[(row >> (3 * place)) % 8]).join(" "),
    label: ["animal", "engine", "water"][row % 3],
  }));

  // The time limit of the test bounds the time.
  it("are read, checked, split, encoded and batched in little memory", async () => {
    const before = process.memoryUsage().rss;
    const { metrics } = await trainOn("many", rows, {
      ...cut,
      method: "rtm",
      unlabeledFile: [at("many.jsonl")],
      // Labels that follow no word take it longest: 141 passes, half a minute.
      baseline: false,
    });
    const { train: inTrain, dev, test, unlabelled } = metrics.text_counts;
    // A tenth of each of three labels, rounded.
    expect([dev.texts, test.texts]).toEqual([9999, 9999]);
    expect(inTrain.texts).toBe(100_000 - 2 * 9999);
    expect(unlabelled.texts).toBe(100_000);
    // 6 MB of text, twice.
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  }, 60_000);
});

describe("memory", () => {
  const recordSchema = z.object({
    memory: z.object({
      estimate: z.number().int(),
      parts: z.record(z.string(), z.number()),
      scoring: z.number(),
      available: z.number(),
    }),
  });

  it("is estimated before training; too little is warned of, and both are recorded", async () => {
    const host = createTestHost({ availableBytes: 2 ** 20 });
    const outputDir = at("memory");
    await train(trainOptions(tinyModel("roberta"), outputDir, { method: "rtm" }), host);
    expect(host.notices("warning")).toMatch(
      /needs about \d+ MiB of memory, and 1 MiB is available/,
    );
    const { memory } = recordSchema.parse(readJson(join(outputDir, "config.json")));
    expect(memory.available).toBe(2 ** 20);
    const sum = Object.values(memory.parts).reduce((a, b) => a + b);
    expect(sum).toBe(memory.estimate);
  });

  it("is not spoken of where there is enough", async () => {
    const host = createTestHost();
    await train(trainOptions(tinyModel("roberta"), at("enough"), { maxSteps: 1 }), host);
    expect(host.notices()).not.toContain("of memory");
  });
});
