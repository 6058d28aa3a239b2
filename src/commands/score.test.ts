import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failure } from "../../test/fixtures/failure.js";
import { readJsonLines, temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { toJsonLines } from "../../test/fixtures/sounds.js";
import type { Host } from "../run/host/host.js";
import { resolveSettings, type ScoreOptions, scoreSchema } from "../run/settings/schemas.js";
import { runScore } from "./score.js";
import { commands } from "./table.js";

const at = temporaryFolder();
const model = tinyModel("roberta");

const nullable = z.array(z.number().nullable());
const goldenSchema = z.object({
  likelihood: z.object({
    texts: z.array(
      z.object({
        text: z.string(),
        ids: z.array(z.number()),
        wordIds: nullable,
        pll: nullable,
        "pll-word-l2r": nullable,
      }),
    ),
  }),
});
const golden = goldenSchema.parse(JSON.parse(readFileSync(`${model}/golden.json`, "utf8")));
/** Texts of PyTorch's golden scores, an empty one among them, and one that comes twice. */
const scored = golden.likelihood.texts.slice(0, 8);
const texts = [...scored.map(({ text }) => text), "", scored[0].text];

const input = at("texts.jsonl");
writeFileSync(input, toJsonLines(texts.map((text) => ({ text }))));

const lineSchema = z.strictObject({
  ids: z.array(z.number().int()),
  tokens: z.array(z.string()),
  word_ids: nullable,
  logprob: nullable,
});

const score = (output: string, options: Partial<ScoreOptions>, host: Host) =>
  runScore(resolveSettings(scoreSchema, { model, input, output, maxLength: 48, ...options }), host);

describe("score", () => {
  it.each(["pll", "pll-word-l2r"] as const)(
    "writes PyTorch's %s, null at special tokens",
    async (estimator) => {
      const output = at(`${estimator}.jsonl`);
      const host = createTestHost({ cacheFolder: at(`cache-${estimator}`) });
      expect(await score(output, { estimator }, host)).toEqual({ texts: 10, output });
      const rows = readJsonLines(output, lineSchema);
      expect(rows.length).toBe(10);
      for (const [index, expected] of scored.entries()) {
        const { ids, tokens, word_ids, logprob } = rows[index];
        expect(ids).toEqual(expected.ids);
        expect(word_ids).toEqual(expected.wordIds);
        expect([tokens[0], tokens.at(-1)]).toEqual(["<s>", "</s>"]);
        expect([logprob[0], logprob.at(-1)]).toEqual([null, null]);
        expect(logprob.length).toBe(ids.length);
        logprob.forEach((value, position) => {
          const reference = expected[estimator][position];
          if (reference === null) expect(value).toBeNull();
          else expect(value).toBeCloseTo(reference, 4);
        });
      }
      expect(rows[8]).toEqual({
        ids: [0, 2],
        tokens: ["<s>", "</s>"],
        word_ids: [null, null],
        logprob: [null, null],
      });
      expect(rows[9]).toEqual(rows[0]);
      expect(host.openSessions).toBe(0);
    },
  );

  it("in int8 tells its rank correlation with float32, and keeps scores of its own", async () => {
    const host = createTestHost({ cacheFolder: at("cache-int8") });
    const { estimator_report: report } = await score(
      at("int8.jsonl"),
      { scoringPrecision: "int8" },
      host,
    );
    expect(report).toMatchObject({
      estimator: "pll-word-l2r",
      exact: "pll-word-l2r",
      precision: "int8",
    });
    expect(report?.spearman).toBeGreaterThan(0.9);
    expect(host.notices()).toContain("estimator pll-word-l2r in int8 against pll-word-l2r on");
    // Through the same cache.
    await score(at("float32.jsonl"), {}, host);
    const [rounded, exact] = ["int8.jsonl", "float32.jsonl"].map((name) =>
      readJsonLines(at(name), lineSchema).flatMap(({ logprob }) => logprob),
    );
    const golden = scored.flatMap((text) => text["pll-word-l2r"]);
    golden.forEach((value, i) => {
      if (value !== null) expect(exact[i]).toBeCloseTo(value, 4);
    });
    expect(rounded.some((value, i) => value !== exact[i])).toBe(true);
    expect(host.openSessions).toBe(0);
  });

  it("goes on after an interruption with the texts that are done", async () => {
    const cacheFolder = at("cache-stopped");
    const options = { scoringTokens: 600, estimator: "pll" };
    const whole = createTestHost({ cacheFolder: at("cache-whole") });
    await score(at("whole.jsonl"), options, whole);

    const stopped = createTestHost({
      cacheFolder,
      stopAt: (event) => event.type === "progress" && event.done > event.total / 2,
    });
    const error = await failure(score(at("resumed.jsonl"), options, stopped));
    expect(error).toMatchObject({ code: "interrupted", exitCode: 130 });
    expect(existsSync(at("resumed.jsonl"))).toBe(false);
    expect(stopped.openSessions).toBe(0);

    const resumed = createTestHost({ cacheFolder });
    await score(at("resumed.jsonl"), options, resumed);
    const [first] = resumed.progress("scoring");
    expect(first.done).toBeGreaterThan(0);
    expect(first.detail).toMatch(/^\d+ texts from the cache$/);
    const calls = (host: typeof whole) => host.runs("token-likelihood");
    expect(calls(resumed)).toBeLessThan(calls(whole));
    // At most the text that was cut short is scored anew.
    expect(calls(stopped) + calls(resumed)).toBeLessThanOrEqual(calls(whole) + 2);

    const values = (file: string) => readJsonLines(at(file), lineSchema).flatMap((r) => r.logprob);
    const expected = values("whole.jsonl");
    values("resumed.jsonl").forEach((value, index) => {
      // Other neighbours in a call may round differently.
      expect(value ?? 0).toBeCloseTo(expected[index] ?? 0, 4);
    });

    const again = createTestHost({ cacheFolder });
    await score(at("again.jsonl"), options, again);
    expect(calls(again)).toBe(0);
    // All but the empty one, which has no tokens to score.
    expect(again.progress("scoring")).toMatchObject([{ detail: "9 texts from the cache" }]);
    expect(readFileSync(at("again.jsonl"))).toEqual(readFileSync(at("resumed.jsonl")));
  });

  it("tells how far a cheap estimator's order is from PyTorch's exact scores", async () => {
    const host = createTestHost({ cacheFolder: at("cache-cheap") });
    const output = at("cheap.jsonl");
    const { estimator_report: report } = await score(output, { estimator: "block-3" }, host);
    // All ten texts are in the sample: the empty one has no tokens, the last repeats the first.
    const cheap = readJsonLines(output, lineSchema).flatMap((row) => row.logprob);
    const exact = [...scored, { "pll-word-l2r": [null, null] }, scored[0]].flatMap(
      (text) => text["pll-word-l2r"],
    );
    const pairs = cheap.flatMap((value, i) =>
      value === null ? [] : [[value, exact[i] ?? Number.NaN]],
    );
    // Pearson's correlation of ranks; equal scores (of the repeated text) share their mean rank.
    const ranks = (side: 0 | 1) => {
      const values = pairs.map((pair) => pair[side]);
      return values.map((value) => {
        const below = values.filter((other) => other < value - 1e-4).length;
        const level = values.filter((other) => Math.abs(other - value) <= 1e-4).length;
        return below + (level + 1) / 2;
      });
    };
    const [a, b] = [ranks(0), ranks(1)];
    const mean = (pairs.length + 1) / 2;
    const product = (x: number[], y: number[]) =>
      x.reduce((sum, value, i) => sum + (value - mean) * (y[i] - mean), 0);
    const rho = product(a, b) / Math.sqrt(product(a, a) * product(b, b));

    const told = host.notices("info");
    const printed = Number(/Spearman (-?[\d.]+) over all tokens/.exec(told)?.[1]);
    expect(told).toContain("block-3 against pll-word-l2r on 9 texts");
    expect(Math.abs(printed - rho)).toBeLessThan(2e-3);
    expect(rho).toBeLessThan(0.999);
    expect(report).toMatchObject({ estimator: "block-3", exact: "pll-word-l2r", sample_texts: 9 });
    expect(report?.spearman?.toFixed(3)).toBe(printed.toFixed(3));
    // Masked copies are as long as their text: one a token, or three (fewer where there are fewer words).
    const lines = readJsonLines(output, lineSchema);
    const cost = (copies: (line: (typeof lines)[number]) => number) =>
      lines.reduce((sum, line) => sum + line.ids.length * copies(line), 0);
    const words = (line: (typeof lines)[number]) =>
      new Set(line.word_ids.filter((word) => word !== null)).size;
    expect(report?.model_tokens).toBe(cost((line) => Math.min(3, words(line))));
    expect(report?.exact_model_tokens).toBe(
      cost((line) => line.logprob.filter((value) => value !== null).length),
    );
    const exactly = await score(at("exact.jsonl"), {}, host);
    expect(exactly).not.toHaveProperty("estimator_report");
  });

  it("keeps scores of other estimators and lengths apart", async () => {
    const cacheFolder = at("cache-shared");
    for (const options of [
      { estimator: "unmasked" },
      { estimator: "block-3" },
      { maxLength: 40 },
    ]) {
      const host = createTestHost({ cacheFolder });
      await score(at("apart.jsonl"), { estimator: "unmasked", ...options }, host);
      expect(host.runs("token-likelihood")).toBeGreaterThan(0);
    }
  });
});

it("gives rows to whoever takes them for -, until nobody wants more", async () => {
  const pieces: string[] = [];
  const cacheFolder = at("cache-standard");
  const taking = (enough: number) =>
    createTestHost({
      cacheFolder,
      async write(text) {
        pieces.push(text);
        return pieces.length < enough;
      },
    });
  const options = { output: "-", estimator: "unmasked" } as const;
  const result = await score("-", options, taking(1000));
  expect(result).toMatchObject({ texts: texts.length, output: undefined });
  await score(at("beside.jsonl"), { estimator: "unmasked" }, createTestHost({ cacheFolder }));
  expect(pieces.join("")).toBe(readFileSync(at("beside.jsonl"), "utf8"));
  pieces.length = 0;
  await score("-", options, taking(2));
  expect(pieces).toHaveLength(2);
  const unheard = await failure(score("-", options, createTestHost({ cacheFolder })));
  expect(unheard).toMatchObject({ code: "invalid-setting" });
});

it("reads the text column alone, whatever else the file holds", async () => {
  const rows = [{ text: "moo", label: ["a", "b"], labels: { x: 1 } }];
  writeFileSync(at("lists.jsonl"), toJsonLines(rows));
  const host = createTestHost({ cacheFolder: at("cache-lists") });
  await score(at("lists-out.jsonl"), { input: at("lists.jsonl"), estimator: "unmasked" }, host);
  expect(readFileSync(at("lists-out.jsonl"), "utf8").split("\n")).toHaveLength(2);
});

describe("score refuses", () => {
  const refused = (options: Partial<ScoreOptions>) =>
    failure(score(at("refused.jsonl"), options, createTestHost({ cacheFolder: at("cache-none") })));

  it("an output that cannot be written", async () => {
    expect(await refused({ output: at("no/such/scores.jsonl") })).toMatchObject({
      code: "invalid-setting",
    });
  });

  it("a checkpoint without a masked-LM head", async () => {
    const error = await refused({ model: savedClassifier("roberta") });
    expect(error).toMatchObject({ code: "checkpoint-tensor" });
    expect(error.message).toContain("masked-LM head");
  });

  it("an estimator that does not exist, and a length that the model cannot read", async () => {
    expect(await refused({ estimator: "guess" })).toMatchObject({ code: "invalid-setting" });
    expect(await refused({ maxLength: 65 })).toMatchObject({ code: "invalid-setting" });
  });
});

describe("scoreTexts", () => {
  it("gives what `score` writes, of texts in memory", async () => {
    const host = createTestHost({ cacheFolder: at("cache-pll") });
    const given = { model, texts, estimator: "pll", maxLength: 48 };
    const found = await commands.scoreTexts.run(given, host);
    expect(found).toEqual(readJsonLines(at("pll.jsonl"), lineSchema));
    expect(host.runs("token-likelihood")).toBe(0);
  });

  it("of no texts is nothing", async () => {
    const host = createTestHost({ cacheFolder: at("cache-nothing") });
    expect(await commands.scoreTexts.run({ model, texts: [], maxLength: 48 }, host)).toEqual([]);
  });
});
