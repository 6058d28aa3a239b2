/** Training steps of our side, with the programs, optimizer and packing of `train`. */
import * as z from "zod";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { packOptions, packTexts, slotsOf } from "../../src/method/batch/pack.js";
import type { TrainingArrays } from "../../src/method/program/training-arrays.js";
import { trainingRates } from "../../src/method/program/training-graph.js";
import { createDropoutMasks } from "../../src/method/train/dropout-masks.js";
import { type MicroBatch, trainingStep } from "../../src/method/train/step.js";
import { hostParameters } from "../../src/method/train/trained-parameters.js";
import type { ModelSpec } from "../../src/model/spec.js";
import { compileTasks } from "../../src/run/fine-tune/tasks.js";
import { createTrainable, optimizerGroups } from "../../src/run/fine-tune/trainable.js";
import { measureProducts } from "../products/measure.js";
import { trainingProducts } from "../products/products.js";
import type { LoadedSource } from "../work/model.js";
import type { BenchMicroBatch, TrainingWork } from "../work/work-file.js";
import {
  type RunNode,
  stepClock,
  type Times,
  timedRuntime,
  timedStore,
  timesByGroup,
  timesByPart,
  WHOLE_STEP,
} from "./profile.js";
import { type Answering, index } from "./work-kind.js";

const requestSchema = z.discriminatedUnion("do", [
  /** One optimizer step on the step of the work file with this index. */
  z.object({ do: z.literal("step"), step: index }),
  /** The bare products of that step. */
  z.object({ do: z.literal("products"), step: index }),
  /**
   * Milliseconds of the parts of a step and of the groups of nodes in it, from all steps but the first of each index. It
   * ends the session.
   */
  z.object({ do: z.literal("profile") }),
]);

/** As the published runs have them. */
const WEIGHT_DECAY = 0.01;
const HEAD_WEIGHT_DECAY = 0.1;

/** Where the steps run. */
export interface TrainingPlace {
  readonly runtime: Runtime;
  /** Milliseconds. */
  now(): number;
  /** The nodes of each run of the session called so, once it is disposed of; none where the runtime tells none. */
  runsOf(session: string): readonly (readonly RunNode[])[];
}

export async function openTraining(
  work: TrainingWork,
  { spec, values }: LoadedSource,
  { runtime, now, runsOf }: TrainingPlace,
): Promise<Answering> {
  const { classes, learningRate } = work;
  const both = work.tasks !== "classification";
  const parts = { mlmHead: both, classes };
  const clock = stepClock(now);
  const store = timedStore(createTrainable(spec, parts, values, 0), clock);
  // A classification head is new in every run; here both sides must begin with the same.
  for (const { name, part } of store.parameters) {
    const given = part === "classification-head" ? values.get(name) : undefined;
    if (given !== undefined) store.weight(name).set(given);
  }
  const rates = trainingRates(spec);
  const dropout = createDropoutMasks(0, rates);
  const arrays: TrainingArrays = {
    weights: store.weight,
    gradients: store.gradient,
    keepMask: (site, count) => clock.time("dropout masks", () => dropout.keepMask(site, count)),
  };
  const tasks = await compileTasks(
    both ? "main and auxiliary" : "main",
    timedRuntime(runtime, clock),
    { spec, classes },
    rates,
    arrays,
  );
  const state = { parameters: hostParameters(store), dropout, ...tasks };
  const passes = both ? 2 : 1;
  const session = both ? "multi-task-training" : "classification-training";
  const asked: number[] = [];
  const partsOfSteps: Times[] = [];
  const settings = {
    learningRate,
    weightDecay: WEIGHT_DECAY,
    headLearningRate: 10 * learningRate,
    headWeightDecay: HEAD_WEIGHT_DECAY,
    maxGradNorm: 1,
  };
  const groups = optimizerGroups(settings, parts, 1);
  let done = 0;

  return async (requested) => {
    const request = requestSchema.parse(requested);
    if (request.do === "profile") {
      await tasks.dispose();
      const first = work.steps.length;
      const counted = asked.slice(first);
      const runs = runsOf(session).slice(first * passes);
      const times = [
        ...timesByPart(partsOfSteps.slice(first), counted),
        ...timesByGroup(runs, counted, passes),
      ];
      return { seconds: 0, values: Object.fromEntries(times), list: [] };
    }
    const step = work.steps[request.step];
    if (request.do === "products") {
      const sizes = step.flatMap((micro) =>
        passSizes(laidOut(micro, spec), classes).slice(0, passes),
      );
      const products = sizes.flatMap((pass) => trainingProducts(spec, pass));
      const { seconds, rate } = await measureProducts(runtime, products, now);
      return { seconds, values: { rate }, list: [] };
    }
    done += 1;
    const start = now();
    clock.take();
    const { main_loss, auxiliary_loss, tokens } = await clock.timeAsync(WHOLE_STEP, () =>
      trainingStep(state, {
        step: done,
        microBatches: clock.time("packing", () => step.map((micro) => laidOut(micro, spec))),
        gradientAccumulationSteps: step.length,
        // As the peer and the published runs do.
        accumulation: "published",
        taskWeights: both ? { main: 0.5, auxiliary: 0.5 } : { main: 1, auxiliary: 0 },
        groups,
      }),
    );
    const seconds = (now() - start) / 1000;
    asked.push(request.step);
    partsOfSteps.push(clock.take());
    const values = { mainLoss: main_loss ?? 0, auxiliaryLoss: auxiliary_loss ?? 0, tokens };
    return { seconds, values, list: [] };
  };
}

function laidOut(
  { main, auxiliary }: BenchMicroBatch,
  spec: ModelSpec,
): Required<Pick<MicroBatch, "main" | "auxiliary">> {
  const packed = (texts: readonly (readonly number[])[]) =>
    packTexts(
      texts.map((ids) => Int32Array.from(ids)),
      packOptions(spec),
    );
  const masked = packed(auxiliary.texts);
  const targets = auxiliary.targets.map((positions) => Int32Array.from(positions));
  return {
    main: { batch: packed(main.texts), labels: Int32Array.from(main.labels) },
    auxiliary: {
      batch: masked,
      targetSlots: slotsOf(masked, targets),
      targetIds: Int32Array.from(auxiliary.labels),
    },
  };
}

function passSizes(
  { main, auxiliary }: Required<Pick<MicroBatch, "main" | "auxiliary">>,
  classes: number,
) {
  const texts = main.labels.length;
  const selected = auxiliary.targetIds.length;
  const { rows, slots } = main.batch;
  return [
    { rows, slots, head: { kind: "classification", texts, classes } as const },
    {
      rows: auxiliary.batch.rows,
      slots: auxiliary.batch.slots,
      head: { kind: "masked-tokens", selected } as const,
    },
  ];
}
