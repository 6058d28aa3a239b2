/**
 * Learned task weights against an implementation of the same equations in PyTorch (scripts/golden/meta_weights.py): the
 * trajectory of both weights and both cosines, under the published settings and under fast ones.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { cpu } from "../src/engine/runtime/devices/cpu.js";
import type { Runtime } from "../src/engine/runtime/runtime.js";
import { createDropoutMasks } from "../src/method/train/dropout-masks.js";
import type { DevTexts } from "../src/method/train/meta-learning.js";
import type { OptimizerGroup } from "../src/method/train/optimizer.js";
import { type StepResult, trainingStep } from "../src/method/train/step.js";
import { metaSlots, taskSlots } from "../src/method/train/task-gradients.js";
import type { MetaState, TaskWeights } from "../src/method/train/task-weights.js";
import { hostParameters } from "../src/method/train/trained-parameters.js";
import { type Checkpoint, loadCheckpoint } from "../src/model/checkpoint/load.js";
import { learnTaskWeights } from "../src/run/fine-tune/learned-weights.js";
import { compileTasks } from "../src/run/fine-tune/tasks.js";
import { createTrainable } from "../src/run/fine-tune/trainable.js";
import {
  goldenAuxiliary,
  goldenGroup,
  goldenMain,
  packedAuxiliary,
  packedMain,
  readTensors,
  type Tensors,
  tensor,
} from "./fixtures/golden.js";

const CLASSES = 5;
const NO_DROPOUT = { dropout: 0, attentionDropout: 0 };

/** Main task, then auxiliary. */
const pair = z.tuple([z.number(), z.number()]);
const goldenSchema = z.object({
  body: goldenGroup,
  head: goldenGroup,
  steps: z.array(
    z.object({
      headBatch: goldenMain,
      microBatches: z.array(
        z.object({ main: goldenMain, auxiliary: goldenAuxiliary, dev: goldenMain }),
      ),
    }),
  ),
  runs: z.record(
    z.enum(["published", "fast"]),
    z.object({
      settings: z.object({
        metaLearningRate: z.number(),
        devHeadSteps: z.number(),
        devHeadLearningRate: z.number(),
        devHeadWeightDecay: z.number(),
        devHeadTolerance: z.number(),
      }),
      weights: z.array(pair),
      cosines: z.array(pair),
      headLosses: z.array(z.array(z.number())),
      lossMain: z.array(z.number()),
      lossAuxiliary: z.array(z.number()),
      finalWeights: pair,
      finalState: pair,
    }),
  ),
});

interface Trajectory {
  readonly weights: TaskWeights[];
  readonly results: StepResult[];
  /** How often the head training ran in each step. */
  readonly headSteps: number[];
  /** a before each step, and after the last. */
  readonly states: MetaState[];
}

describe.each(["bert", "roberta"] as const)("learned task weights of %s", (family) => {
  const path = (file: string) => fileURLToPath(new URL(`./golden/${file}`, import.meta.url));
  const golden = goldenSchema.parse(
    JSON.parse(readFileSync(path(`meta/${family}/golden.json`), "utf8")),
  );
  let runtime: Runtime;
  let checkpoint: Checkpoint;
  let head: Tensors;
  let devHeads: Tensors;
  let headRuns = 0;

  beforeAll(async () => {
    const real = await cpu.open({ threads: 1 });
    runtime = {
      ...real,
      async load(name, ...loaded) {
        const session = await real.load(name, ...loaded);
        return {
          ...session,
          run(...given) {
            if (name === "head-training") headRuns += 1;
            return session.run(...given);
          },
        };
      },
    };
    checkpoint = await loadCheckpoint(path(`models/${family}`));
    head = await readTensors(path(`models/${family}/head.safetensors`));
    devHeads = await readTensors(path(`meta/${family}/heads.safetensors`));
  });

  /** The model at its start, with everything that is random given by the golden file. */
  async function startingModel(run: "published" | "fast", start?: MetaState) {
    const { spec } = checkpoint;
    const parts = { mlmHead: true, classes: CLASSES };
    const store = createTrainable(spec, parts, checkpoint.values, 0, metaSlots);
    for (const [name, value] of head) store.weight(`classification.${name}`).set(value);
    const dropout = createDropoutMasks(0, NO_DROPOUT);
    const parameters = hostParameters(store);
    const arrays = parameters.arrays(dropout, taskSlots(store));
    const tasks = await compileTasks(
      "main and auxiliary",
      runtime,
      { spec, classes: CLASSES },
      NO_DROPOUT,
      arrays,
    );
    const dev: DevTexts = {
      initializeHead(step, target) {
        for (const { name } of target.parameters) {
          const value = tensor(devHeads, `${step - 1}.${name.replace("classification.", "")}`);
          target.weight(name).set(value);
        }
      },
      headBatch: (step) => packedMain(golden.steps[step - 1].headBatch, spec),
      gradientBatch: (step, micro) =>
        packedMain(golden.steps[step - 1].microBatches[micro].dev, spec),
    };
    const { mainOver } = tasks;
    const model = { spec, classes: CLASSES, parameters, mainOver, dropout };
    const meta = await learnTaskWeights(runtime, model, dev, golden.runs[run].settings, start);
    return { store, parameters, dropout, tasks, meta };
  }

  /** Ten steps; after `breakAfter` of them another model goes on from what the first one saves. */
  async function trajectory(run: "published" | "fast", breakAfter = 0): Promise<Trajectory> {
    const { spec } = checkpoint;
    const group = ({ rate, decay, clip }: z.infer<typeof goldenGroup>, name: string) => ({
      learningRate: rate,
      weightDecay: decay,
      clip: { name, maxNorm: clip },
    });
    const groups: OptimizerGroup[] = [
      { parts: ["body", "mlm-head"], ...group(golden.body, "body") },
      { parts: ["classification-head"], ...group(golden.head, "head") },
    ];
    let state = await startingModel(run);
    const dispose = async () => {
      for (const program of [state.tasks, state.meta]) await program.dispose();
    };
    const found: Trajectory = { weights: [], results: [], headSteps: [], states: [] };
    for (const [index, { microBatches }] of golden.steps.entries()) {
      if (index > 0 && index === breakAfter) {
        const saved: MetaState = JSON.parse(JSON.stringify(state.meta.state()));
        const next = await startingModel(run, saved);
        for (const { name } of state.store.parameters) {
          for (const slot of ["weight", "first", "second"]) {
            next.store.view(slot, name).set(state.store.view(slot, name));
          }
        }
        await dispose();
        state = next;
      }
      headRuns = 0;
      const taskWeights = state.meta.taskWeights();
      found.weights.push(taskWeights);
      found.states.push(state.meta.state());
      const result = await trainingStep(
        { ...state, ...state.tasks },
        {
          step: index + 1,
          microBatches: microBatches.map((micro) => ({
            main: packedMain(micro.main, spec),
            auxiliary: packedAuxiliary(micro.auxiliary, spec),
          })),
          gradientAccumulationSteps: microBatches.length,
          accumulation: "published",
          taskWeights,
          groups,
        },
      );
      found.results.push(result);
      found.headSteps.push(headRuns);
    }
    found.weights.push(state.meta.taskWeights());
    found.states.push(state.meta.state());
    await dispose();
    return found;
  }

  it.each(["published", "fast"] as const)("follow PyTorch for ten steps, %s", async (run) => {
    const expected = golden.runs[run];
    const { weights, results, headSteps, states } = await trajectory(run);
    expect(results.length).toBe(10);
    expect(headSteps).toEqual(expected.headLosses.map((losses) => losses.length));
    const wanted = [...expected.weights, expected.finalWeights];
    const close = (actual: number | null | undefined, value: number, bound: number, what: string) =>
      expect(Math.abs((actual ?? Number.NaN) - value), what).toBeLessThan(bound);
    weights.forEach(({ main, auxiliary }, step) => {
      close(main, wanted[step][0], 1e-4, `w_main before step ${step + 1}`);
      close(auxiliary, wanted[step][1], 1e-4, `w_aux before step ${step + 1}`);
    });
    results.forEach(({ cosines, main_loss, auxiliary_loss }, step) => {
      const [main, auxiliary] = expected.cosines[step];
      close(cosines?.main, main, 1e-3, `main cosine of step ${step + 1}`);
      close(cosines?.auxiliary, auxiliary, 1e-3, `auxiliary cosine of step ${step + 1}`);
      close(main_loss, expected.lossMain[step], 1e-3, `main loss of step ${step + 1}`);
      close(
        auxiliary_loss,
        expected.lossAuxiliary[step],
        1e-3,
        `auxiliary loss of step ${step + 1}`,
      );
    });
    close(states.at(-1)?.main, expected.finalState[0], 1e-3, "a_main");
    close(states.at(-1)?.auxiliary, expected.finalState[1], 1e-3, "a_auxiliary");
  });

  it("go on from a saved state to the same bits", async () => {
    expect(await trajectory("fast", 4)).toEqual(await trajectory("fast"));
  });
});
