/** A fine-tuning run in parts: where it resumes, what it saves for the next part, and the time of all parts. */
import type { ParameterStore } from "../../method/train/parameter-store.js";
import type { TrainedParameters } from "../../method/train/trained-parameters.js";
import type { StoppingState } from "../../method/train/trainer.js";
import { CHECKSUM_FILE } from "../../platform/files/durable-folder.js";
import { removeHeld } from "../../platform/files/held-folders.js";
import { join } from "../../platform/paths.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { Host } from "../host/host.js";
import { stageOf } from "./best-weights.js";
import type { Journal } from "./journal.js";
import { cutJournal, openSavedStates, type RunState, type SavedStates } from "./saved-state.js";

/** Time spent on training, without what runs aside (evaluating, saving). */
export interface TrainingClock {
  /** Of earlier parts and of this one up to now. */
  seconds(): number;
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
}

function startTrainingClock({ now }: Pick<Host, "now">, earlierSeconds = 0): TrainingClock {
  const start = now();
  let asideSeconds = 0;
  return {
    seconds: () => earlierSeconds + (now() - start) / 1000 - asideSeconds,
    async aside(work) {
      const begin = now();
      const result = await work();
      asideSeconds += (now() - begin) / 1000;
      return result;
    },
  };
}

/** What a run knows between two steps, besides weights and moments. */
export interface StepOutcome
  extends StoppingState,
    Pick<RunState, "bestDev" | "bestWeights" | "firstStage" | "meta"> {}

export interface TrainingState {
  readonly clock: TrainingClock;
  /** Real tokens through the encoder in a step. */
  countTokens(tokens: number): void;
  /** Saves the state if one is due. */
  afterStep(step: number, evaluated: boolean, outcome: StepOutcome): Promise<void>;
  /** Saves the state after a step unless that is done already. */
  save(step: number, outcome: StepOutcome): Promise<void>;
  /**
   * Saves the state after a step, but only if all weights and moments are finite: a bad state must not replace a good one.
   */
  saveIfFinite(step: number, outcome: StepOutcome): Promise<void>;
  /** Saves the state with which the second stage begins, after the last step of the first. */
  beginStage(step: number, outcome: StepOutcome): Promise<void>;
  /** The step after which the last state was saved; 0 where there is none. */
  savedStep(): number;
  /** For metrics.json: sums over all parts. */
  timing(): RunMetrics["timing"];
}

export interface TrainingStateSettings {
  readonly outputDir: string;
  readonly resume: boolean;
  readonly saveSteps?: number | undefined;
}

export interface StartingState {
  readonly state: RunState;
  readonly states: SavedStates;
}

/**
 * Where a run starts: a new one at step 0. With `resume`, the store gets weights and moments of the last intact state, and
 * the journal is cut back to it; a run stopped before its first save starts from its first step. Notices say which, and
 * report a damaged state. Throws what `SavedStates.load` and `cutJournal` throw.
 */
export async function startingState(
  store: ParameterStore,
  { outputDir, resume }: TrainingStateSettings,
  host: Host,
): Promise<StartingState> {
  const states = openSavedStates(join(outputDir, "state"));
  if (!resume) return { state: { step: 0, tokens: 0 }, states };
  const state = (await lastState(states, store, host)) ?? { step: 0, tokens: 0 };
  cutJournal(join(outputDir, "journal.jsonl"), state.step, stageOf(state));
  return { state, states };
}

/**
 * Saves the states of a run from `start` on and starts the clock; `scoringSeconds` is what this part spent on scoring. The
 * journal is flushed before each state.
 */
export function openTrainingState(
  { state: start, states }: StartingState,
  parameters: Pick<TrainedParameters, "download">,
  journal: Pick<Journal, "flush">,
  { saveSteps }: TrainingStateSettings,
  scoringSeconds: number,
  host: Host,
): TrainingState {
  const clock = startTrainingClock(host, start.trainingSeconds);
  const allScoringSeconds = (start.scoringSeconds ?? 0) + scoringSeconds;
  const parts = (start.parts ?? 0) + 1;
  let { tokens, step: savedStep } = start;

  const write = async (step: number, outcome: StepOutcome) => {
    const times = { scoringSeconds: allScoringSeconds, trainingSeconds: clock.seconds() };
    await clock.aside(async () => {
      journal.flush();
      await states.save(await parameters.download(), { step, tokens, ...outcome, ...times, parts });
    });
    savedStep = step;
  };
  const save = async (step: number, outcome: StepOutcome) => {
    // Step 0 has nothing to keep, and a state that was just read or written is there already.
    if (step !== savedStep) await write(step, outcome);
  };
  return {
    clock,
    countTokens(count) {
      tokens += count;
    },
    async afterStep(step, evaluated, outcome) {
      const due = evaluated || (saveSteps !== undefined && step % saveSteps === 0);
      if (due) await save(step, outcome);
    },
    save,
    async saveIfFinite(step, outcome) {
      if (isAllFinite(await parameters.download())) await save(step, outcome);
    },
    beginStage: write,
    savedStep: () => savedStep,
    timing() {
      const trainingSeconds = clock.seconds();
      return {
        scoring_seconds: allScoringSeconds,
        training_seconds: trainingSeconds,
        tokens_per_second: tokens / trainingSeconds,
        parts,
      };
    },
  };
}

/** Are all weights and moments numbers? */
export function isAllFinite(store: ParameterStore): boolean {
  return store
    .regions(() => "all")
    .every(({ view }) =>
      ["weight", "first", "second"].every((slot) => view(slot).every(Number.isFinite)),
    );
}

/** Removes what a finished run no longer needs. */
export function removeState(outputDir: string): void {
  const names = [
    "state",
    "adaptation",
    "rescored",
    "folds",
    "encoder",
    "model.partial",
    join("model", CHECKSUM_FILE),
  ];
  for (const name of names) removeHeld(join(outputDir, name));
}

/** Reads the last intact state and reports where the run resumes; undefined if none was saved. */
export async function lastState(
  states: SavedStates,
  store: ParameterStore,
  host: Host,
): Promise<RunState | undefined> {
  const state = await states.load(store, (folder, fault) => {
    const text = `the state in ${folder} is damaged (${fault}): using the one before it`;
    host.emit({ type: "notice", level: "warning", text });
  });
  const text =
    state === undefined
      ? "no saved state: starting from the first step"
      : `resuming after step ${state.step}`;
  host.emit({ type: "notice", level: "info", text });
  return state;
}
