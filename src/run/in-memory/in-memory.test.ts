import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { soundFiles } from "../../../test/fixtures/sounds.js";
import { readJournal, train, trainOptions } from "../../../test/fixtures/training.js";
import { readRecords } from "../../data/read.js";
import { own } from "../../method/masking/strategies/own.js";
import type { JournalEvent } from "../../method/train/events.js";
import type { RunEvent } from "../host/host.js";
import type { ModelFiles } from "./model.js";
import { classifierOn, modelOn } from "./open.js";
import type { MemoryTrainSettings } from "./settings.js";

const at = temporaryFolder();
const bert = tinyModel("bert");
const host = createTestHost({ cacheFolder: at("cache") });

function filesIn(folder: string): ModelFiles {
  const bytes = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
  return new Map(readdirSync(folder).map((name) => [name, bytes(name)]));
}

async function labelled(path: string) {
  const { records } = await readRecords(path, { labels: "required" });
  return {
    texts: records.map(({ text }) => text),
    labels: records.map(({ label = "" }) => label),
  };
}

const openBert = async () => modelOn(await host.runtime({ threads: 1 }), filesIn(bert), "bert");
const isOfJournal = (event: RunEvent): event is JournalEvent =>
  event.type === "step" || event.type === "evaluation" || event.type === "stop";

describe("a course in memory", () => {
  it.each([
    ["l3", { method: "l3", headInitialization: "random", keep: "best" }],
    ["stl from a probe", { method: "stl", headInitialization: "probe", keep: "last" }],
  ] as const)("has the journal and the weights of the command: %s", async (name, method) => {
    const settings = { maxLength: 32, batchSize: 12, maxSteps: 7, evalSteps: 2, ...method };
    const rates = { learningRate: 3e-3, headLearningRate: 1e-2 };
    const folder = at(name.replaceAll(" ", "-"));
    const given = { ...settings, ...rates, baseline: false, folds: 0 };
    await train(trainOptions(bert, folder, given), host);

    const texts = await labelled(soundFiles.trainFile);
    const dev = await labelled(soundFiles.validationFile);
    const events: RunEvent[] = [];
    const model = await openBert();
    const classifier = await model.train(
      { ...texts, dev },
      { ...settings, ...rates },
      { onEvent: (event) => events.push(event) },
    );
    expect(events.filter(isOfJournal)).toEqual(readJournal(folder).events);
    const saved = classifier.files();
    const expected = filesIn(join(folder, "model"));
    for (const file of saved.keys()) {
      expect(saved.get(file), file).toEqual(expected.get(file));
    }
    expect(saved.size).toBeGreaterThan(4);

    const again = await classifierOn(await host.runtime({ threads: 1 }), saved, "trained");
    expect(again.labels).toEqual(classifier.labels);
    expect(await again.predict(dev.texts)).toEqual(await classifier.predict(dev.texts));
    await again.dispose();
    await classifier.dispose();
  });

  it("keeps what it has where it is stopped", async () => {
    const stop = new AbortController();
    const model = await openBert();
    const classifier = await model.train(
      await labelled(soundFiles.trainFile),
      { maxLength: 32, maxSteps: 9 },
      {
        signal: stop.signal,
        onEvent: (event) => event.type === "step" && event.step === 2 && stop.abort(),
      },
    );
    expect(classifier).toMatchObject({ steps: 2, bestStep: 0, reason: "interrupted" });
    expect((await classifier.predict(["buzz hum"])).length).toBe(1);
    await classifier.dispose();
  });

  it("scores as the command does", async () => {
    const model = await openBert();
    const [score] = await model.score(["the pump"], { maxLength: 32 });
    expect(score.tokens.at(0)).toBe("[CLS]");
    expect(score.logprob.at(0)).toBeNull();
    expect(score.logprob.slice(1, -1).every((value) => value !== null && value < 0)).toBe(true);
  });

  it("refuses what it cannot train on", async () => {
    const model = await openBert();
    const refused = (texts: string[], labels: string[], settings: MemoryTrainSettings = {}) =>
      failure(model.train({ texts, labels }, { maxLength: 32, ...settings }));
    expect(await refused(["a", "b"], ["x"])).toMatchObject({ code: "input-mismatch" });
    expect(await refused(["a", "b"], ["x", "x"])).toMatchObject({ code: "data-classes" });
    expect(await refused(["a", "b"], ["x", "y"], { method: "stack" })).toMatchObject({
      code: "invalid-setting",
      message: expect.stringMatching(/ \(stl, [a-z\d, -]+, l3\), got stack$/),
    });
    expect(await refused(["a", "b"], ["x", "y"], { maxLength: 128 })).toMatchObject({
      code: "invalid-setting",
    });
  });
});

it("masks by a strategy that is an object", async () => {
  const texts = await labelled(soundFiles.trainFile);
  const settings = { maxLength: 32, batchSize: 12, maxSteps: 1, method: "own" } as const;
  const model = await openBert();
  const asked: number[] = [];
  const strategy = {
    ...own,
    needs: "nothing",
    weights(wordIds: Int32Array) {
      asked.push(wordIds.length);
      return new Float64Array(wordIds.length).fill(1);
    },
  } as const;
  await model.train(texts, { ...settings, strategy });
  expect(asked.length).toBeGreaterThan(texts.texts.length);
  expect(await failure(model.train(texts, settings))).toMatchObject({ code: "missing-setting" });
  const general = { ...strategy, needs: "contrasts" } as const;
  expect(await failure(model.train(texts, { ...settings, strategy: general }))).toMatchObject({
    code: "invalid-setting",
  });
});
