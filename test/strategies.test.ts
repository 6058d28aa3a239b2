/** Training with strategies that need more of a text than likelihoods under the vanilla model. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runCompare } from "../src/commands/compare/compare.js";
import type { RunEvent } from "../src/run/host/host.js";
import { compareSchema, resolveSettings, type TrainOptions } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const at = temporaryFolder();
const bert = tinyModel("bert");
const host = () => createTestHost({ cacheFolder: at("cache") });
const options = (name: string, more: Partial<TrainOptions>) =>
  trainOptions(bert, at(name), { maxSteps: 2, baseline: false, ...more });

const maskingSchema = z.object({ strategy: z.string(), mean: z.number(), moved: z.number() });
const masking = (name: string) => maskingSchema.parse(readJson(at(`${name}/masking.json`)));

// The distributions of a model with random weights are nearly alike.
it.each([
  ["entropy", 0.0005],
  ["excess", 0.01],
] as const)("%s moves the budget and keeps it", async (method, least) => {
  const watcher = host();
  await train(options(method, { method }), watcher);
  expect(masking(method)).toMatchObject({ strategy: method });
  expect(masking(method).mean).toBeCloseTo(0.15, 6);
  expect(masking(method).moved).toBeGreaterThan(least);
  expect(watcher.notices()).toContain("of the mask budget on other tokens than random masking");
  const { steps } = readJournal(at(method));
  expect(steps.map(({ masked_tokens: masked }) => masked > 0)).toEqual([true, true]);
});

it("adapts a copy of the model once for all seeds", async () => {
  const [first, second] = [host(), host()];
  const settings = { method: "excess", estimator: "unmasked", adaptationEpochs: 1 } as const;
  await train(options("first-seed", settings), first);
  await train(options("second-seed", { ...settings, seed: 1 }), second);
  expect(first.notices()).toContain("adapting a copy of the model to the texts in 3 steps");
  expect(second.notices()).not.toContain("adapting a copy");
  expect(masking("second-seed")).toEqual(masking("first-seed"));
});

it("contrast masks what general text lacks, and asks for some", async () => {
  const words = "the a and is was of to it in on".split(" ");
  const lines = Array.from({ length: 40 }, (_, line) => `${words[line % 10]} ${words[line % 7]}`);
  writeFileSync(at("general.txt"), lines.join("\n"));
  const error = await failure(train(options("none", { method: "contrast" }), host()));
  expect(error).toMatchObject({ code: "missing-setting" });
  expect(error.message).toContain("--general-file");
  writeFileSync(at("empty.txt"), "\n\n");
  const empty: Partial<TrainOptions> = { method: "contrast", generalFile: [at("empty.txt")] };
  expect(await failure(train(options("empty", empty), host()))).toMatchObject({
    code: "data-empty",
  });

  const given = options("contrast", { method: "contrast", generalFile: [at("general.txt")] });
  await train(given, host());
  expect(masking("contrast").moved).toBeGreaterThan(0.01);
  const record = z
    .object({ general_digest: z.string() })
    .parse(readJson(at("contrast/config.json")));
  expect(record.general_digest).toMatch(/^[\da-f]{64}$/);

  // Other general text makes it another run.
  writeFileSync(at("general.txt"), "quite other words");
  const resumed = failure(train({ ...given, resume: true }, host()));
  expect(await resumed).toMatchObject({ code: "invalid-setting" });
});

it("compare has a row for each, and tells what each moves", async () => {
  writeFileSync(at("common.txt"), "the a and is was of to it in on\n");
  const watcher = host();
  const given = resolveSettings(compareSchema, {
    ...soundFiles,
    ...{ model: [bert], methods: ["tapt", "entropy", "excess", "contrast"], seeds: ["0"] },
    ...{ generalFile: [at("common.txt")], maxSteps: 1, maxLength: 32, batchSize: 12 },
    ...{ bootstrapSamples: 100, outputDir: at("compared") },
  });
  const { finished, failed, table } = await runCompare(given, watcher);
  expect([finished, failed]).toEqual([4, 0]);
  expect(table).toContain("MTL domain contrast");
  expect(watcher.notices().match(/of the mask budget on other tokens/g)?.length).toBeGreaterThan(2);
  // The runs found what the command computed.
  expect(watcher.notices().match(/adapting a copy of the model/g)).toHaveLength(1);
  expect(existsSync(join(at("compared"), "results.md"))).toBe(true);
});

describe("masks that change while a model is trained", () => {
  // 36 texts in steps of 12: three steps an epoch.
  const changing: Partial<TrainOptions> = { method: "l3", maxSteps: 9, estimator: "unmasked" };
  const masked = (name: string) => readJournal(at(name)).steps.map((step) => step.masked_tokens);

  it("follow the budget from epoch to epoch", async () => {
    const given = { ...changing, mlmProbability: 0.1, finalMlmProbability: 0.9 };
    await train(options("budget", given), host());
    const [first, second, third] = [0, 3, 6].map((start) =>
      masked("budget")
        .slice(start, start + 3)
        .reduce((sum, count) => sum + count, 0),
    );
    // 0.1, 0.5 and 0.9 of the same texts.
    expect(second / first).toBeGreaterThan(3);
    expect(third / second).toBeGreaterThan(1.5);
    expect(third / second).toBeLessThan(2.1);
  });

  it("follow the model under training, also where the run was stopped in between", async () => {
    const given = { ...changing, learningRate: 1e-2, rescoreEpochs: 1 };
    await train(options("vanilla", { ...given, rescoreEpochs: 3 }), host());
    await train(options("rescored", given), host());
    expect(masked("rescored").slice(0, 3)).toEqual(masked("vanilla").slice(0, 3));
    expect(masked("rescored").slice(3)).not.toEqual(masked("vanilla").slice(3));

    const stopAt = (event: RunEvent) => event.type === "step" && event.step === 5;
    const stopping = createTestHost({ cacheFolder: at("cache"), stopAt });
    const stopped = options("stopped", given);
    expect(await failure(train(stopped, stopping))).toMatchObject({ code: "interrupted" });
    await train({ ...stopped, resume: true }, host());
    expect(readJournal(at("stopped")).events).toEqual(readJournal(at("rescored")).events);
    expect(existsSync(at("stopped/rescored"))).toBe(false);
  });

  it("do so in folds too", async () => {
    const { validationFile: _, ...single } = options("folds", { ...changing, folds: 2 });
    const watcher = host();
    await train({ ...single, testFile: undefined, maxSteps: 4, rescoreEpochs: 1 }, watcher);
    // Eighteen texts are two steps an epoch: once in each fold; the kept model has all 36, and three.
    const scored = watcher.events.filter(
      (event) => event.type === "progress" && event.detail?.startsWith("by the model after epoch"),
    );
    expect(scored.length).toBeGreaterThanOrEqual(3);
  });
});

describe("a strategy of one's own", () => {
  const example = join(root, "examples/strategy.mjs");
  const module = (name: string, text: string) => {
    writeFileSync(at(name), text);
    return at(name);
  };

  it("masks by the example, of less than thirty lines", async () => {
    expect(readFileSync(example, "utf8").split("\n").length).toBeLessThan(30);
    const watcher = host();
    await train(options("own", { method: "own", strategy: example }), watcher);
    expect(masking("own")).toMatchObject({ strategy: "own" });
    expect(masking("own").mean).toBeCloseTo(0.15, 6);
    expect(watcher.notices()).toContain("Rare surprises puts");
  });

  it("is another strategy for another module, and asked for by the method", async () => {
    const file = module("mine.mjs", weighing("word < 0 ? 0 : token"));
    const given = options("mine", { method: "own", strategy: file });
    await train(given, host());
    writeFileSync(file, weighing("word < 0 ? 0 : 2 * token"));
    const again = failure(train({ ...given, resume: true }, host()));
    expect(await again).toMatchObject({ code: "invalid-setting" });
    expect((await again).message).toContain("strategy_digest");
    const none = failure(train(options("nobody", { method: "own" }), host()));
    expect(await none).toMatchObject({ code: "missing-setting" });
    const nowhere = { method: "own", strategy: at("nowhere.mjs") } as const;
    expect(await failure(train(options("nowhere", nowhere), host()))).toMatchObject({
      code: "file-missing",
    });
  });

  it.each([
    ["broken.mjs", "export default {", /expected a module in .*, got \w*Error/],
    ["empty.mjs", "export const strategy = 1;", /expected needs to be one of/],
    [
      "lists.mjs",
      "export default { needs: 'nothing', weights: () => [1] };",
      /a Float64Array of 6/,
    ],
    // Wrong only for a real text: the made-up ones are shorter or longer.
    [
      "late.mjs",
      weighing("word === 5 && ids.length < 30 ? -1 : 1"),
      /for "[^"]+", token \d+ of text 1/,
    ],
  ])("says what is wrong with %s", async (name, text, message) => {
    const strategy = module(name, text);
    const given = options(`of ${name}`, { method: "own", strategy });
    const error = await failure(train(given, host()));
    expect(error).toMatchObject({ code: "strategy-invalid" });
    expect(error.message).toMatch(message);
  });

  it("is a row of a comparison", async () => {
    const given = resolveSettings(compareSchema, {
      ...soundFiles,
      ...{ model: [bert], methods: ["rtm", "own"], seeds: ["0"], strategy: example },
      ...{ maxSteps: 1, maxLength: 32, batchSize: 12, bootstrapSamples: 100 },
      outputDir: at("own-row"),
    });
    const { finished, table } = await runCompare(given, host());
    expect(finished).toBe(2);
    expect(table).toContain("MTL own strategy");
  });
});

/** A module whose weight of a token is an expression. */
function weighing(weight: string): string {
  return `export default { needs: "nothing", weights: (ids) => Float64Array.from(ids, (word, token) => ${weight}) };`;
}
