/** Small data of one file: every text measures the classifier, which is then trained on all of them. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { randomStream } from "../src/base/random.js";
import { runReport } from "../src/commands/report.js";
import { dealFolds, rowsOfFold } from "../src/data/folds.js";
import { fitTfidf, tfidfLogits } from "../src/model/linear/tfidf-classifier.js";
import { predictedLabels } from "../src/results/metrics/metrics.js";
import type { TrainResult } from "../src/run/host/host.js";
import {
  reportSchema,
  resolveSettings,
  type TrainOptions,
  trainSchema,
} from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { readJson, readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, type TestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles, soundLabels, soundRows, toJsonLines } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const model = tinyModel("bert");
const rows = soundRows("train");

function options(name: string, more: Partial<TrainOptions> = {}): TrainOptions {
  const { validationFile: _, testFile: __, ...one } = trainOptions(model, at(name));
  return { ...one, ...more };
}

const line = z.looseObject({ line: z.number(), expected: z.string(), label: z.string() });
const heldOut = (name: string) => readJsonLines(join(at(name), "predictions-held-out.jsonl"), line);

/** What TF-IDF says of each row that it was not trained on, fold by fold. */
function tfidfAnswers(): string[] {
  const ids = rows.map(({ label }) => soundLabels.indexOf(label));
  const texts = rows.map(({ text }) => text);
  const folds = dealFolds({ texts, labelIds: ids }, 5, randomStream(0, "folds"));
  const answers: string[] = [];
  for (let fold = 0; fold < folds.count; fold++) {
    const { train: rest, heldOut: held } = rowsOfFold(folds, fold);
    const restTexts = rest.map((row) => texts[row]);
    const fitted = fitTfidf(
      restTexts,
      rest.map((row) => ids[row]),
      3,
    );
    const logits = tfidfLogits(
      fitted,
      held.map((row) => texts[row]),
    );
    predictedLabels(logits, 3).forEach((id, index) => {
      answers[held[index]] = soundLabels[id];
    });
  }
  return answers;
}

const accuracyOf = (labels: readonly string[]) =>
  labels.filter((label, row) => label === rows[row].label).length / rows.length;

describe("a run of one small file", () => {
  let host: TestHost;
  let result: TrainResult;
  beforeAll(async () => {
    host = createTestHost();
    result = await train(options("folds", { maxSteps: 6 }), host);
  });

  it("holds every text out once, and measures on all of them", () => {
    const predictions = heldOut("folds");
    expect(predictions.map((row) => row.expected)).toEqual(rows.map(({ label }) => label));
    const right = predictions.filter(({ label, expected }) => label === expected).length;
    const { metrics } = result;
    expect(metrics.dev.accuracy).toBeCloseTo(right / rows.length, 12);
    expect(metrics.held_out).toMatchObject({ folds: 5, rows: 36, chosen: "stl", choice: null });
    expect(metrics.verdict).toContain("On 36 texts it never saw");
    expect(metrics.doubtful_labels).toBeGreaterThan(0);
    expect(metrics.doubtful_labels).toBeLessThan(12);
    expect(metrics.test).toBeNull();
  });

  it("measures the baseline on the same texts", () => {
    expect(result.metrics.baseline?.dev.accuracy).toBeCloseTo(accuracyOf(tfidfAnswers()), 12);
  });

  it("trains what it keeps on all texts, without a dev split", () => {
    const { evaluations, steps, stop } = readJournal(at("folds"));
    expect(evaluations).toEqual([]);
    expect(steps).toHaveLength(6);
    expect(stop).toMatchObject({ step: 6, best_step: 0 });
    expect(result.metrics.best_step).toBe(6);
    expect(readJson(join(at("folds"), "config.json"))).toMatchObject({
      rows: { train: 36, dev: 0, test: 0 },
      settings: { folds: 5 },
    });
  });

  it("removes what it kept of the folds, writes the rows it got wrong, and has a page", async () => {
    expect(existsSync(join(at("folds"), "folds"))).toBe(false);
    const wrong = heldOut("folds").filter(({ label, expected }) => label !== expected);
    const csv = readFileSync(join(at("folds"), "errors.csv"), "utf8")
      .trimEnd()
      .split("\n");
    expect(csv).toHaveLength(1 + wrong.length);
    const output = at("page.html");
    const settings = resolveSettings(reportSchema, { folder: at("folds"), output });
    await runReport(settings, createTestHost());
    const page = readFileSync(output, "utf8");
    expect(page).toContain("36 texts it never saw");
    expect(page).toContain("fits the held-out rows best");
    expect(page).toContain("Learning curves");
    expect(page).not.toContain("0 dev rows");
  });
});

describe("a run that is stopped", () => {
  it("between folds goes on with the fold where it stopped, to the same result", async () => {
    const whole = await train(options("whole"), createTestHost());
    const host = createTestHost();
    // Past TF-IDF, in the third fold of the encoder: three steps each.
    let steps = 0;
    const emit: TestHost["emit"] = (event) => {
      if (event.type === "progress" && event.detail?.startsWith("fine-tuning")) steps += 1;
      host.emit(event);
    };
    const stopping = { ...host, emit, cancelled: () => steps >= 7 };
    const error = await failure(train(options("stopped"), stopping));
    expect(error).toMatchObject({ code: "interrupted" });
    const fold = join(at("stopped"), "folds", "stl-1.json");
    const before = readFileSync(fold, "utf8");
    expect(existsSync(join(at("stopped"), "folds", "stl-2.json"))).toBe(false);
    // A torn file is done again.
    rmSync(join(at("stopped"), "folds", "tfidf-0.json"));
    let resumed = 0;
    const counting = createTestHost();
    const { metrics } = await train(
      { ...options("stopped"), resume: true },
      {
        ...counting,
        emit: (event) => {
          if (event.type === "progress" && event.detail?.startsWith("fine-tuning")) resumed += 1;
          counting.emit(event);
        },
      },
    );
    expect(before).not.toBe("");
    expect(resumed).toBe(9);
    expect({ ...metrics, timing: null }).toEqual({ ...whole.metrics, timing: null });
    expect(heldOut("stopped")).toEqual(heldOut("whole"));
  });
});

describe("--method auto", () => {
  it("keeps the better one by folds, and says so", async () => {
    const host = createTestHost();
    const given = options("auto", { method: "auto", maxSteps: 1, learningCurve: true });
    const { metrics } = await train(given, host);
    const { held_out: found } = metrics;
    // One step teaches the encoder nothing.
    expect(found).toMatchObject({ chosen: "tfidf", rows: 36, compared_rows: 36 });
    expect(found?.candidates.map(({ method }) => method)).toEqual([
      "tfidf",
      "embed",
      "stack",
      "stl",
    ]);
    expect(metrics.method).toBe("tfidf");
    expect(metrics.dev.accuracy).toBeCloseTo(accuracyOf(tfidfAnswers()), 12);
    expect(found?.choice).toContain("Chosen: TF-IDF");
    expect(host.notices()).toContain("TF-IDF is kept, and trained on all 36 texts now");
    expect(metrics.verdict).toMatch(
      /TF-IDF, the baseline, is right for .* TF-IDF \+ embeddings is right for/,
    );
    expect(readJson(join(at("auto"), "model/config.json"))).toMatchObject({
      model_type: "l3masking-linear",
    });
    expect(existsSync(join(at("auto"), "encoder"))).toBe(false);
    const settings = resolveSettings(reportSchema, { folder: at("auto"), output: at("auto.html") });
    await runReport(settings, createTestHost());
    const page = readFileSync(at("auto.html"), "utf8");
    expect(page).toContain("A classifier of texts with 3 labels: ");
    expect(page).not.toContain("Learning curves");
    const { learning_curve: curve } = metrics;
    expect(curve?.points.map(({ method, share }) => `${method} ${share}`)).toEqual([
      ...["tfidf 0.25", "tfidf 0.5", "tfidf 1", "embed 0.25", "embed 0.5", "embed 1"],
    ]);
    expect(curve?.points[2].accuracy).toBeCloseTo(metrics.dev.accuracy, 12);
    expect(page).toContain("Twice the texts would give TF-IDF about");
  });

  it("keeps TF-IDF with embeddings where that is best: only the model's tokenizer sees capitals", async () => {
    const words = ["dog", "cat", "car", "cow", "bus", "hen"];
    const pairs = words.flatMap((a) => words.filter((b) => b !== a).map((b) => `${a} ${b}`));
    const loud = pairs.map((text, index) =>
      index % 2 === 0 ? { text: text.toUpperCase(), label: "loud" } : { text, label: "quiet" },
    );
    writeFileSync(at("loud.jsonl"), toJsonLines(loud));
    const given = options("loud", { method: "auto", maxSteps: 1, model: tinyModel("roberta") });
    const { metrics } = await train({ ...given, trainFile: at("loud.jsonl") }, createTestHost());
    expect(metrics.held_out).toMatchObject({ chosen: "embed", rows: 30 });
    expect(metrics.method).toBe("embed");
    expect(metrics.verdict).toContain("TF-IDF");
    expect(readJson(join(at("loud"), "model/config.json"))).toMatchObject({ features: "embed" });
    expect(existsSync(join(at("loud"), "model/encoder/model.safetensors"))).toBe(true);
  });

  it("keeps the better one on dev, where there is a dev file", async () => {
    const given = { ...options("dev", { method: "auto", maxSteps: 60 }), ...soundFiles };
    const { metrics } = await train(given, createTestHost());
    const { held_out: found } = metrics;
    expect(found).toMatchObject({ folds: 0, rows: 12, compared_rows: 12 });
    const candidates = found?.candidates ?? [];
    expect(candidates.map(({ method }) => method)).toEqual(["tfidf", "embed", "stack", "stl"]);
    const best = candidates.find(
      ({ behind_best: behind = 1, behind_best_standard_error: error = 0 }) => behind <= error / 2,
    )?.method;
    expect(found?.chosen).toBe(best);
    expect(metrics.method).toBe(best);
    expect(existsSync(join(at("dev"), "encoder"))).toBe(false);
    const again = await train({ ...given, resume: true }, createTestHost());
    expect(again.metrics).toEqual(metrics);
  });
});

describe("--method stack", () => {
  it("has its weight from the folds, and both parts of all texts", async () => {
    const given = options("stack", { method: "stack", folds: 2, baseline: false });
    const { metrics } = await train(given, createTestHost());
    expect(metrics.held_out).toMatchObject({ folds: 2, rows: 36, chosen: "stack", choice: null });
    expect(metrics.held_out?.candidates).toHaveLength(1);
    expect(readJson(join(at("stack"), "model/config.json"))).toMatchObject({
      encoder_weight: metrics.held_out?.candidates[0].encoder_weight,
    });
    expect(existsSync(join(at("stack"), "model/encoder/model.safetensors"))).toBe(true);
    expect(existsSync(join(at("stack"), "encoder"))).toBe(false);
    const settings = resolveSettings(reportSchema, { folder: at("stack"), output: at("s.html") });
    await runReport(settings, createTestHost());
    expect(readFileSync(at("s.html"), "utf8")).toContain("TF-IDF + STL");
  });
});

describe("a training whose time decides nothing", () => {
  it("tells by its first steps how long it takes, instead of timing others before", async () => {
    const given = trainOptions(model, at("told"), { method: "stl", maxSteps: 600_000 });
    const host = createTestHost({
      stopAt: (event) => event.type === "progress" && event.task === "training" && event.done === 4,
    });
    expect(await failure(train(given, host))).toMatchObject({ code: "interrupted" });
    expect(host.progress("timing")).toEqual([]);
    expect(host.notices()).toMatch(
      /training takes about 1 h 5\d min: 600\s000 steps; a step takes 0\.0 s here, all else 0\.0 s\./,
    );
  });
});

describe("--time-budget", () => {
  const plan = (name: string) => readJson(join(at(name), "plan.json"));

  it("has fewer folds of the encoder, tells so, and a resumed run keeps to it", async () => {
    // Three steps of 10 ms in each of 5 folds and in the final training, of which four trainings fit.
    const given = options("budget", { method: "auto", timeBudget: "0.26s" });
    const host = createTestHost({
      stopAt: (event) => event.type === "progress" && event.detail?.includes("fold 2 of") === true,
    });
    expect(await failure(train(given, host))).toMatchObject({ code: "interrupted" });
    expect(host.notices()).toMatch(
      /training takes about 0\.\d s: 12 steps, 3 of 5 folds \(all would take longer than 0\.3 s\) and the training of what is kept; a step takes 0\.0 s here, all else 0\.1 s\./,
    );
    const planned = plan("budget");
    expect(planned).toEqual({
      ...{ seconds_per_step: 0.01, encoder_folds: 3, max_steps: null, left_out: [] },
    });
    const later = createTestHost();
    const slow = { ...later, now: () => 1000 * later.now() };
    const { metrics } = await train({ ...given, resume: true }, slow);
    expect(later.notices()).not.toContain("a step takes");
    expect(plan("budget")).toEqual(planned);
    expect(later.progress("cross-validating").map(({ detail }) => detail)).toContain(
      "fine-tuning, fold 3 of 3",
    );
    expect(metrics.held_out?.compared_rows).toBeLessThan(36);
  });

  it("leaves the encoder out where there is no time for it, and says why", async () => {
    const given = options("little", { method: "auto", timeBudget: "0.1s" });
    const { metrics } = await train(given, createTestHost());
    expect(metrics.held_out?.candidates.map(({ method }) => method)).toEqual(["tfidf", "embed"]);
    expect(metrics.held_out?.left_out).toMatchObject([{ method: "stl" }]);
    expect(metrics.held_out?.choice).toMatch(
      /The fine-tuned encoder was left out: a single pass over the texts would take about .* longer than the time budget of 0\.1 s; a larger --time-budget includes it\./,
    );
  });

  it("leaves steps to a method that was asked for", async () => {
    const given = { ...options("steps", { timeBudget: "0.04s" }), ...soundFiles };
    const { metrics } = await train(given, createTestHost());
    expect(plan("steps")).toMatchObject({ encoder_folds: 0, max_steps: 2 });
    expect(metrics.best_step).toBeLessThanOrEqual(2);
    expect(readJournal(at("steps")).steps).toHaveLength(2);
  });

  it.each(["10", "m", "10 m", "ten", "-1s"])("%s is refused", (timeBudget) => {
    expect(() => resolveSettings(trainSchema, { timeBudget, trainFile: "a.csv" })).toThrow(
      "timeBudget",
    );
  });
});

describe("a resumed run of auto", () => {
  it("is refused where it would choose from others", async () => {
    const given = options("others", { method: "auto", timeBudget: "0.01s" });
    const stopped = createTestHost({ stopAt: ({ type }) => type === "progress" });
    await failure(train(given, stopped));
    const path = join(at("others"), "config.json");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/("candidates": \[\s+"tfidf",)\s+"embed",/, "$1"));
    const error = await failure(train({ ...given, resume: true }, createTestHost()));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain('expected candidates to be ["tfidf","stack","stl"]');
  });
});

describe("--folds", () => {
  it.each([
    [{ folds: 1 }, "expected at least 2 folds"],
    [{ folds: 5, validationFile: soundFiles.validationFile }, "a validation file"],
    [{ folds: 5, secondStage: true }, "--second-stage"],
    [{ folds: 5, method: "rtm", taskWeights: "meta" }, "--task-weights meta"],
    [{ folds: 5, keep: "best" }, "--keep best"],
    [{ folds: 5, patience: 2 }, "--patience"],
    [{ folds: 5, evalSteps: 2 }, "--eval-steps"],
  ] as const)("%j is refused", async (more, message) => {
    const error = await failure(train(options(`refused-${message}`, more), createTestHost()));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain(message);
  });

  it("0 cuts a dev split from the texts", async () => {
    const { metrics } = await train(options("none", { folds: 0 }), createTestHost());
    expect(metrics.held_out).toBeUndefined();
    expect(readJson(join(at("none"), "config.json"))).not.toMatchObject({ rows: { dev: 0 } });
  });

  it("holds out the texts of masking methods as well", async () => {
    const given = options("masked", { method: "rtm", folds: 2, maxSteps: 1 });
    const { metrics } = await train(given, createTestHost());
    expect(metrics.held_out).toMatchObject({ folds: 2, chosen: "rtm" });
  });
});
