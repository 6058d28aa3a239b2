/** The vanilla model that comes with the project: its files, and that it has learned some English. */
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { commands } from "../src/commands/table.js";
import { loadCheckpoint } from "../src/model/checkpoint/load.js";
import { loadTokenizer } from "../src/text/load.js";
import { readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost } from "./fixtures/host.js";

const folder = fileURLToPath(new URL("../models/minilm", import.meta.url));
const at = temporaryFolder();
const scoresSchema = z.object({
  tokens: z.array(z.string()),
  word_ids: z.array(z.number().nullable()),
  logprob: z.array(z.number().nullable()),
});

describe("models/minilm", () => {
  it("has the files of a BERT checkpoint with licence and notice, in under 50 MB", () => {
    const names = readdirSync(folder);
    const needed = ["README.md", "LICENSE", "NOTICE", "config.json", "model.safetensors"];
    for (const name of [...needed, "tokenizer.json", "vocab.txt"]) expect(names).toContain(name);
    const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(50e6);
  });

  it("loads whole: 6 layers of 384, 512 positions, 30,522 tokens", async () => {
    const { spec, report } = await loadCheckpoint(folder);
    expect(spec).toMatchObject({
      family: { name: "bert" },
      layers: 6,
      hiddenSize: 384,
      heads: 12,
    });
    expect(spec).toMatchObject({ vocabularySize: 30_522, maxPositions: 512, labels: undefined });
    // It has no classifier yet; everything else is there.
    const missing = report.missing.filter((name) => !name.startsWith("classification"));
    expect([missing, report.unexpected]).toEqual([[], []]);
    expect((await loadTokenizer(folder)).vocabularySize).toBe(30_522);
  });
});

/** Text before, a sensible word, a word drawn from elsewhere, text after. */
const gaps = [
  ["She opened the", "door", "sugar", "and walked slowly into the room."],
  ["In the nineteenth", "century", "window", "the population of the city grew very quickly."],
  ["They went to the United", "States", "Bread", "of America to look for work."],
  ["On the other", "hand", "soup", ", many of the old laws are still in force."],
  ["The war came to an", "end", "blue", "in the following year."],
  ["The king was not", "able", "music", "to pay his soldiers."],
  ["There are more than two hundred", "people", "because", "living in the village."],
  ["He was one of the most", "important", "kitchen", "writers of his time."],
  ["At the age of twenty, he married the", "daughter", "gravity", "of a rich merchant."],
  ["The book was first", "published", "hungry", "in London, and it was read by many people."],
] as const;

describe("fill-mask with models/minilm", () => {
  /** log P of the word in the gap, summed over its tokens. */
  const likelihoods = new Map<string, number>();
  beforeAll(async () => {
    const sentences = gaps.flatMap(([before, sensible, random, after]) =>
      [sensible, random].map((word) => ({ before, word, text: `${before} ${word} ${after}` })),
    );
    const input = at("sentences.jsonl");
    writeFileSync(input, sentences.map(({ text }) => JSON.stringify({ text })).join("\n"));
    const output = at("scores.jsonl");
    const host = createTestHost({ cacheFolder: at("cache") });
    await commands.score.run({ model: folder, input, output }, host);
    readJsonLines(output, scoresSchema).forEach((scores, i) => {
      const { before, word } = sentences[i];
      // Words are told apart by spaces here: the gap is the word after those of `before`.
      const pieces = before.match(/[\w']+|[^\w\s]+/g) ?? [];
      const total = scores.logprob.reduce<number>(
        (sum, value, at) => (scores.word_ids[at] === pieces.length ? sum + (value ?? 0) : sum),
        0,
      );
      const spelled = scores.tokens.filter((_, at) => scores.word_ids[at] === pieces.length);
      expect(spelled.join("").replaceAll("##", "")).toBe(word.toLowerCase());
      likelihoods.set(`${before} ${word}`, total);
    });
  });

  it.each(gaps)("%s ... : %s is e^3 times as likely as %s", (before, sensible, random) => {
    const advantage =
      (likelihoods.get(`${before} ${sensible}`) ?? Number.NaN) -
      (likelihoods.get(`${before} ${random}`) ?? Number.NaN);
    expect(advantage).toBeGreaterThan(3);
  });
});
