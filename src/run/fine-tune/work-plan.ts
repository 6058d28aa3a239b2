/** The work of a run, fitted to the time that it takes on this machine; the plan is kept, so a resumed run does the same. */
import { z } from "zod";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { AUTO, isLinear, passesOf } from "../../method/methods.js";
import { findText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { parseRecord } from "../../results/records/parse.js";
import { windowsOf } from "../../text/long-texts.js";
import { writeJson } from "../folder/run-folder.js";
import type { Host } from "../host/host.js";
import { wantsBaseline } from "./baseline.js";
import type { RunInputs } from "./inputs.js";
import { type LinearSeconds, linearSeconds } from "./linear-time.js";
import type { FineTuneSettings } from "./recipe.js";
import { rescoringCost, rescoringSeconds, rescorings } from "./rescoring-time.js";
import { secondsPerStep, stepTimer, TIMED_STEPS } from "./step-time.js";
import { stepsPerEpoch } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";
import { budgetSeconds, type EncoderWork, fitToTime, type TimeFit, timeText } from "./time-fit.js";
import { adaptationShare, trainingSteps } from "./training-length.js";

const planFile = "plan.json";

const schema = z.object({
  /** Of the timed steps. */
  seconds_per_step: z.number(),
  /** Folds that the encoder is measured on. */
  encoder_folds: z.int().min(0),
  /** Of each training of the encoder, where the time does not allow what the recipe says; else null. */
  max_steps: z.int().min(1).nullable(),
  /** Candidates that are left out, and why. */
  left_out: z.array(z.object({ method: z.enum(["embed", "stl"]), reason: z.string() })),
});

/** Inputs with the steps that there is time for. */
export interface PlannedInputs extends RunInputs {
  readonly plan: {
    readonly encoderFolds: number;
    /** Candidates that there is no time for, and why. */
    readonly leftOut: TimeFit["leftOut"];
    /** Does the training itself tell by its first steps how long it takes? */
    readonly timesFirstSteps: boolean;
  };
}

/** Is there no time for a candidate? */
export function isLeftOut({ leftOut }: PlannedInputs["plan"], method: "embed" | "stl"): boolean {
  return leftOut.some((one) => one.method === method);
}

/** Work beneath this, in floating-point operations, takes seconds on two processors: timing it would be a part of it. */
const SMALL = 2e12;
/** A pass forward is a third of one forward and backward. */
const FORWARD = 1 / 3;

/** Does any of the work depend on how long a step takes? */
function timeDecides({ settings, folds }: RunInputs): boolean {
  const { method, timeBudget } = settings;
  return timeBudget !== undefined || method === AUTO || folds !== undefined;
}

/**
 * Times a step and a linear classifier, tells how long training takes and what shortens it, and fits it to `--time-budget`, or to usual limits without one. Where the
 * time decides nothing, no step is timed beforehand (`toldByFirstSteps`). The work of a resumed run stays as it was planned. Throws what timing a step throws, and `data-format` for a damaged plan.
 */
export async function planWork(
  inputs: RunInputs,
  masks: TextMasks | undefined,
  scoringSeconds: number,
  runtime: Runtime,
  host: Host,
): Promise<PlannedInputs> {
  const { settings, folds } = inputs;
  const { outputDir, timeBudget } = settings;
  const all = { encoderFolds: folds?.count ?? 0, leftOut: [], timesFirstSteps: false };
  if (isLinear(settings.method)) return { ...inputs, plan: all };
  const path = join(outputDir, planFile);
  const known = findText(path);
  if (known === undefined && timeBudget === undefined && operations(inputs) < SMALL) {
    return { ...inputs, plan: all };
  }
  if (known === undefined && !timeDecides(inputs)) {
    return { ...inputs, plan: { ...all, timesFirstSteps: true } };
  }
  const plan =
    known === undefined
      ? await timedPlan(inputs, masks, scoringSeconds, runtime, host)
      : parseRecord(schema, known, {
          path,
          writer: "a training run",
          hint: "Delete the file, and the work is planned anew.",
        });
  if (known === undefined) writeJson(outputDir, planFile, plan);
  return {
    ...inputs,
    settings: plan.max_steps === null ? settings : withSteps(settings, plan.max_steps),
    plan: { encoderFolds: plan.encoder_folds, leftOut: plan.left_out, timesFirstSteps: false },
  };
}

/** Looks at the steps of a training, and tells after the third how long it takes, where `planWork` did not. */
export function toldByFirstSteps(inputs: PlannedInputs, host: Host): (step: number) => void {
  if (!inputs.plan.timesFirstSteps) return () => undefined;
  const timer = stepTimer(host, () => undefined);
  return (step) => {
    timer.progress(step);
    if (step !== TIMED_STEPS) return;
    const none = { tfidf: 0, embed: 0, curve: 0 };
    const rest = encoderWork(inputs, timer.seconds(), none);
    const work = { ...rest, isCandidate: false, budget: undefined, spentSeconds: 0 };
    host.emit({ type: "notice", level: "info", text: timeText(work, fitToTime(work)) });
  };
}

/** Settings by which classification has at most so many steps. */
function withSteps(settings: FineTuneSettings, most: number): FineTuneSettings {
  return { ...settings, maxSteps: Math.max(1, Math.floor(most / passesOf(settings.method))) };
}

async function timedPlan(
  inputs: RunInputs,
  masks: TextMasks | undefined,
  spentSeconds: number,
  runtime: Runtime,
  host: Host,
): Promise<z.infer<typeof schema>> {
  const { settings } = inputs;
  const seconds = await secondsPerStep(inputs, masks, runtime, host);
  const trainsLinear = wantsBaseline(settings) || settings.learningCurve;
  const timed = trainsLinear ? linearSeconds(inputs, host) : { tfidf: 0, embed: 0, curve: 0 };
  const linear = wantsBaseline(settings) ? timed : { ...timed, tfidf: 0, embed: 0 };
  const budget = settings.timeBudget === undefined ? undefined : budgetSeconds(settings.timeBudget);
  const isCandidate = settings.method === AUTO;
  const work = { ...encoderWork(inputs, seconds, linear), isCandidate, budget, spentSeconds };
  const fit = fitToTime(work);
  host.emit({ type: "notice", level: "info", text: timeText(work, fit) });
  return {
    seconds_per_step: seconds,
    encoder_folds: fit.folds,
    max_steps: fit.maxSteps ?? null,
    left_out: [...fit.leftOut],
  };
}

/** Seconds of a training of the encoder with its evaluations, where a step takes `secondsPerStep`. */
export function encoderSeconds(inputs: RunInputs, secondsPerStep: number): number {
  const work = encoderWork(inputs, secondsPerStep, { tfidf: 0, embed: 0, curve: 0 });
  return work.secondsPerStep * work.steps + work.testSeconds;
}

function encoderWork(
  inputs: RunInputs,
  seconds: number,
  linear: LinearSeconds,
): Omit<EncoderWork, "isCandidate" | "budget" | "spentSeconds"> {
  const { settings, data, folds } = inputs;
  const [train, dev, test] = [data.encodings.train, data.encodings.dev, data.encodings.test].map(
    (encodings) => encodings.flatMap(windowsOf),
  );
  const { secondStage, secondStageEpochs, evalSteps } = settings;
  const perEpoch = stepsPerEpoch(train.length, settings);
  const secondSteps = secondStage ? secondStageEpochs * perEpoch : 0;
  const steps = plannedSteps(train.length, settings);
  const rescoring = rescorings(steps, perEpoch, settings) * rescoringSeconds(inputs, seconds);
  const forward = (texts: number) => FORWARD * seconds * stepsPerEpoch(texts, settings);
  const all = train.length + dev.length + test.length;
  const count = folds?.count ?? 0;
  return {
    secondsPerStep: seconds + forward(dev.length) / (evalSteps ?? perEpoch) + rescoring / steps,
    steps: steps + secondSteps,
    stepsPerEpoch: perEpoch,
    folds: count,
    foldSteps: count === 0 ? 0 : plannedSteps(Math.round(train.length * (1 - 1 / count)), settings),
    embeddingSeconds: settings.method === AUTO ? forward(all) + linear.embed : 0,
    linearSeconds: linear.tfidf + linear.curve,
    testSeconds: forward(test.length),
  };
}

/** Optimizer steps of fine-tuning on so many texts. */
function plannedSteps(rows: number, settings: FineTuneSettings): number {
  return trainingSteps(stepsPerEpoch(rows, settings), settings);
}

/** Of all training of the encoder, but for attention: 6 for each weight of a layer and token, and 2 where it only scores. */
function operations(inputs: RunInputs): number {
  const { settings, data, folds } = inputs;
  const { spec } = inputs.model;
  const train = data.encodings.train.flatMap(windowsOf);
  const tokens = train.reduce((sum, { ids }) => sum + ids.length, 0);
  const weights = spec.layers * spec.hiddenSize * (4 * spec.hiddenSize + 2 * spec.intermediateSize);
  const steps = plannedSteps(train.length, settings);
  const perEpoch = stepsPerEpoch(train.length, settings);
  const trained = 6 * tokens * (steps / perEpoch) * (1 + adaptationShare(settings));
  const scored = 2 * rescoringCost(inputs) * rescorings(steps, perEpoch, settings);
  return weights * (trained + scored) * (1 + (folds?.count ?? 0));
}
