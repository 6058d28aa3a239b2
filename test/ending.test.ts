/** Training that is asked to end before its time: what it keeps, and what it says of it. */
import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runClassify, runOpenClassifier } from "../src/commands/classify.js";
import { renderRun } from "../src/results/report/pages/run.js";
import { readTrainedRun } from "../src/run/folder/trained-run.js";
import type { RunEvent } from "../src/run/host/host.js";
import {
  classifierSchema,
  resolveSettings,
  type TrainOptions,
} from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundLabels, soundRows } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const model = tinyModel("bert");

const withSplits = (name: string, more: Partial<TrainOptions> = {}) => ({
  ...trainOptions(model, at(name)),
  maxSteps: 12,
  ...more,
});

/** Without dev and test: every text is held out in turn. */
function inFolds(name: string, more: Partial<TrainOptions> = {}): TrainOptions {
  const { validationFile: _, testFile: __, ...one } = withSplits(name, { maxSteps: 6, ...more });
  return one;
}

const afterStep = (step: number) => (event: RunEvent) =>
  event.type === "step" && event.step === step;
const inFold = (fold: number) => (event: RunEvent) =>
  event.type === "progress" && event.detail?.includes(`fold ${fold} of`) === true;

function pageOf(name: string): string {
  return renderRun(readTrainedRun(at(name)), { date: "21 November 2026" }).html;
}

async function answers(name: string): Promise<number> {
  const host = createTestHost();
  await runOpenClassifier(resolveSettings(classifierSchema, { model: at(`${name}/model`) }), host);
  const [one] = await runClassify({ texts: ["The dog barks at the gate."] });
  return Object.values(one.probabilities).reduce((a, b) => a + b, 0);
}

describe("training that is asked to end", () => {
  it("evaluates where it stands, keeps the best weights, and has a verdict of its own", async () => {
    const options = withSplits("dev", { evalSteps: 3 });
    const host = createTestHost({ endAt: afterStep(4) });
    const { metrics } = await train(options, host);
    const { evaluations, steps, stop } = readJournal(at("dev"));
    expect(steps).toHaveLength(4);
    expect(evaluations.map(({ step }) => step)).toEqual([3, 4]);
    expect(stop).toMatchObject({ step: 4, reason: "request", best_step: metrics.best_step });
    expect(metrics.verdict).toMatch(
      /^Training was ended on request after step 4 of \d+\. On 11 texts it never saw/,
    );
    expect(metrics.test).not.toBeNull();
    expect(existsSync(at("dev/state"))).toBe(false);
    expect(pageOf("dev")).toContain("ended on request after step 4");
    expect(await answers("dev")).toBeCloseTo(1, 5);
  });

  it("is a run that was stopped, where it has not made a step", async () => {
    const options = withSplits("none");
    const host = createTestHost({ endAt: ({ type }) => type === "measured" });
    expect(await failure(train(options, host))).toMatchObject({ code: "interrupted" });
    expect(existsSync(at("none/metrics.json"))).toBe(false);
  });

  it("ends at once where it goes on only to end", async () => {
    const options = withSplits("again", { evalSteps: 3 });
    const stopping = createTestHost({ stopAt: afterStep(5) });
    expect(await failure(train(options, stopping))).toMatchObject({ code: "interrupted" });
    const ending = createTestHost({ endAt: () => true });
    const { metrics } = await train({ ...options, resume: true }, ending);
    expect(readJournal(at("again")).steps).toHaveLength(5);
    expect(metrics.verdict).toContain("after step 5 of");
  });

  it("claims nothing of what folds measured in whole trainings", async () => {
    const { metrics } = await train(inFolds("folds"), createTestHost({ endAt: afterStep(2) }));
    expect(metrics.best_step).toBe(2);
    expect(metrics.verdict).toBe(
      "Training was ended on request after step 2 of 6. How good the classifier is that was kept is not known: the figures on held-out texts are of trainings to the last step.",
    );
    expect(pageOf("folds")).toContain("these figures are not of the classifier that was kept");
    expect(await answers("folds")).toBeCloseTo(1, 5);
  });
});

const missingEncoder = {
  method: "stl",
  reason: "training was ended on request before it was done",
};
const foldAnswers = z.object({ rows: z.array(z.number()) });

describe("auto that is asked to end", () => {
  it("while the encoder is held out keeps the best of the others", async () => {
    const options = inFolds("held", { method: "auto" });
    const { metrics } = await train(options, createTestHost({ endAt: inFold(2) }));
    const { held_out: held, method, verdict } = metrics;
    expect(held?.candidates.map((one) => one.method)).toEqual(["tfidf", "embed"]);
    expect(held?.left_out).toEqual([missingEncoder]);
    expect(held?.choice).toContain("The fine-tuned encoder was left out: training was ended");
    expect(method).toBe(held?.chosen);
    expect(verdict).toContain("texts it never saw");
    expect(await answers("held")).toBeCloseTo(1, 5);
  });

  it("while the encoder is trained that was chosen gives it up for the next best", async () => {
    const options = inFolds("trained", { method: "auto" });
    const stopped = train(options, createTestHost({ stopAt: inFold(1) }));
    expect(await failure(stopped)).toMatchObject({ code: "interrupted" });
    // Answers of folds are kept; these have the encoder right everywhere, and TF-IDF and embeddings wrong.
    const ids = soundRows("train").map(({ label }) => soundLabels.indexOf(label));
    for (const fold of [0, 1, 2, 3, 4]) {
      const { rows } = foldAnswers.parse(readJson(at(`trained/folds/tfidf-${fold}.json`)));
      const write = (name: string, place: (id: number) => number) => {
        const logits = rows.flatMap((row) =>
          [0, 1, 2].map((id) => (id === place(ids[row]) ? 9 : 0)),
        );
        writeFileSync(at(`trained/folds/${name}-${fold}.json`), JSON.stringify({ rows, logits }));
      };
      write("stl", (id) => id);
      write("tfidf", (id) => (id + 1) % 3);
      write("embed", (id) => (id + 1) % 3);
    }
    const host = createTestHost({ endAt: afterStep(2) });
    const { metrics } = await train({ ...options, resume: true }, host);
    expect(host.notices()).toContain("ine-tuned encoder");
    expect(host.events.filter(({ type }) => type === "step")).toHaveLength(2);
    expect(metrics.held_out).toMatchObject({ chosen: "tfidf", left_out: [missingEncoder] });
    expect(metrics.dev.accuracy).toBe(0);
    expect(await answers("trained")).toBeCloseTo(1, 5);
  });

  it("at its begin keeps the baseline, which was there first", async () => {
    const host = createTestHost({ endAt: ({ type }) => type === "measured" });
    const { metrics } = await train(inFolds("baseline", { method: "auto" }), host);
    const first = host.events.find(({ type }) => type === "measured");
    expect(first).toMatchObject({ method: "tfidf", on: "held-out" });
    expect(metrics.method).toBe("tfidf");
    expect(metrics.held_out?.left_out.map(({ method }) => method)).toContain("stl");
  });

  it("with a dev split lets the encoder compete with the weights that it has", async () => {
    const options = withSplits("competing", { method: "auto", evalSteps: 3 });
    const host = createTestHost({ endAt: afterStep(4) });
    const { metrics } = await train(options, host);
    expect(metrics.held_out?.candidates.map(({ method }) => method)).toContain("stl");
    expect(metrics.verdict).toMatch(/^Training was ended on request after step 4 of /);
  });
});
