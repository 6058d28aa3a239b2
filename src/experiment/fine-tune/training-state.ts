/** A fine-tuning run in parts: where it goes on, what it keeps for the next part, and the time of all parts. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ParameterStore } from "../../train/parameter-store.js";
import type { StoppingState } from "../../train/trainer.js";
import type { Host, RunMetrics } from "../host.js";
import { cutJournal, hasState, loadState, type RunState, saveState } from "./saved-state.js";

/** Time spent on training; what is put aside (evaluating, saving) does not count. */
export interface TrainingClock {
  /** Of earlier parts and of this one up to now. */
  seconds(): number;
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Starts a clock at the seconds of earlier parts. */
export function startTrainingClock({ now }: Pick<Host, "now">, earlierSeconds = 0): TrainingClock {
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

/** What a run knows between two steps beside weights and moments. */
export interface StepOutcome
  extends StoppingState,
    Pick<RunState, "bestDev" | "firstStage" | "meta"> {}

export interface TrainingState {
  readonly clock: TrainingClock;
  /** Real tokens through the encoder in a step. */
  countTokens(tokens: number): void;
  /** Saves the state where one is due. */
  afterStep(step: number, evaluated: boolean, outcome: StepOutcome): Promise<void>;
  /** Saves the state after a step unless that is done already. */
  save(step: number, outcome: StepOutcome): Promise<void>;
  /** For metrics.json: sums over all parts. */
  timing(): RunMetrics["timing"];
}

export interface TrainingStateSettings {
  readonly outputDir: string;
  readonly resume: boolean;
  readonly saveSteps?: number | undefined;
}

/**
 * Where a run starts: a new one with step 0. With `resume`, weights and moments of the store are those of the last saved
 * state, and the journal is cut back to it; a run that was stopped before it saved any begins with its first step,
 * which is told. Throws what `loadState` and `cutJournal` throw.
 */
export async function startingState(
  store: ParameterStore,
  { outputDir, resume }: TrainingStateSettings,
  host: Host,
): Promise<RunState> {
  if (!resume) return { step: 0, tokens: 0 };
  const state = await lastState(join(outputDir, "state"), store, host);
  const stage = state.firstStage === undefined ? 1 : 2;
  cutJournal(join(outputDir, "journal.jsonl"), state.step, stage);
  return state;
}

/** Keeps the state of a run from `start` on. The clock starts; `scoringSeconds` is what this part spent on scoring. */
export function openTrainingState(
  start: RunState,
  store: ParameterStore,
  settings: TrainingStateSettings,
  scoringSeconds: number,
  host: Host,
): TrainingState {
  const { saveSteps } = settings;
  const folder = join(settings.outputDir, "state");
  const clock = startTrainingClock(host, start.trainingSeconds);
  const allScoringSeconds = (start.scoringSeconds ?? 0) + scoringSeconds;
  const parts = (start.parts ?? 0) + 1;
  let { tokens, step: savedStep } = start;

  const save = async (step: number, outcome: StepOutcome) => {
    // Step 0 has nothing to keep, and a state that was just read or written is there already.
    if (step === savedStep) return;
    savedStep = step;
    const times = { scoringSeconds: allScoringSeconds, trainingSeconds: clock.seconds() };
    await clock.aside(() =>
      saveState(folder, store, { step, tokens, ...outcome, ...times, parts }),
    );
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

/** Removes what a finished run needs no more. */
export function removeState(outputDir: string): void {
  rmSync(join(outputDir, "state"), { recursive: true, force: true });
}

async function lastState(folder: string, store: ParameterStore, host: Host): Promise<RunState> {
  const found = hasState(folder);
  const state = found ? await loadState(folder, store) : { step: 0, tokens: 0 };
  const text = found
    ? `going on after step ${state.step}`
    : `no state was saved in ${folder}: beginning with the first step`;
  host.emit({ type: "notice", level: "info", text });
  return state;
}
