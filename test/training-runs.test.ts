/** How training runs go and end: masks, evaluations, early stops, interruptions, divergence, refusals. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { runScoreTexts } from "../src/commands/score-texts.js";
import type { NamedArrays } from "../src/engine/runtime/runtime.js";
import { loadCheckpoint } from "../src/model/checkpoint/load.js";
import type { TextScores } from "../src/run/inference/text-scores.js";
import { failure } from "./fixtures/failure.js";
import { changedModel, readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "./fixtures/host.js";
import { soundRows } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");
const roberta = tinyModel("roberta");

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("the masks of a run", () => {
  let nextRun = 0;
  /** Vanilla log-probabilities by the ids of a text. */
  const scoresByIds = new Map<string, TextScores>();

  beforeAll(async () => {
    const texts = soundRows("train").map(({ text }) => text);
    const settings = {
      model: roberta,
      texts,
      maxLength: 32,
      estimator: "pll-word-l2r",
      device: "cpu" as const,
      scoringPrecision: "float32" as const,
      scoringTokens: 4096,
    };
    const scores = await runScoreTexts(settings, createTestHost({ cacheFolder }));
    for (const text of scores) scoresByIds.set(text.ids.join(), text);
  });

  interface SelectedToken {
    readonly logprob: number;
    /** The text's original ids, and where the token stands in it. */
    readonly text: string;
    readonly position: number;
    readonly original: number;
    /** What the model saw in its place. */
    readonly seen: number;
  }

  /** The tokens that carried a label in each step of a run of ten epochs, as the runtime got them. */
  async function selectedTokens(method: "rtm" | "l3"): Promise<SelectedToken[][]> {
    const steps: SelectedToken[][] = [];
    const onRun = (graph: string, inputs: NamedArrays) => {
      const array = (name: string) => Array.from(inputs[name].data, Number);
      if (graph !== "multi-task-training" || array("lossScale.auxiliary")[0] === 0) return;
      const [ids, positions, read, labels] = [
        array("ids"),
        array("positions"),
        array("readSlots"),
        array("targetIds"),
      ];
      const slots = array("targetRows").map((row) => read[row]);
      const originals = [...ids];
      slots.forEach((slot, k) => {
        originals[slot] = labels[k];
      });
      steps.push(
        slots.map((slot, k) => {
          // RoBERTa counts positions from 2; a text ends with </s>, which is 2.
          const position = positions[slot] - 2;
          const start = slot - position;
          const text = originals.slice(start, originals.indexOf(2, slot) + 1).join();
          const logprob = scoresByIds.get(text)?.logprob[position];
          if (typeof logprob !== "number") throw new Error(`slot ${slot} is in no training text`);
          return { logprob, text, position, original: labels[k], seen: ids[slot] };
        }),
      );
    };
    const host = createTestHost({ cacheFolder, onRun });
    const options = { method, gamma: 4, maxSteps: 30, evalSteps: 30 };
    await train(trainOptions(roberta, at(`masks-${method}-${nextRun++}`), options), host);
    return steps;
  }

  it("fall on what the vanilla model finds unlikely for l3, on anything for rtm", async () => {
    const l3 = (await selectedTokens("l3")).flat();
    const rtm = (await selectedTokens("rtm")).flat();
    const all = [...scoresByIds.values()].flatMap(({ logprob }) =>
      logprob.filter((value) => value !== null),
    );
    for (const selected of [l3, rtm]) {
      const share = selected.length / (10 * all.length);
      expect(share).toBeGreaterThan(0.13);
      expect(share).toBeLessThan(0.17);
    }
    const likelihood = (selected: typeof l3) => mean(selected.map(({ logprob }) => logprob));
    // Mask probabilities are in proportion to surprisal^gamma within a text, none of them near 1 here.
    const expected = [...scoresByIds.values()].map(({ logprob }) => {
      const scores = logprob.filter((value) => value !== null);
      const weights = scores.map((score) => score ** 4);
      const total = weights.reduce((a, b) => a + b);
      return scores.reduce(
        (sum, score, i) => sum + (score * weights[i] * scores.length) / total,
        0,
      );
    });
    const expectedL3 = expected.reduce((a, b) => a + b) / all.length;
    expect(expectedL3).toBeLessThan(mean(all) - 0.4);
    expect(Math.abs(likelihood(l3) - expectedL3)).toBeLessThan(0.1);
    expect(Math.abs(likelihood(rtm) - mean(all))).toBeLessThan(0.1);

    // Of the selected tokens, 80 % become the mask token (359), 10 % stay, 10 % become another.
    const shareOf = (test: (token: (typeof l3)[number]) => boolean) =>
      l3.filter(test).length / l3.length;
    expect(shareOf(({ seen }) => seen === 359)).toBeCloseTo(0.8, 1);
    expect(shareOf(({ seen, original }) => seen === original)).toBeCloseTo(0.1, 1);
  });

  it("are drawn afresh in every epoch", async () => {
    const steps = await selectedTokens("rtm");
    const epoch = (number: number) =>
      steps
        .slice(3 * number, 3 * number + 3)
        .flat()
        .map(({ text, position }) => `${text}/${position}`)
        .sort();
    expect(epoch(1)).not.toEqual(epoch(0));
  });
});

describe("evaluations", () => {
  it("take place once an epoch where nothing else is asked", async () => {
    const options = trainOptions(bert, at("epochs"), { numTrainEpochs: 2 });
    delete options.maxSteps;
    await train(options, createTestHost());
    const { steps, evaluations } = readJournal(at("epochs"));
    expect(steps.length).toBe(6);
    expect(evaluations.map(({ step }) => step)).toEqual([3, 6]);
  });

  it("take place every n steps and at the end", async () => {
    const options = trainOptions(bert, at("every-2"), { maxSteps: 5, evalSteps: 2 });
    await train(options, createTestHost());
    const { evaluations, stop } = readJournal(at("every-2"));
    expect(evaluations.map(({ step }) => step)).toEqual([2, 4, 5]);
    expect(stop).toMatchObject({ reason: "steps", step: 5 });
  });

  it("stop a run that gets no better, and the best weights are kept", async () => {
    // Rates this small change nothing, so no evaluation is better than the first.
    const options = trainOptions(bert, at("patience"), {
      maxSteps: 20,
      evalSteps: 1,
      patience: 2,
      learningRate: 1e-30,
      headLearningRate: 1e-30,
    });
    const { metrics } = await train(options, createTestHost());
    const { evaluations, stop } = readJournal(at("patience"));
    expect(evaluations.map(({ best }) => best)).toEqual([true, false, false]);
    expect(stop).toEqual({ type: "stop", stage: 1, step: 3, reason: "patience", best_step: 1 });
    expect(metrics.best_step).toBe(1);
  });

  it("only tell how it goes where the last weights are to be kept", async () => {
    const outputDir = at("last");
    const options = trainOptions(bert, outputDir, {
      maxSteps: 6,
      evalSteps: 1,
      patience: 2,
      keep: "last",
      learningRate: 1e-30,
      headLearningRate: 1e-30,
    });
    const { metrics } = await train(options, createTestHost());
    const { evaluations, stop } = readJournal(outputDir);
    expect(evaluations).toHaveLength(6);
    expect(stop).toMatchObject({ step: 6, reason: "steps", best_step: 1 });
    expect(metrics.best_step).toBe(6);
    const { values } = await loadCheckpoint(`${outputDir}/model`);
    expect(values.size).toBeGreaterThan(0);
    const both = { ...options, outputDir: at("last-second"), secondStage: true };
    expect(await failure(train(both, createTestHost()))).toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("--keep best"),
    });
  });

  it("decide by accuracy if asked to; the weights of that step are tested, not the last", async () => {
    const options = trainOptions(roberta, at("accuracy"), {
      maxSteps: 60,
      evalSteps: 5,
      patience: 100,
      metricForBestModel: "accuracy",
    });
    const { metrics } = await train(options, createTestHost());
    const { evaluations, steps } = readJournal(at("accuracy"));
    const accuracies = evaluations.map(({ measures }) => measures.accuracy);
    expect(metrics.dev.accuracy).toBe(Math.max(...accuracies));
    expect(metrics.best_step).toBe(5 * (accuracies.indexOf(Math.max(...accuracies)) + 1));
    expect(metrics.best_step).toBeLessThan(steps.length);
    // The dev loss of the kept step, not of the last one, stands beside the test metrics.
    expect(metrics.dev.loss).toBe(evaluations.find((e) => e.step === metrics.best_step)?.loss);
  });
});

describe("gradient accumulation", () => {
  it("of two halves gives the step of the whole", async () => {
    const still = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
    const model = await changedModel(bert, at("no-dropout"), { config: still });
    const run = async (name: string, batchSize: number, gradientAccumulationSteps: number) => {
      const options = { batchSize, gradientAccumulationSteps, maxSteps: 6 };
      await train(trainOptions(model, at(name), options), createTestHost());
      return readJournal(at(name)).steps;
    };
    const whole = await run("whole", 12, 1);
    const halves = await run("halves", 6, 2);
    expect(halves.length).toBe(6);
    for (const [index, { main_loss, gradient_norms, tokens, epoch }] of halves.entries()) {
      expect(main_loss).toBeCloseTo(whole[index].main_loss ?? 0, 4);
      expect(gradient_norms.encoder).toBeCloseTo(whole[index].gradient_norms.encoder, 3);
      expect({ tokens, epoch }).toEqual({ tokens: whole[index].tokens, epoch: whole[index].epoch });
    }
  });
});

describe("the likelihood cache of a run", () => {
  it("spares the next run all scoring, and changes nothing", async () => {
    const folder = at("cache-of-two");
    const first = createTestHost({ cacheFolder: folder });
    const second = createTestHost({ cacheFolder: folder });
    await train(trainOptions(bert, at("cold"), { method: "l3" }), first);
    await train(trainOptions(bert, at("warm"), { method: "l3" }), second);
    expect(first.runs("token-likelihood")).toBeGreaterThan(0);
    expect(second.runs("token-likelihood")).toBe(0);
    expect(second.progress("scoring").at(-1)?.detail).toBe("36 texts from the cache");
    expect(readJournal(at("warm"))).toEqual(readJournal(at("cold")));
  });

  it("is where cacheDir says", async () => {
    const options = trainOptions(bert, at("own-cache"), {
      method: "l3",
      cacheDir: at("elsewhere"),
    });
    await train({ ...options, maxSteps: 1 }, createTestHost());
    expect(readdirSync(at("elsewhere")).length).toBeGreaterThan(0);
  });
});

describe("an interruption", () => {
  it("between steps keeps the best model", async () => {
    const host = createTestHost({ stopAt: (event) => event.type === "step" && event.step === 4 });
    const options = trainOptions(bert, at("stopped"), { maxSteps: 9, evalSteps: 2 });
    const error = await failure(train(options, host));
    expect(error).toMatchObject({ code: "interrupted", exitCode: 130 });
    expect(error.message).toContain("after step 4");
    expect(error.hint).toContain(at("stopped/model"));
    const { steps, stop, evaluations } = readJournal(at("stopped"));
    expect(steps.length).toBe(4);
    expect(stop).toMatchObject({ step: 4, reason: "interrupted" });
    expect(error.hint).toContain(`(step ${evaluations.findLast(({ best }) => best)?.step})`);
    await expect(loadCheckpoint(at("stopped/model"))).resolves.toMatchObject({
      spec: { labels: ["animal", "engine", "water"] },
    });
    expect(existsSync(at("stopped/metrics.json"))).toBe(false);
    expect(host.openSessions).toBe(0);
  });

  it("before any evaluation keeps none and says so", async () => {
    const host = createTestHost({ stopAt: (event) => event.type === "step" });
    const error = await failure(train(trainOptions(bert, at("early")), host));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(error.hint).toContain("no model was saved");
    expect(existsSync(at("early/model"))).toBe(false);
  });

  it("while scoring goes on from the cache the next time", async () => {
    const folder = at("cache-of-stopped");
    const scoring = { method: "l3" as const, scoringTokens: 400 };
    const host = createTestHost({
      cacheFolder: folder,
      stopAt: (event) => event.type === "progress" && event.done > event.total / 2,
    });
    const error = await failure(train(trainOptions(bert, at("scoring"), scoring), host));
    expect(error).toMatchObject({ code: "interrupted" });
    const next = createTestHost({ cacheFolder: folder });
    await train(trainOptions(bert, at("scoring-2"), { ...scoring, maxSteps: 1 }), next);
    const calls = next.runs("token-likelihood");
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(host.runs("token-likelihood"));
  });
});

describe("a run that diverges", () => {
  it("ends with training-diverged and keeps the best model so far", async () => {
    // The first step of a warm-up has rate 0: its evaluation is sound.
    const options = trainOptions(bert, at("diverged"), {
      maxSteps: 10,
      evalSteps: 1,
      warmupRatio: 0.5,
      learningRate: 1e10,
      headLearningRate: 1e10,
    });
    const host = createTestHost();
    const error = await failure(train(options, host));
    expect(error).toMatchObject({ code: "training-diverged", exitCode: 5 });
    const { values } = await loadCheckpoint(at("diverged/model"));
    expect([...values.values()].every((value) => value.every(Number.isFinite))).toBe(true);
    const { evaluations } = readJournal(at("diverged"));
    expect(evaluations.length).toBeGreaterThan(0);
    expect(evaluations.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(existsSync(at("diverged/metrics.json"))).toBe(false);
    expect(host.openSessions).toBe(0);
  });

  it.each([
    ["stl", "training-diverged", "main task at step 1"],
    ["rtm", "training-diverged", "main task at step 1"],
    ["l3", "score-invalid", "log-likelihood"],
  ] as const)("from NaN weights, by %s: %s", async (method, code, part) => {
    const model = await changedModel(bert, at(`nan-${method}`), {
      tensors: (name, values) =>
        name.endsWith("LayerNorm.bias") ? values.fill(Number.NaN) : values,
    });
    const host = createTestHost({ cacheFolder: at(`cache-nan-${method}`) });
    const error = await failure(
      train(trainOptions(model, at(`of-nan-${method}`), { method }), host),
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(host.openSessions).toBe(0);
  });
});

describe("a checkpoint without a masked-LM head", () => {
  const headless = savedClassifier("bert");

  it("cannot score: refused by l3, before the output folder is made", async () => {
    const error = await failure(
      train(trainOptions(headless, at("headless"), { method: "l3" }), createTestHost()),
    );
    expect(error).toMatchObject({ code: "checkpoint-tensor" });
    expect(error.message).toContain(`masked-LM head in ${headless}`);
    expect(error.hint).toContain("--method stl");
    expect(error.hint).toContain(`pretrain --model ${headless}`);
    expect(existsSync(at("headless"))).toBe(false);
  });

  it("starts rtm with an untrained head, and says so", async () => {
    const host = createTestHost();
    await train(trainOptions(headless, at("rtm-headless"), { method: "rtm" }), host);
    expect(host.notices()).toMatch(
      /adds a masked-LM head and a classification head for \d+ labels; .* pretrain --model /,
    );
    expect(readJournal(at("rtm-headless")).steps[0].auxiliary_loss).toBeGreaterThan(0);
  });

  it("is nothing to speak of for stl", async () => {
    const host = createTestHost();
    await train(trainOptions(headless, at("stl-headless"), { maxSteps: 1 }), host);
    expect(host.notices("warning")).toBe("");
  });
});

describe("the output folder", () => {
  it("is refused before any work if it holds a run", async () => {
    await train(trainOptions(bert, at("twice"), { maxSteps: 1 }), createTestHost());
    const before = readJson(at("twice/metrics.json"));
    const host = createTestHost();
    const error = await failure(train(trainOptions(bert, at("twice")), host));
    expect(error).toMatchObject({ code: "output-exists", exitCode: 2 });
    expect(error.message).toContain(at("twice/config.json"));
    expect(host.events).toEqual([]);
    expect(readJson(at("twice/metrics.json"))).toEqual(before);
  });

  it("may exist with other files in it", async () => {
    mkdirSync(at("notes"));
    writeFileSync(at("notes/README.md"), "mine");
    await train(trainOptions(bert, at("notes"), { maxSteps: 1 }), createTestHost());
    expect(readdirSync(at("notes"))).toContain("README.md");
  });

  it("cannot be a file, or lie in one", async () => {
    writeFileSync(at("file"), "");
    for (const folder of [at("file"), at("file/run")]) {
      const error = await failure(train(trainOptions(bert, folder), createTestHost()));
      expect(error).toMatchObject({ code: "invalid-setting" });
      expect(error.message).toContain(folder);
    }
  });
});
