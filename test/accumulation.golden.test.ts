/**
 * A step is the same step however it is cut into micro-batches: losses, gradient norms and cosines against those of all its
 * texts at once in PyTorch (scripts/golden/accumulation.py).
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../src/engine/runtime/runtime.js";
import { createDropoutMasks } from "../src/method/train/dropout-masks.js";
import type { OptimizerGroup } from "../src/method/train/optimizer.js";
import { type MicroBatch, type StepResult, trainingStep } from "../src/method/train/step.js";
import { metaSlots, taskSlots } from "../src/method/train/task-gradients.js";
import { hostParameters } from "../src/method/train/trained-parameters.js";
import { type Checkpoint, loadCheckpoint } from "../src/model/checkpoint/load.js";
import { learnTaskWeights } from "../src/run/fine-tune/learned-weights.js";
import { compileTasks, type TaskPasses } from "../src/run/fine-tune/tasks.js";
import { createTrainable } from "../src/run/fine-tune/trainable.js";
import {
  goldenAuxiliary,
  goldenMain,
  packedAuxiliary,
  packedMain,
  readTensors,
  type Tensors,
} from "./fixtures/golden.js";

const CLASSES = 5;
const NO_DROPOUT = { dropout: 0, attentionDropout: 0 };

const pair = z.tuple([z.number(), z.number()]);
const goldenSchema = z.object({
  main: goldenMain,
  auxiliary: goldenAuxiliary,
  dev: goldenMain,
  labelWeights: z.array(z.number()),
  cosines: pair,
  cases: z.record(
    z.enum(["equal", "fixed", "balanced", "shared", "main", "auxiliary"]),
    z.object({
      weights: pair,
      balanced: z.boolean(),
      shared: z.boolean(),
      lossMain: z.number(),
      lossAuxiliary: z.number(),
      bodyNorm: z.number(),
      headNorm: z.number(),
    }),
  ),
});

/** Texts of each micro-batch: 32 x 1, 16 x 2, 11 x 3, and a last one of a single text. */
const cuts = [[32], [16, 16], [11, 11, 10], [31, 1]];

/** Rates of 0: the weights stay, so that every cut starts from the same ones. */
const groups: OptimizerGroup[] = [
  { parts: ["body", "mlm-head"], ...unmoved("body") },
  { parts: ["classification-head"], ...unmoved("head") },
];

function unmoved(name: string) {
  const maxNorm = Number.POSITIVE_INFINITY;
  return { learningRate: 0, weightDecay: 0, clip: { name, maxNorm } };
}

describe.each(["bert", "roberta"] as const)("a step of %s in micro-batches", (family) => {
  const path = (file: string) => fileURLToPath(new URL(`./golden/${file}`, import.meta.url));
  const golden = goldenSchema.parse(
    JSON.parse(readFileSync(path(`accumulation/${family}/golden.json`), "utf8")),
  );
  let runtime: Runtime;
  let checkpoint: Checkpoint;
  let head: Tensors;

  beforeAll(async () => {
    runtime = await cpu.open({ threads: 1 });
    checkpoint = await loadCheckpoint(path(`models/${family}`));
    head = await readTensors(path(`models/${family}/head.safetensors`));
  });

  function startingStore(slots: readonly string[] = []) {
    const parts = { mlmHead: true, classes: CLASSES };
    const store = createTrainable(checkpoint.spec, parts, checkpoint.values, 0, slots);
    for (const [name, value] of head) store.weight(`classification.${name}`).set(value);
    return store;
  }

  function microBatches(sizes: readonly number[], shared = false): MicroBatch[] {
    const { spec } = checkpoint;
    let end = 0;
    return sizes.map((size) => {
      const at = [end, end + size] as const;
      end += size;
      const { ids, positions, labels } = golden.auxiliary;
      const [rows, places, expected] = [ids, positions, labels].map((all) => all.slice(...at));
      const auxiliary = packedAuxiliary({ ids: rows, positions: places, labels: expected }, spec);
      const main = packedMain(
        { ids: golden.main.ids.slice(...at), labels: golden.main.labels.slice(...at) },
        spec,
      );
      return shared ? { shared: { ...auxiliary, labels: main.labels } } : { main, auxiliary };
    });
  }

  async function compiled(passes: TaskPasses, labelWeights?: Float32Array) {
    const store = startingStore();
    const dropout = createDropoutMasks(0, NO_DROPOUT);
    const arrays = {
      weights: store.weight,
      gradients: store.gradient,
      keepMask: dropout.keepMask,
    };
    const model = { spec: checkpoint.spec, classes: CLASSES };
    const given = [runtime, model, NO_DROPOUT, arrays, labelWeights] as const;
    return {
      parameters: hostParameters(store),
      dropout,
      ...(await compileTasks(passes, ...given)),
    };
  }

  const close = (actual: number | null | undefined, expected: number, what: string) =>
    expect(Math.abs((actual ?? Number.NaN) / expected - 1), what).toBeLessThan(1e-5);

  it.each(["equal", "fixed", "balanced", "shared", "main", "auxiliary"] as const)(
    "has the losses and gradient norms of the whole, %s",
    async (name) => {
      const { weights, balanced, shared, ...expected } = golden.cases[name];
      const labelWeights = balanced ? Float32Array.from(golden.labelWeights) : undefined;
      const state = await compiled(shared ? "shared" : "main and auxiliary", labelWeights);
      for (const sizes of cuts) {
        const result = await trainingStep(state, {
          step: 1,
          microBatches: microBatches(sizes, shared),
          gradientAccumulationSteps: sizes.length,
          taskWeights: { main: weights[0], auxiliary: weights[1] },
          groups,
        });
        const cut = sizes.join(" + ");
        close(result.main_loss, expected.lossMain, `main loss, ${cut}`);
        close(result.auxiliary_loss, expected.lossAuxiliary, `masked-token loss, ${cut}`);
        close(result.gradient_norms.body, expected.bodyNorm, `norm of the encoder, ${cut}`);
        if (name === "auxiliary") expect(result.gradient_norms.head).toBe(0);
        else close(result.gradient_norms.head, expected.headNorm, `norm of the head, ${cut}`);
      }
      await state.dispose();
    },
  );

  it("has the cosines of the whole, where weights are learned", async () => {
    const { spec } = checkpoint;
    const store = startingStore(metaSlots);
    const dropout = createDropoutMasks(0, NO_DROPOUT);
    const parameters = hostParameters(store);
    const arrays = parameters.arrays(dropout, taskSlots(store));
    const model = { spec, classes: CLASSES };
    const tasks = await compileTasks("main and auxiliary", runtime, model, NO_DROPOUT, arrays);
    const dev = packedMain(golden.dev, spec);
    const texts = {
      initializeHead(_step: number, target: typeof store) {
        for (const [name, value] of head) target.weight(`classification.${name}`).set(value);
      },
      headBatch: () => dev,
      gradientBatch: () => dev,
    };
    const { mainOver } = tasks;
    const learning = { spec, classes: CLASSES, parameters, mainOver, dropout };
    // The dev head stays the head of the golden file.
    const settings = {
      metaLearningRate: 0,
      devHeadSteps: 0,
      devHeadLearningRate: 0,
      devHeadWeightDecay: 0,
      devHeadTolerance: 0,
    };
    const meta = await learnTaskWeights(runtime, learning, texts, settings);
    const results: StepResult[] = [];
    for (const sizes of cuts) {
      results.push(
        await trainingStep(
          { parameters, dropout, meta, ...tasks },
          {
            step: 1,
            microBatches: microBatches(sizes),
            gradientAccumulationSteps: sizes.length,
            taskWeights: { main: 0.5, auxiliary: 0.5 },
            groups,
          },
        ),
      );
    }
    for (const [index, { cosines, gradient_norms }] of results.entries()) {
      const cut = cuts[index].join(" + ");
      close(cosines?.main, golden.cosines[0], `cosine of the main task, ${cut}`);
      close(cosines?.auxiliary, golden.cosines[1], `cosine of the auxiliary task, ${cut}`);
      close(gradient_norms.body, golden.cases.equal.bodyNorm, `norm of the encoder, ${cut}`);
      close(gradient_norms.head, golden.cases.equal.headNorm, `norm of the head, ${cut}`);
    }
    await tasks.dispose();
    await meta.dispose();
  });
});
