/** Several labels a text against scikit-learn and transformers (scripts/golden/label_sets.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { labelSets } from "../src/data/label-sets.js";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import { packOptions, packTexts } from "../src/method/batch/pack.js";
import { compileClassification } from "../src/method/program/inference.js";
import {
  compileClassificationTraining,
  compileMultiTaskTraining,
} from "../src/method/program/training.js";
import { createDropoutMasks } from "../src/method/train/dropout-masks.js";
import { hostParameters } from "../src/method/train/trained-parameters.js";
import { configJson } from "../src/model/checkpoint/config.js";
import { loadCheckpoint } from "../src/model/checkpoint/load.js";
import { fitTfidf, tfidfLogits } from "../src/model/linear/tfidf-classifier.js";
import { averagePrecision, precisionRecall } from "../src/results/metrics/label-curves.js";
import {
  classificationMetrics,
  meanLoss,
  predictedLabels,
} from "../src/results/metrics/metrics.js";
import { setValuesOf } from "../src/results/metrics/set-measures.js";
import { sigmoid } from "../src/results/metrics/thresholds.js";
import { createTrainable } from "../src/run/fine-tune/trainable.js";
import { predictionsOf } from "../src/run/inference/classify.js";
import { weightsOf } from "../src/run/sources/model-facts.js";
import { loadTokenizer } from "../src/text/load.js";
import { readJson } from "./fixtures/folders.js";
import { savedClassifier } from "./fixtures/host.js";

const numbers = z.array(z.number());
const matrix = z.array(numbers);
const golden = z
  .object({
    texts: z.array(z.string()),
    having: matrix,
    families: z.record(
      z.enum(["bert", "roberta"]),
      z.object({
        loss: z.number(),
        gradientNorm: z.number(),
        outGradient: matrix,
        pipeline: z.array(z.record(z.string(), z.number())),
      }),
    ),
    measures: z.array(
      z.object({
        ...{ expected: matrix, logits: matrix, precision: numbers, recall: numbers },
        ...{ accuracy: z.number(), macro_f1: z.number(), micro_f1: z.number() },
        ...{ hamming_loss: z.number(), loss: z.number() },
        curves: z.array(
          z
            .object({ average_precision: z.number(), recall: numbers, precision: numbers })
            .nullable(),
        ),
      }),
    ),
    one_vs_rest: z.object({
      ...{ labels: z.array(z.string()), texts: z.array(z.string()), train: z.int() },
      sets: z.array(z.array(z.string())),
      probabilities: matrix,
    }),
  })
  .parse(JSON.parse(readFileSync(new URL("./golden/label-sets.json", import.meta.url), "utf8")));

/** The id of a row of 0 and 1. */
const idIn = (sets: ReturnType<typeof labelSets>) => (row: readonly number[]) =>
  sets.idOfMembers(row.flatMap((has, label) => (has === 1 ? [label] : [])));

describe.each(golden.measures.map((one, index) => [index, one] as const))(
  "measures, case %i",
  (_, one) => {
    const count = one.logits[0].length;
    const sets = labelSets(Array.from({ length: count }, (_, label) => `l${label}`));
    const expected = Int32Array.from(one.expected, idIn(sets));
    const logits = Float32Array.from(one.logits.flat());
    const predicted = predictedLabels(logits, sets);

    it("are those of scikit-learn, and the loss is PyTorch's", () => {
      const { measures, perLabel, confusion } = classificationMetrics(expected, predicted, sets);
      expect(measures.accuracy).toBeCloseTo(one.accuracy, 8);
      expect(measures.macro_f1).toBeCloseTo(one.macro_f1, 8);
      perLabel.forEach(({ precision, recall }, label) => {
        expect(precision).toBeCloseTo(one.precision[label], 8);
        expect(recall).toBeCloseTo(one.recall[label], 8);
      });
      expect(confusion).toEqual([]);
      const values = setValuesOf(expected, predicted, sets);
      expect(values?.micro_f1).toBeCloseTo(one.micro_f1, 8);
      expect(values?.hamming_loss).toBeCloseTo(one.hamming_loss, 8);
      expect(meanLoss(logits, expected, sets)).toBeCloseTo(one.loss, 6);
    });

    it("over thresholds are the curves of scikit-learn", () => {
      one.curves.forEach((curve, label) => {
        const column = (rows: readonly (readonly number[])[]) => rows.map((row) => row[label]);
        const points = precisionRecall(column(one.logits), column(one.expected));
        if (curve === null) {
          expect(averagePrecision(points)).toBeNull();
          return;
        }
        expect(averagePrecision(points)).toBeCloseTo(curve.average_precision, 8);
        expect(points.length).toBe(curve.recall.length);
        points.forEach(([recall, precision], point) => {
          expect(recall).toBeCloseTo(curve.recall[point], 8);
          expect(precision).toBeCloseTo(curve.precision[point], 8);
        });
      });
    });
  },
);

it("the baseline has the probabilities of OneVsRestClassifier", () => {
  const { labels, texts, sets: having, train, probabilities } = golden.one_vs_rest;
  const sets = labelSets(labels);
  const ids = having.map((names) => sets.idOf(names.join(";")));
  const classifier = fitTfidf(texts.slice(0, train), ids.slice(0, train), sets);
  const logits = tfidfLogits(classifier, texts.slice(train));
  expect(logits.length).toBe(probabilities.flat().length);
  probabilities.flat().forEach((probability, index) => {
    expect(sigmoid(logits[index])).toBeCloseTo(probability, 4);
  });
});

describe.each(["bert", "roberta"] as const)("a classifier of several labels, %s", (family) => {
  const given = golden.families[family];
  const folder = savedClassifier(family);
  const read = async () => {
    const { spec, values } = await loadCheckpoint(folder);
    const tokenizer = await loadTokenizer(folder);
    const rows = golden.texts.map((text) => tokenizer.encode(text, 24).ids);
    const labels = spec.labels ?? [];
    return { spec, values, labels, batch: packTexts(rows, packOptions(spec)) };
  };

  it("has the loss and gradients of transformers, alone and beside the auxiliary task", async () => {
    const { spec, values, labels, batch } = await read();
    const runtime = await cpu.open({ threads: 1 });
    const sets = labelSets(labels);
    const ids = Int32Array.from(golden.having, idIn(sets));
    const rates = { dropout: 0, attentionDropout: 0 };
    for (const mlmHead of [false, true]) {
      const store = createTrainable(spec, { mlmHead, classes: labels.length }, values, 0);
      for (const { name } of store.parameters) {
        const value = values.get(name);
        if (value !== undefined) store.weight(name).set(value);
      }
      const arrays = hostParameters(store).arrays(createDropoutMasks(0, rates));
      const task = mlmHead
        ? await compileMultiTaskTraining(runtime, spec, sets, rates, arrays)
        : await compileClassificationTraining(runtime, spec, sets, rates, arrays);
      const main = "main" in task ? task.main : task;
      const { lossSum, correct } = await main.accumulate(batch, ids, 1 / ids.length);
      await task.dispose();
      expect(lossSum / ids.length).toBeCloseTo(given.loss, 5);
      const expectedRight = given.pipeline.filter((scores, row) =>
        labels.every((label, id) => scores[label] > 0.5 === (golden.having[row][id] === 1)),
      ).length;
      expect(correct).toBe(expectedRight);
      const out = store.view("gradient", "classification.out.weight");
      given.outGradient.flat().forEach((value, index) => {
        expect(out[index]).toBeCloseTo(value, 5);
      });
      const squares = store.parameters.flatMap(({ name }) =>
        Array.from(store.view("gradient", name), (value) => value * value),
      );
      expect(Math.sqrt(squares.reduce((sum, value) => sum + value, 0))).toBeCloseTo(
        given.gradientNorm,
        4,
      );
    }
  });

  it("has the scores of transformers' pipeline, from the config that is written", async () => {
    const { spec, values, labels, batch } = await read();
    const runtime = await cpu.open({ threads: 1 });
    const program = await compileClassification(runtime, spec, labels.length, weightsOf(values));
    const logits = await program.logits(batch);
    await program.dispose();
    predictionsOf(
      logits,
      labels,
      labels.map(() => 0),
    ).forEach((prediction, row) => {
      expect(Object.keys(prediction.probabilities).sort()).toEqual(
        Object.keys(given.pipeline[row]).sort(),
      );
      for (const [label, score] of Object.entries(given.pipeline[row])) {
        expect(prediction.probabilities[label]).toBeCloseTo(score, 5);
        expect(prediction.labels?.includes(label)).toBe(score >= 0.5);
      }
    });
    // The pipeline read the saved folder with this field changed, and nothing else.
    const saved = z
      .looseObject({ architectures: z.tuple([z.string()]) })
      .parse(readJson(join(folder, "config.json")));
    const details = { architecture: saved.architectures[0], labels, severalLabels: true };
    expect(saved).toMatchObject({
      ...configJson(spec, details),
      problem_type: "single_label_classification",
    });
    expect(configJson(spec, details).problem_type).toBe("multi_label_classification");
  });
});
