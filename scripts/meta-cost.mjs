/**
 * What a step with learned task weights costs against one with equal weights: 32 texts of 48 to 80 tokens for each task
 * and for dev, steps of both kinds in turn. Processor time is the measure on a machine that does other work as well.
 *
 *     npm run build && node scripts/meta-cost.mjs MODEL_FOLDER [ROUNDS]
 */

import { randomStream } from "../dist/base/random.js";
import { cpu } from "../dist/engine/runtime/devices/cpu.js";
import { packTexts, slotsOf } from "../dist/method/batch/pack.js";
import {
  compileClassificationTraining,
  compileMaskedTokenTraining,
} from "../dist/method/program/training.js";
import { trainingRates } from "../dist/method/program/training-graph.js";
import { createDropoutMasks } from "../dist/method/train/dropout-masks.js";
import { trainingStep } from "../dist/method/train/step.js";
import { metaSlots, taskSlots } from "../dist/method/train/task-gradients.js";
import { hostParameters } from "../dist/method/train/trained-parameters.js";
import { loadCheckpoint } from "../dist/model/checkpoint/load.js";
import { initialize } from "../dist/model/parameters.js";
import { learnTaskWeights } from "../dist/run/fine-tune/learned-weights.js";
import { createTrainable, optimizerGroups } from "../dist/run/fine-tune/trainable.js";

const [folder, rounds = "20"] = process.argv.slice(2);
const CLASSES = 6;
const TEXTS = 32;
const WARM_UP = 3;

const { spec, values } = await loadCheckpoint(folder);
const runtime = await cpu.open();
const rates = trainingRates(spec);
const parts = { mlmHead: true, classes: CLASSES };
const groups = optimizerGroups({ learningRate: 1e-5, weightDecay: 0.01, maxGradNorm: 1 }, parts, 1);

function texts(random) {
  return Array.from({ length: TEXTS }, () =>
    Int32Array.from(
      { length: 48 + random.integer(33) },
      () => 5 + random.integer(spec.vocabularySize - 5),
    ),
  );
}

function packed(ids) {
  const { padId, firstPosition, hiddenSize, maxPositions } = spec;
  return packTexts(ids, {
    padId,
    firstPosition,
    hiddenSize,
    maxSlots: maxPositions - firstPosition,
  });
}

function mainBatch(random) {
  return {
    batch: packed(texts(random)),
    labels: Int32Array.from({ length: TEXTS }, () => random.integer(CLASSES)),
  };
}

function auxiliaryBatch(random) {
  const ids = texts(random);
  const batch = packed(ids);
  const targets = ids.map((text) =>
    Int32Array.from(text.keys()).filter(() => random.uniform() < 0.15),
  );
  const targetSlots = slotsOf(batch, targets);
  return { batch, targetSlots, targetIds: targetSlots.map((slot) => batch.ids[slot]) };
}

async function stateOf(learns) {
  const store = createTrainable(spec, parts, values, 0, learns ? metaSlots : []);
  const dropout = createDropoutMasks(0, rates);
  const parameters = hostParameters(store);
  const arrays = parameters.arrays(dropout, learns ? taskSlots(store) : undefined);
  const { over: mainOver, ...main } = await compileClassificationTraining(
    runtime,
    spec,
    CLASSES,
    rates,
    arrays,
  );
  const auxiliary = await compileMaskedTokenTraining(runtime, spec, rates, arrays);
  if (!learns) return { parameters, dropout, main, auxiliary };
  const random = (...names) => randomStream(0, "dev", ...names);
  const dev = {
    initializeHead(step, head) {
      for (const parameter of head.parameters) {
        initialize(parameter, head.weight(parameter.name), spec.initializerRange, random(step));
      }
    },
    headBatch: (step) => mainBatch(random(step, "head")),
    gradientBatch: (step, micro) => mainBatch(random(step, "gradient", micro)),
  };
  const meta = await learnTaskWeights(
    runtime,
    { spec, classes: CLASSES, parameters, mainOver, dropout },
    dev,
    {
      metaLearningRate: 0.01,
      devHeadSteps: 10,
      devHeadLearningRate: 1e-3,
      devHeadWeightDecay: 0.1,
      devHeadTolerance: 1e-3,
    },
  );
  return { parameters, dropout, main, auxiliary, meta };
}

const states = { equal: await stateOf(false), meta: await stateOf(true) };
/** Milliseconds of each step: on the clock, and of processors. */
const times = { equal: [], meta: [] };
for (let step = 1; step <= WARM_UP + Number(rounds); step++) {
  const random = randomStream(0, "batch", step);
  const microBatches = [
    { main: mainBatch(random.split("main")), auxiliary: auxiliaryBatch(random) },
  ];
  for (const kind of step % 2 ? ["equal", "meta"] : ["meta", "equal"]) {
    const start = performance.now();
    const used = process.cpuUsage();
    await trainingStep(states[kind], {
      step,
      microBatches,
      gradientAccumulationSteps: 1,
      taskWeights: { main: 0.5, auxiliary: 0.5 },
      groups,
    });
    const { user, system } = process.cpuUsage(used);
    if (step <= WARM_UP) continue;
    times[kind].push({ clock: performance.now() - start, processors: (user + system) / 1000 });
  }
}
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
for (const measure of ["clock", "processors"]) {
  const [equal, meta] = [times.equal, times.meta].map((list) => list.map((time) => time[measure]));
  const ratio = median(meta.map((time, i) => time / equal[i]));
  const medians = `equal ${median(equal).toFixed(0)} ms, meta ${median(meta).toFixed(0)} ms a step`;
  console.log(`${measure}: ${medians}; meta / equal ${ratio.toFixed(2)} (medians of ${rounds})`);
}
