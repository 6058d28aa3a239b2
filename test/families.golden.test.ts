/**
 * Families beyond BERT and RoBERTa against transformers (golden files of scripts/golden/families.py): logits, gradients, twenty
 * steps, likelihoods; and that what is saved and what is exported computes the same.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../src/engine/runtime/runtime.js";
import { packTexts, padTexts, slotsOf } from "../src/method/batch/pack.js";
import { scoreTexts } from "../src/method/likelihood/score.js";
import { tokenPredictor } from "../src/method/likelihood/token-predictor.js";
import { exportedClassifier } from "../src/method/program/exported.js";
import { compileClassification, compileTokenLikelihood } from "../src/method/program/inference.js";
import { programMemory } from "../src/method/program/memory.js";
import { compileMultiTaskTraining } from "../src/method/program/training.js";
import { createDropoutMasks } from "../src/method/train/dropout-masks.js";
import type { ParameterStore } from "../src/method/train/parameter-store.js";
import { learningRateFactor } from "../src/method/train/schedule.js";
import { trainingStep } from "../src/method/train/step.js";
import { hostParameters } from "../src/method/train/trained-parameters.js";
import { type Checkpoint, loadCheckpoint } from "../src/model/checkpoint/load.js";
import { saveCheckpoint } from "../src/model/checkpoint/save.js";
import { storedName } from "../src/model/checkpoint/stored-names.js";
import { families } from "../src/model/families/families.js";
import { createTrainable } from "../src/run/fine-tune/trainable.js";
import type { Tokenizer } from "../src/text/encoding.js";
import { loadTokenizer } from "../src/text/load.js";
import { temporaryFolder } from "./fixtures/folders.js";
import {
  goldenAuxiliary,
  goldenGroup,
  goldenMain,
  idLists,
  packedAuxiliary,
  packedMain,
  readTensors,
  rowsOf,
  type Tensors,
  tensor,
} from "./fixtures/golden.js";

const LABELS = ["a", "b", "c"];
const CLASSES = LABELS.length;
const NO_DROPOUT = { dropout: 0, attentionDropout: 0 };
const goldenFolder = fileURLToPath(new URL("./golden/families/", import.meta.url));
const names = readdirSync(goldenFolder);

const tasks = z.object({ main: goldenMain, auxiliary: goldenAuxiliary });
const goldenSchema = z.object({
  maxLength: z.number(),
  ids: idLists,
  likelihood: z.array(
    z.object({
      text: z.string(),
      ids: z.array(z.number()),
      wordIds: z.array(z.number().nullable()),
      pll: z.array(z.number().nullable()),
    }),
  ),
  gradient: tasks.extend({ lossMain: z.number(), lossAuxiliary: z.number() }),
  training: z.object({
    betas: z.array(z.number()),
    epsilon: z.number(),
    warmupSteps: z.number(),
    body: goldenGroup,
    head: goldenGroup,
    steps: z.array(tasks),
    losses: z.array(z.tuple([z.number(), z.number()])),
  }),
});

function largestDifference(actual: ArrayLike<number>, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i])), 0);
}

const savedSchema = z.object({
  families: z.record(
    z.string(),
    z.object({
      classes: z.array(z.string()),
      missing: z.array(z.string()),
      unexpected: z.array(z.string()),
      idsEqual: z.boolean(),
      largestDifference: z.number(),
      files: z.record(z.string(), z.string()),
    }),
  ),
});
const saved = savedSchema.parse(
  JSON.parse(
    readFileSync(fileURLToPath(new URL("./golden/saved-families.json", import.meta.url)), "utf8"),
  ),
);

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

it("every family has golden files", () => {
  const types = names.map((name) => {
    const config: unknown = JSON.parse(
      readFileSync(join(goldenFolder, name, "config.json"), "utf8"),
    );
    return z.object({ model_type: z.string() }).parse(config).model_type;
  });
  const covered = new Set([...types, "bert", "roberta"]);
  expect(families.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
});

describe.each(names)("%s against transformers", (name) => {
  const folder = join(goldenFolder, name);
  const at = temporaryFolder();
  const golden = goldenSchema.parse(JSON.parse(readFileSync(join(folder, "golden.json"), "utf8")));
  let runtime: Runtime;
  let checkpoint: Checkpoint;
  let tokenizer: Tokenizer;
  let tensors: Tensors;
  let layout: { padId: number; firstPosition: number };

  /** The store at its starting point: checkpoint and golden classification head. */
  async function freshStore(): Promise<ParameterStore> {
    const parts = { mlmHead: true, classes: CLASSES };
    const created = createTrainable(checkpoint.spec, parts, checkpoint.values, 0);
    const head = await readTensors(join(folder, "head.safetensors"));
    for (const { name, part } of created.parameters) {
      if (part !== "classification-head") continue;
      created.weight(name).set(tensor(head, storedName(checkpoint.spec.family, name)));
    }
    return created;
  }

  const goldenName = (name: string) => {
    const stored = storedName(checkpoint.spec.family, name);
    return name.startsWith("classification.") ? `classification.${stored}` : stored;
  };
  const program = (trained: ParameterStore) => {
    const { keepMask } = createDropoutMasks(0, NO_DROPOUT);
    const arrays = { weights: trained.weight, gradients: trained.gradient, keepMask };
    return compileMultiTaskTraining(runtime, checkpoint.spec, CLASSES, NO_DROPOUT, arrays);
  };

  beforeAll(async () => {
    runtime = await cpu.open({ threads: 1 });
    checkpoint = await loadCheckpoint(folder);
    tokenizer = await loadTokenizer(folder);
    tensors = await readTensors(join(folder, "golden.safetensors"));
    const { padId, firstPosition } = checkpoint.spec;
    layout = { padId, firstPosition };
  });

  it("loads every parameter of the checkpoint", () => {
    const { missing, unexpected } = checkpoint.report;
    expect(missing.filter((name) => name.startsWith("mlm."))).toEqual([]);
    expect(unexpected).toEqual([]);
  });

  it.each([
    ["packed", packTexts],
    ["padded", padTexts],
  ] as const)("logits of %s rows", async (_arrangement, arrange) => {
    const { spec } = checkpoint;
    const program = await compileClassification(
      runtime,
      spec,
      CLASSES,
      (await freshStore()).weight,
    );
    const logits = await program.logits(arrange(rowsOf(golden.ids), layout));
    await program.dispose();
    expect(largestDifference(logits, tensor(tensors, "logits"))).toBeLessThan(1e-4);
  });

  it("every gradient of the multi-task loss", async () => {
    const trained = await freshStore();
    const { main, auxiliary } = await program(trained);
    const { gradient } = golden;
    const { batch, labels } = packedMain(gradient.main, layout);
    const first = await main.accumulate(batch, labels, 0.5 / labels.length);
    expect(first.lossSum / labels.length).toBeCloseTo(gradient.lossMain, 4);
    const masked = packTexts(rowsOf(gradient.auxiliary.ids), layout);
    const slots = slotsOf(masked, rowsOf(gradient.auxiliary.positions));
    const targets = Int32Array.from(gradient.auxiliary.labels.flat());
    const second = await auxiliary.accumulate(masked, slots, targets, 0.5 / targets.length);
    expect(second.lossSum / targets.length).toBeCloseTo(gradient.lossAuxiliary, 4);
    const compared = new Set<string>();
    for (const { name } of trained.parameters) {
      const wanted = tensor(tensors, `gradient.${goldenName(name)}`);
      const actual = trained.gradient(name);
      compared.add(goldenName(name));
      // Exactly 0 in theory: softmax does not see a shift of all scores.
      if (name.endsWith("attention.self.key.bias")) expect(norm(actual), name).toBeLessThan(1e-6);
      else {
        const error = norm(actual.map((value, i) => value - wanted[i]));
        expect(error / norm(wanted), name).toBeLessThan(1e-4);
      }
    }
    const all = [...tensors.keys()].filter((name) => name.startsWith("gradient."));
    expect(compared.size).toBe(all.length);
  });

  it("twenty AdamW steps", async () => {
    const trained = await freshStore();
    const { training } = golden;
    const dropout = createDropoutMasks(0, NO_DROPOUT);
    const state = { parameters: hostParameters(trained), dropout, ...(await program(trained)) };
    for (const [index, { main, auxiliary }] of training.steps.entries()) {
      const { warmupSteps } = training;
      const schedule = { kind: "linear", warmupSteps, totalSteps: training.steps.length } as const;
      const factor = learningRateFactor(index, schedule);
      const group = ({ rate, decay, clip }: z.infer<typeof goldenGroup>, name: string) => ({
        learningRate: rate * factor,
        weightDecay: decay,
        clip: { name, maxNorm: clip },
      });
      const result = await trainingStep(state, {
        step: index + 1,
        microBatches: [
          { main: packedMain(main, layout), auxiliary: packedAuxiliary(auxiliary, layout) },
        ],
        gradientAccumulationSteps: 1,
        accumulation: "published",
        taskWeights: { main: 0.5, auxiliary: 0.5 },
        groups: [
          { parts: ["body", "mlm-head"], ...group(training.body, "body") },
          { parts: ["classification-head"], ...group(training.head, "head") },
        ],
      });
      const [lossMain, lossAuxiliary] = training.losses[index];
      expect(Math.abs((result.main_loss ?? 0) - lossMain)).toBeLessThan(1e-3);
      expect(Math.abs((result.auxiliary_loss ?? 0) - lossAuxiliary)).toBeLessThan(1e-3);
    }
    for (const { name } of trained.parameters) {
      const wanted = tensor(tensors, `trained.${goldenName(name)}`);
      const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = largestDifference(trained.weight(name), wanted) / largest;
      // AdamW divides the key bias's gradient noise by itself.
      const bound = name.endsWith("attention.self.key.bias") ? 2e-3 : 1e-4;
      expect(error, name).toBeLessThan(bound);
    }
  });

  it("exact pseudo-log-likelihoods", async () => {
    const { likelihood, maxLength } = golden;
    const encodings = likelihood.map(({ text }) => tokenizer.encode(text, maxLength));
    for (const [index, { ids, wordIds }] of likelihood.entries()) {
      expect(Array.from(encodings[index].ids)).toEqual(ids);
      const words = Array.from(encodings[index].wordIds, (word) => (word < 0 ? null : word));
      expect(words).toEqual(wordIds);
    }
    const { spec } = checkpoint;
    const program = await compileTokenLikelihood(runtime, spec, (await freshStore()).weight);
    const scores = await scoreTexts(encodings, {
      estimator: "pll",
      maskId: tokenizer.special.mask,
      tokenBudget: 500,
      predict: tokenPredictor(program, spec),
    });
    await program.dispose();
    for (const [index, { pll }] of likelihood.entries()) {
      expect(scores[index].length).toBe(pll.length);
      for (const [position, expected] of pll.entries()) {
        const actual = scores[index][position];
        if (expected === null) expect(actual).toBeNaN();
        else expect(Math.abs(actual - expected)).toBeLessThan(1e-4);
      }
    }
  });

  it("a saved classifier and masked language model are read back as they were", async () => {
    const store = await freshStore();
    const values = new Map(store.parameters.map(({ name }) => [name, store.weight(name)]));
    const tokenizerFiles = tokenizer.files(golden.maxLength);
    const common = { spec: checkpoint.spec, values, tokenizerFiles };
    await saveCheckpoint(at("classifier"), {
      ...common,
      kind: "sequence-classification",
      labels: LABELS,
    });
    await saveCheckpoint(at("masked"), { ...common, kind: "masked-lm" });
    const classifier = await loadCheckpoint(at("classifier"));
    const masked = await loadCheckpoint(at("masked"));
    expect(classifier.spec).toEqual({ ...checkpoint.spec, labels: LABELS });
    expect(masked.spec).toEqual(checkpoint.spec);
    expect([...classifier.report.unexpected, ...masked.report.unexpected]).toEqual([]);
    const read = new Map([...classifier.values, ...masked.values]);
    expect(read).toEqual(values);
  });

  it("a saved folder is, byte for byte, one that transformers loaded whole and computed the same with", async () => {
    const found = saved.families[name];
    const { title, classPrefix } = checkpoint.spec.family;
    expect(found, title).toMatchObject({
      classes: [`${classPrefix}ForSequenceClassification`, `${classPrefix}ForMaskedLM`],
      missing: [],
      unexpected: [],
      idsEqual: true,
    });
    expect(found.largestDifference).toBeLessThan(1e-5);
    for (const kind of ["classifier", "masked"]) {
      for (const file of readdirSync(at(kind))) {
        const hash = createHash("sha256")
          .update(readFileSync(join(at(kind), file)))
          .digest("hex");
        expect(hash, file).toBe(found.files[`${kind}/${file}`]);
      }
    }
  });

  it.each(["float32", "int8"] as const)("an exported classifier in %s", async (precision) => {
    const { spec } = checkpoint;
    const store = await freshStore();
    const weights = (name: string) => store.weight(name);
    const bytes = exportedClassifier(spec, CLASSES, weights, precision);
    const session = await InferenceSession.create(bytes);
    const width = Math.max(...golden.ids.map(({ length }) => length));
    const cells = (fill: (row: number[], i: number) => number) =>
      new Tensor(
        "int64",
        BigInt64Array.from(
          golden.ids.flatMap((row) =>
            Array.from({ length: width }, (_, i) => BigInt(fill(row, i))),
          ),
        ),
        [golden.ids.length, width],
      );
    const outputs = await session.run({
      input_ids: cells((row, i) => row[i] ?? spec.padId),
      attention_mask: cells((row, i) => (i < row.length ? 1 : 0)),
      ...(spec.family.tokenTypes && { token_type_ids: cells(() => 0) }),
    });
    const logits = z.instanceof(Float32Array).parse(outputs.logits.data);
    const expected = tensor(tensors, "logits");
    // Steps of 1/127 of the largest value, in every product: near, but no golden value.
    expect(largestDifference(logits, expected)).toBeLessThan(precision === "int8" ? 0.3 : 1e-4);
  });

  it("the memory of a step grows with the batch and with the masked-LM head", () => {
    const memory = programMemory(checkpoint.spec, CLASSES, NO_DROPOUT);
    const small = { rows: 4, slots: 8, texts: 4, selectedTokens: 8 };
    const large = { rows: 16, slots: 8, texts: 16, selectedTokens: 32 };
    const { values } = memory.multiTaskTraining(small);
    expect(memory.multiTaskTraining(large).values).toBeGreaterThan(1.5 * values);
    expect(values).toBeGreaterThan(memory.classificationTraining(small).values);
  });
});
