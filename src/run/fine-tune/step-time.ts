/** How long an optimizer step takes on this machine, for estimates before a run is trained. */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { train } from "../../method/train/trainer.js";
import type { Host, RunEvent } from "../host/host.js";
import { adaptationTexts, adaptToTexts } from "./adaptation.js";
import { firstStagePlan } from "./first-stage.js";
import { computeFrozenStates } from "./frozen-states.js";
import type { RunInputs } from "./inputs.js";
import { mainRows, stepsPerEpoch, taskBatches, taskOrder } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";
import { compileTraining, initialWeights } from "./training.js";
import { adaptationShare } from "./training-length.js";

/** The first one warms up, the others are timed. */
export const TIMED_STEPS = 3;

/**
 * Seconds of a step over the run's own batches, with the part of an adaptation that falls to it. The weights that it trains are a copy, and nothing of it is kept. Throws `interrupted` after a
 * stop on request, and `training-diverged`.
 */
export async function secondsPerStep(
  inputs: RunInputs,
  masks: TextMasks | undefined,
  runtime: Runtime,
  host: Host,
): Promise<number> {
  const share = adaptationShare(inputs.settings);
  const before = share === 0 ? 0 : share * (await adaptationStep(inputs, runtime, host));
  return before + (await trainingStep(inputs, masks, runtime, host));
}

/** Of the adaptation, over all its batches alike. */
async function adaptationStep(inputs: RunInputs, runtime: Runtime, host: Host): Promise<number> {
  const { settings, model } = inputs;
  const timer = shownTimer(host);
  const watched = {
    emit: (event: RunEvent) => {
      if (event.type === "progress") timer.progress(event.done);
    },
    cancelled: host.cancelled,
  };
  await adaptToTexts(
    model,
    adaptationTexts(inputs, inputs.masked),
    TIMED_STEPS,
    settings,
    host,
    runtime,
    watched,
  );
  return timer.seconds();
}

/** Seconds of a step: of all `TIMED_STEPS` but the first, the mean. */
export function stepTimer(host: Pick<Host, "now">, tell: (done: number) => void) {
  const ends: number[] = [];
  return {
    progress(done: number) {
      ends.push(host.now());
      tell(done);
    },
    seconds() {
      if (ends.length < TIMED_STEPS) throw stopped();
      return (ends[TIMED_STEPS - 1] - ends[0]) / (TIMED_STEPS - 1) / 1000;
    },
  };
}

/** One that tells of its steps. */
function shownTimer(host: Host) {
  return stepTimer(host, (done) =>
    host.emit({ type: "progress", task: "timing", done, total: TIMED_STEPS, unit: "steps" }),
  );
}

async function trainingStep(
  { settings, model, data, masked, unlabelled }: RunInputs,
  masks: TextMasks | undefined,
  runtime: Runtime,
  host: Host,
): Promise<number> {
  const { spec, tokenizer } = model;
  const { labelIds, records } = data.train;
  const lines = records.map(({ line }) => line);
  const main = mainRows({ encodings: data.encodings.train, labelIds, lines });
  const store = initialWeights(spec, await model.weights(), data.labels.length, settings);
  const perStep = settings.batchSize * settings.gradientAccumulationSteps;
  const order = taskOrder(main.encodings.length, settings.seed, "main")(0);
  const frozenStates = await computeFrozenStates(
    { spec, weights: store.weight },
    main.encodings,
    settings,
    runtime,
    host.cancelled,
    { rows: order.subarray(0, TIMED_STEPS * perStep) },
  );
  const splits = { ...data, frozenStates };
  const training = await compileTraining(spec, store, splits, settings, undefined, runtime);
  try {
    const texts = {
      ...main,
      frozenStates,
      masked,
      ...(unlabelled && { unlabelled: unlabelled.encodings }),
      ...(masks && { probabilities: masks.probabilities }),
    };
    const perEpoch = stepsPerEpoch(main.encodings.length, settings);
    const plan = {
      ...firstStagePlan(training, perEpoch, settings),
      doneSteps: 0,
      totalSteps: TIMED_STEPS,
      batches: taskBatches(texts, settings, settings, spec, tokenizer),
    };
    const { tasks, parameters, dropout, meta } = training;
    const timer = shownTimer(host);
    await train({ ...tasks, parameters, dropout, ...(meta && { meta }) }, plan, {
      emit: () => undefined,
      progress: timer.progress,
      cancelled: host.cancelled,
    });
    return timer.seconds();
  } finally {
    await training.dispose();
  }
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "stopped while a step of training was timed", {
    hint: "Resume with the same command and --resume.",
  });
}
