import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { failure } from "../../test/fixtures/failure.js";
import { changedModel, readJson, temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { elementsNamed } from "../../test/fixtures/markup.js";
import { savedRecord } from "../../test/fixtures/saved-record.js";
import { soundRows, toJsonLines } from "../../test/fixtures/sounds.js";
import { train, trainOptions } from "../../test/fixtures/training.js";
import { runExamples } from "../results/records/token-masks.js";
import type { Host } from "../run/host/host.js";
import { type ExplainOptions, explainSchema, resolveSettings } from "../run/settings/schemas.js";
import { loadTokenizer } from "../text/load.js";
import type { ExplainResult } from "./explain.js";
import { runExplain } from "./explain.js";
import { runScoreTexts } from "./score-texts.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const vanillaModel = tinyModel("roberta");
const record = savedRecord();

const ofLabels = z.array(z.array(z.number()));
const goldenSchema = z.object({
  families: z.record(
    z.string(),
    z.object({ texts: z.array(z.object({ embeddings: ofLabels, words: ofLabels })) }),
  ),
});
const goldenAttributions = goldenSchema.parse(
  readJson(fileURLToPath(new URL("../../test/golden/attributions.json", import.meta.url))),
).families;

const explain = (options: Partial<ExplainOptions>, host: Host = createTestHost({ cacheFolder })) =>
  runExplain(
    resolveSettings(explainSchema, { model: savedClassifier("roberta"), ...options }),
    host,
  );

describe.each(["bert", "roberta"] as const)("explain with %s", (family) => {
  const { rows, labels } = record.families[family];
  const texts = rows.map(({ text }) => text);
  const options = { model: savedClassifier(family), vanillaModel: tinyModel(family), texts };
  let result: ExplainResult;

  beforeAll(async () => {
    result = await explain(options);
  });

  it("predicts what transformers does, and attributes that label's logit as PyTorch does", () => {
    expect(result.texts.length).toBe(10);
    result.texts.forEach((text, index) => {
      const { logits, ids } = rows[index];
      const best = logits.indexOf(Math.max(...logits));
      expect(text.ids).toEqual(ids);
      expect(text.label).toBe(labels[best]);
      expect(text.explained_label).toBe(labels[best]);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      expect(text.probabilities[text.label]).toBeCloseTo(Math.exp(logits[best]) / total, 5);
      const expected = goldenAttributions[family].texts[index].embeddings[best];
      expect(text.attribution.length).toBe(expected.length);
      text.attribution.forEach((value, token) => {
        expect(Math.abs(value - expected[token])).toBeLessThan(1e-4);
      });
    });
  });

  it("attributes the logit of the label asked for, to the input asked for", async () => {
    const asked = { label: labels[2], attributionInput: "words" as const };
    const { texts: found } = await explain({ ...options, ...asked });
    found.forEach(({ attribution, explained_label: label }, index) => {
      expect(label).toBe(labels[2]);
      goldenAttributions[family].texts[index].words[2].forEach((expected, token) => {
        expect(Math.abs(attribution[token] - expected)).toBeLessThan(1e-4);
      });
    });
  });

  it("has the vanilla model's surprisals, and mask probabilities by the paper's formula", async () => {
    const settings = {
      model: tinyModel(family),
      texts,
      maxLength: record.maxLength,
      estimator: "pll-word-l2r",
      device: "cpu" as const,
      scoringPrecision: "float32" as const,
      scoringTokens: 4096,
    };
    const scores = await runScoreTexts(settings, createTestHost({ cacheFolder: at("other") }));
    result.texts.forEach((text, index) => {
      const { logprob } = scores[index];
      text.surprisal.forEach((surprisal, token) => {
        const score = logprob[token];
        if (score === null) expect(surprisal).toBeNull();
        else expect(surprisal).toBeCloseTo(-score, 4);
      });
      const inside = text.mask_probability.filter((m) => m !== null);
      expect(inside.length).toBe(logprob.filter((score) => score !== null).length);
      if (inside.length === 0) return;
      expect(inside.reduce((sum, m) => sum + m, 0) / inside.length).toBeCloseTo(0.15, 9);
      // Special tokens count as surprisal 0, so m_i is u_i times one factor where nothing is capped.
      const ratios = text.mask_probability.flatMap((m, token) =>
        m === null || m === 1 ? [] : [m / (text.surprisal[token] ?? 0)],
      );
      for (const ratio of ratios) expect(ratio / ratios[0]).toBeCloseTo(1, 5);
    });
  });

  it("draws masks that differ, of tokens that can be masked, the same for the same seed", async () => {
    for (const { masks, tokens, mask_probability: m } of result.texts) {
      expect(masks.length).toBe(3);
      for (const { positions, replacements } of masks) {
        expect(replacements.length).toBe(positions.length);
        for (const position of positions) expect(m[position]).toBeGreaterThan(0);
        expect(positions.every((position) => position < tokens.length)).toBe(true);
      }
    }
    const drawn = (found: ExplainResult) => found.texts.map(({ masks }) => masks);
    expect(drawn(await explain(options))).toEqual(drawn(result));
    expect(drawn(await explain({ ...options, seed: 1 }))).not.toEqual(drawn(result));
    expect(drawn(await explain({ ...options, samples: 0 })).flat()).toEqual([]);
    const replaced = drawn(result).flatMap((masks) => masks.flatMap((mask) => mask.replacements));
    const tokenizer = await loadTokenizer(tinyModel(family));
    const maskToken = tokenizer.token(tokenizer.special.mask);
    expect(replaced.filter((token) => token === maskToken).length).toBeGreaterThan(
      replaced.length / 2,
    );
  });
});

describe("the texts of explain", () => {
  it("are the first of a file, and what is left out is counted", async () => {
    const input = at("texts.jsonl");
    writeFileSync(input, toJsonLines(["moo", "brrr", "splash"].map((text) => ({ text }))));
    const { texts, left_out: leftOut } = await explain({ vanillaModel, input, maxTexts: 2 });
    expect(texts.map(({ text }) => text)).toEqual(["moo", "brrr"]);
    expect(leftOut).toBe(1);
  });

  it("do not change each other", async () => {
    const [alone] = (await explain({ vanillaModel, texts: ["moo moo"] })).texts;
    const { texts } = await explain({ vanillaModel, texts: ["moo moo", "brrr, then a splash"] });
    alone.attribution.forEach((value, token) => {
      expect(texts[0].attribution[token]).toBeCloseTo(value, 4);
    });
  });

  it("are refused where there are none, or two sources of them", async () => {
    expect(await failure(explain({ vanillaModel }))).toMatchObject({ code: "missing-setting" });
    const both = await failure(explain({ vanillaModel, texts: ["a"], input: "b.txt" }));
    expect(both).toMatchObject({ code: "invalid-setting" });
    expect(both.message).toContain("b.txt");
  });
});

describe("explain refuses", () => {
  it("a label that the classifier does not have, and names the nearest", async () => {
    const error = await failure(explain({ vanillaModel, texts: ["a"], label: "enigne" }));
    expect(error).toMatchObject({ code: "invalid-setting", hint: 'Did you mean "engine"?' });
  });

  it("an output that is no page, or cannot be written, before any work", async () => {
    for (const output of [at("explained.json"), at("no/such/folder.html")]) {
      const host = createTestHost({ cacheFolder });
      const error = await failure(explain({ vanillaModel, texts: ["a"], output }, host));
      expect(error).toMatchObject({ code: "invalid-setting" });
      expect(error.message).toContain(output);
      expect(host.events).toEqual([]);
    }
  });

  it("a vanilla model that reads the texts as other tokens", async () => {
    const error = await failure(explain({ vanillaModel: tinyModel("bert"), texts: ["moo"] }));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain("tokenizes text 1 differently");
  });

  it("to go without a vanilla model where none is known", async () => {
    const error = await failure(explain({ texts: ["moo"] }));
    expect(error).toMatchObject({ code: "missing-setting" });
    expect(error.hint).toContain("--vanilla-model");
  });

  it("stops between batches when asked to, and closes what it opened", async () => {
    const host = createTestHost({
      cacheFolder,
      stopAt: (event) => event.type === "progress" && event.task === "explaining",
    });
    const texts = Array.from({ length: 200 }, (_, index) => `moo ${index} brrr`);
    const error = await failure(explain({ vanillaModel, texts, estimator: "unmasked" }, host));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(host.openSessions).toBe(0);
  });
});

describe("explain after a run", () => {
  const run = at("run");
  const model = at("run/model");
  const texts = ["Drip drip, by the old mill", "vroom"];

  beforeAll(async () => {
    const vanilla = at("vanilla");
    cpSync(vanillaModel, vanilla, { recursive: true });
    const options = trainOptions(vanilla, run, { method: "l3", gamma: 2, mlmProbability: 0.3 });
    await train(options, createTestHost({ cacheFolder }));
  });

  it("knows vanilla model and masking of the run, which flags overrule", async () => {
    const found = await explain({ model, texts });
    expect(found.vanilla_model).toBe(at("vanilla"));
    expect(found.masking).toMatchObject({ gamma: 2, mlm_probability: 0.3, calibration: "exact" });
    const mean = (values: readonly (number | null)[]) => {
      const inside = values.filter((value) => value !== null);
      return inside.reduce((sum, value) => sum + value, 0) / inside.length;
    };
    expect(mean(found.texts[0].mask_probability)).toBeCloseTo(0.3, 9);
    const other = await explain({ model, texts, mlmProbability: 0.1 });
    expect(other.masking).toMatchObject({ gamma: 2, mlm_probability: 0.1 });
    expect(mean(other.texts[0].mask_probability)).toBeCloseTo(0.1, 9);
  });

  it("shows no masks of a run that had none, but for a vanilla model that is named", async () => {
    const plain = at("plain-run");
    await train(
      trainOptions(at("vanilla"), plain, { method: "stl" }),
      createTestHost({ cacheFolder }),
    );
    const output = at("words.html");
    const found = await explain({ model: at("plain-run/model"), texts, output });
    expect(found).toMatchObject({
      vanilla_model: null,
      masking: {},
      attribution_input: "embeddings",
    });
    expect(found.texts.map(({ pieces }) => pieces.join(""))).toEqual(texts);
    expect(found.texts[0].masks).toEqual([]);
    expect(found.texts[0].attribution.some((value) => value !== 0)).toBe(true);
    expect(readFileSync(output, "utf8")).not.toContain("Sampled masks");
    const named = await explain({
      model: at("plain-run/model"),
      texts,
      vanillaModel: at("vanilla"),
    });
    expect(named.texts[0].masks.length).toBeGreaterThan(0);
  });

  it("shows of the training texts what the run drew, and what its report shows", async () => {
    const examples = runExamples.parse(readJson(at("run/examples.json")));
    expect(examples.length).toBe(4);
    // The first example is the first training text, so the same seed draws the same masks.
    const input = trainOptions("", "").trainFile;
    const { texts: found } = await explain({ model, input, maxTexts: 1 });
    expect(examples[0].pieces).toEqual(found[0].pieces);
    expect(examples[0].mask_probability).toEqual(found[0].mask_probability);
    expect(examples[0].masks).toMatchObject(found[0].masks.map(({ positions }) => ({ positions })));
    expect(examples[0].label).toBe(found[0].label);
    expect(examples[0].expected_label).toBe(soundRows("train")[0].label);
    const most = Math.max(...found[0].attribution.map(Math.abs));
    expect(most).toBeGreaterThan(1e-3);
    found[0].attribution.forEach((value, token) => {
      expect(Math.abs(examples[0].attribution[token] - value)).toBeLessThan(1e-4 * most);
    });
  });

  it("refuses the vanilla model of the run where its weights have changed, unless it is named", async () => {
    const moved = at("changed/model");
    mkdirSync(at("changed"));
    cpSync(model, moved, { recursive: true });
    const changed = await changedModel(vanillaModel, at("other-vanilla"), {
      tensors: (name, values) =>
        name.includes("lm_head.bias") ? values.map((x) => x + 1) : values,
    });
    const config = readFileSync(at("run/config.json"), "utf8");
    const write = (from: string) =>
      writeFileSync(
        at("changed/config.json"),
        config.replaceAll(`"${at("vanilla")}"`, `"${from}"`),
      );
    write(changed);
    const error = await failure(explain({ model: moved, texts }));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.hint).toContain(`--vanilla-model ${changed}`);
    const host = createTestHost({ cacheFolder });
    await explain({ model: moved, texts, vanillaModel: changed }, host);
    expect(host.notices("warning")).toContain("does not have the weights");

    write(at("gone"));
    const gone = await failure(explain({ model: moved, texts }));
    expect(gone).toMatchObject({ code: "checkpoint-missing" });
    expect(gone.message).toContain(at("gone"));
    writeFileSync(at("changed/config.json"), config.replace('"gamma": 2', '"gamma": "two"'));
    expect(await failure(explain({ model: moved, texts }))).toMatchObject({ code: "data-format" });
  });

  it("writes a page that a strict parser reads", async () => {
    const output = at("explained.html");
    const result = await explain({ model, texts, output });
    expect(result.output).toBe(output);
    expect(existsSync(output)).toBe(true);
    const headings = elementsNamed(readFileSync(output, "utf8"), "h2").map(({ text }) => text);
    expect(headings.length).toBe(3);
    expect(headings[0]).toContain(result.texts[0].label);
  });
});
