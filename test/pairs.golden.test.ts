/** Pairs of texts against transformers (scripts/golden/pairs.py): rows and their types, logits, gradients, likelihoods. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { joinedTexts } from "../src/base/pairs.js";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../src/engine/runtime/runtime.js";
import { packOptions, packTexts, padTexts, tokenTypesOf } from "../src/method/batch/pack.js";
import { scoreTexts } from "../src/method/likelihood/score.js";
import { tokenPredictor } from "../src/method/likelihood/token-predictor.js";
import { exportedClassifier } from "../src/method/program/exported.js";
import { compileClassification, compileTokenLikelihood } from "../src/method/program/inference.js";
import { compileClassificationTraining } from "../src/method/program/training.js";
import { createDropoutMasks } from "../src/method/train/dropout-masks.js";
import { hostParameters } from "../src/method/train/trained-parameters.js";
import { loadCheckpoint } from "../src/model/checkpoint/load.js";
import { exportedLogits, sampledTexts } from "../src/run/export/faithfulness.js";
import { createTrainable } from "../src/run/fine-tune/trainable.js";
import { asReading, weightsOf } from "../src/run/sources/model-facts.js";
import { NO_WORD } from "../src/text/encoding.js";
import { loadTokenizer } from "../src/text/load.js";
import { savedClassifier, tinyModel } from "./fixtures/host.js";

const pair = z.tuple([z.string(), z.string()]);
const numbers = z.array(z.number());
const familySchema = z.object({
  encoded: z.array(
    z.object({
      pair,
      maxLength: z.number(),
      ...{ ids: numbers, types: numbers, sequences: numbers, words: numbers },
    }),
  ),
  classified: z.object({
    maxLength: z.number(),
    labels: numbers,
    logits: z.array(numbers),
    loss: z.number(),
    typeGradient: z.array(numbers),
    gradientNorm: z.number(),
  }),
  likelihoods: z.object({ pair, pll: z.array(z.number().nullable()) }),
});
const golden = z
  .object({ families: z.object({ bert: familySchema, roberta: familySchema }) })
  .parse(JSON.parse(readFileSync(new URL("./golden/pairs.json", import.meta.url), "utf8")));

const task = { textColumns: ["question", "answer"] };

async function pairReader(folder: string) {
  const given = { ...(await loadCheckpoint(folder)), tokenizer: await loadTokenizer(folder) };
  return asReading(given, { longTexts: "head", task });
}

describe.each(["bert", "roberta"] as const)("pairs, %s", (family) => {
  const { encoded, classified, likelihoods } = golden.families[family];
  const pairs = encoded.slice(0, classified.labels.length).map((row) => joinedTexts(row.pair));
  let runtime: Runtime;
  let reader: Awaited<ReturnType<typeof pairReader>>;
  beforeAll(async () => {
    runtime = await cpu.open({ threads: 1 });
    reader = await pairReader(savedClassifier(family));
  });

  const idsOfPairs = () =>
    pairs.map((text) => reader.tokenizer.encode(text, classified.maxLength).ids);

  it("are the rows of transformers at every length, with their types", () => {
    const { tokenizer, spec } = reader;
    const { pairSeparator } = packOptions(spec);
    for (const { pair: texts, maxLength, ids, types, sequences, words } of encoded) {
      const row = tokenizer.encode(joinedTexts(texts), maxLength);
      const what = JSON.stringify([texts, maxLength]);
      expect(Array.from(row.ids), what).toEqual(ids);
      expect(Array.from(tokenTypesOf(row.ids, pairSeparator)), what).toEqual(types);
      // Words of the second text count on from all those of the first, cut or not.
      const before = 1 + Math.max(-1, ...tokenizer.encode(texts[0], 1000).wordIds);
      const counted = words.map((word, at) => (sequences[at] === 1 ? before + word : word));
      expect(Array.from(row.wordIds), what).toEqual(counted);
      const whole = tokenizer.encode(joinedTexts(texts), 1000);
      expect(row.truncated, what).toBe(whole.ids.length - ids.length);
    }
  });

  it("have the logits of transformers, packed and padded, and as an exported file", async () => {
    const { spec, values } = reader;
    const weights = weightsOf(values);
    const classes = classified.logits[0].length;
    const program = await compileClassification(runtime, spec, classes, weights);
    for (const arrange of [packTexts, padTexts]) {
      const logits = await program.logits(arrange(idsOfPairs(), packOptions(spec)));
      expectClose(logits, classified.logits.flat());
    }
    await program.dispose();
    const bytes = exportedClassifier(spec, classes, weights, "float32");
    expectClose(await exportedLogits(bytes, spec, idsOfPairs(), runtime), classified.logits.flat());
  });

  it("have the gradients of transformers, those of token types among them", async () => {
    const { spec, values } = reader;
    const classes = classified.logits[0].length;
    const store = createTrainable(spec, { mlmHead: false, classes }, values, 0);
    for (const { name } of store.parameters) store.weight(name).set(values.get(name) ?? []);
    const parameters = hostParameters(store);
    const rates = { dropout: 0, attentionDropout: 0 };
    const arrays = parameters.arrays(createDropoutMasks(0, rates));
    const training = await compileClassificationTraining(runtime, spec, classes, rates, arrays);
    const labels = Int32Array.from(classified.labels);
    const batch = packTexts(idsOfPairs(), packOptions(spec));
    const { lossSum } = await training.accumulate(batch, labels, 1 / labels.length);
    await training.dispose();
    expect(lossSum / labels.length).toBeCloseTo(classified.loss, 5);
    const types = store.view("gradient", "embeddings.token_type_embeddings.weight");
    expectClose(types, classified.typeGradient.flat());
    const squares = store.parameters.flatMap(({ name }) =>
      Array.from(store.view("gradient", name), (value) => value * value),
    );
    const norm = Math.sqrt(squares.reduce((sum, value) => sum + value, 0));
    expect(norm).toBeCloseTo(classified.gradientNorm, 4);
  });

  it("are scored over both texts, closing tokens apart", async () => {
    const model = await pairReader(tinyModel(family));
    const { spec, values, tokenizer } = model;
    const encoding = tokenizer.encode(joinedTexts(likelihoods.pair), 64);
    const program = await compileTokenLikelihood(runtime, spec, weightsOf(values));
    const [scores] = await scoreTexts([encoding], {
      estimator: "pll",
      maskId: tokenizer.special.mask,
      predict: tokenPredictor(program, spec),
      tokenBudget: 500,
    });
    await program.dispose();
    const expected = likelihoods.pll.map((score) => score ?? Number.NaN);
    expect(scores.map((score) => +Number.isNaN(score))).toEqual(
      Float32Array.from(expected, (score) => +Number.isNaN(score)),
    );
    expect(encoding.wordIds.filter((word) => word === NO_WORD).length).toBe(
      family === "bert" ? 3 : 4,
    );
    expectClose(
      scores.filter((score) => !Number.isNaN(score)),
      expected.filter((score) => !Number.isNaN(score)),
    );
  });

  it("are sampled with both texts where a file is checked on random tokens", () => {
    const { special } = reader.tokenizer;
    const rows = sampledTexts(reader.tokenizer, 24);
    const ends = rows.map((ids) => ids.filter((id) => id === special.last).length);
    expect(new Set(ends)).toEqual(new Set([family === "bert" ? 2 : 3]));
    expect(Math.max(...rows.map(({ length }) => length))).toBe(24);
  });
});

function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  const differences = expected.map((value, index) => Math.abs(value - found[index]));
  expect(Math.max(...differences)).toBeLessThan(1e-4);
}
