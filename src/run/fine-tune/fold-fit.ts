/** An encoder fine-tuned on some of a run's training texts, to classify others; nothing of it is kept. */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { train } from "../../method/train/trainer.js";
import type { Host } from "../host/host.js";
import { classifyEncodings } from "../inference/classify.js";
import { adaptationTexts, adaptToTexts } from "./adaptation.js";
import { maskedBatches } from "./epoch-masks.js";
import { firstStagePlan } from "./first-stage.js";
import { computeFrozenStates } from "./frozen-states.js";
import type { RunInputs } from "./inputs.js";
import { probeHead } from "./probed-head.js";
import { runEpochMasks } from "./run-epoch-masks.js";
import { mainRows, stepsPerEpoch, taskBatches } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";
import { compileTraining, initialWeights } from "./training.js";
import { adaptationSteps } from "./training-length.js";

/**
 * Fine-tunes on the training texts `train` (indices) until the recipe's last step, as there is no dev split to stop by, and gives the
 * logits [rows, C] of the training texts `heldOut`. The result depends on the texts and the seed alone. `onStep` gets the number of steps
 * done. Throws `interrupted` after a stop on request, and `training-diverged`.
 */
export async function fitOnRows(
  inputs: RunInputs,
  masks: TextMasks | undefined,
  {
    train: rows,
    heldOut,
  }: { readonly train: readonly number[]; readonly heldOut: readonly number[] },
  runtime: Runtime,
  host: Host,
  onStep: (done: number, total: number) => void,
): Promise<Float32Array> {
  const { settings, model, data, unlabelled } = inputs;
  const { spec, tokenizer } = model;
  const texts = data.encodings.train;
  const pick = <Item>(items: readonly Item[]) => rows.map((row) => items[row]);
  const labelIds = Int32Array.from(rows, (row) => data.train.labelIds[row]);
  const encodings = pick(texts);
  const picked = {
    ...data,
    train: { texts: pick(data.train.texts), labelIds, records: pick(data.train.records) },
    encodings: { train: encodings, dev: [] },
  };
  const classes = data.labels.length;
  const lines = picked.train.records.map(({ line }) => line);
  const main = mainRows({ encodings, labelIds, lines });
  const perEpoch = stepsPerEpoch(main.encodings.length, settings);
  const steps = adaptationSteps(perEpoch, settings);
  const masked = pick(inputs.masked);
  const adaptedTo = adaptationTexts(inputs, masked);
  const values =
    steps === 0
      ? await model.weights()
      : (await adaptToTexts(model, adaptedTo, steps, settings, host, runtime, host)).values;
  const store = initialWeights(spec, values, classes, settings);
  if (settings.headInitialization === "probe") {
    const known = { ...main, space: data.space };
    await probeHead(store, spec, known, settings.evalTokens, runtime, host.cancelled);
  }
  const frozenStates = await computeFrozenStates(
    { spec, weights: store.weight },
    main.encodings,
    settings,
    runtime,
    host.cancelled,
  );
  const splits = { ...picked, frozenStates };
  const training = await compileTraining(spec, store, splits, settings, undefined, runtime);
  try {
    const batches = taskBatches(
      {
        ...main,
        ...{ frozenStates, masked },
        ...(unlabelled && { unlabelled: unlabelled.encodings }),
      },
      settings,
      settings,
      spec,
      tokenizer,
    );
    const ofAll = masks && runEpochMasks(inputs, masks, training, undefined, runtime, host);
    // Those of the training texts come first, then those of the texts for the auxiliary task alone.
    const picking =
      ofAll &&
      (async (epoch: number) => {
        const all = await ofAll(epoch);
        return [...pick(all), ...all.slice(texts.length)];
      });
    const plan = {
      doneSteps: 0,
      ...firstStagePlan(training, perEpoch, settings),
      batches: maskedBatches(batches, picking, perEpoch),
    };
    const { tasks, parameters, dropout } = training;
    const { reason } = await train({ ...tasks, parameters, dropout }, plan, {
      emit: () => undefined,
      progress: onStep,
      cancelled: host.cancelled,
    });
    if (reason === "interrupted") throw stoppedBetweenFolds();
    const read = heldOut.map((row) => texts[row]);
    return await classifyEncodings(training.classifier, spec, read, settings.evalTokens);
  } finally {
    await training.dispose();
  }
}

/** A stop on request while texts are held out in turn. */
export function stoppedBetweenFolds(): L3MaskingError {
  return new L3MaskingError("interrupted", "stopped while texts were held out in turn", {
    hint: "Resume with the same command and --resume: finished folds are kept.",
  });
}
