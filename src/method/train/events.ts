/** What a training run tells: the events that the journal keeps and reports are made from. */

import type { TaskCosines, TaskWeights } from "./task-weights.js";

/** What journal.jsonl keeps, one object a line, without times, so that equal runs have equal journals. */
export type JournalEvent = StepEvent | EvaluationEvent | StopEvent;

/** 2 in the second stage of a run, which goes on from the best weights of the first; else 1. */
export type Stage = 1 | 2;

/** One optimizer step. */
export interface StepEvent {
  readonly type: "step";
  readonly stage: Stage;
  /** Optimizer steps done, from 1; the second stage counts on. */
  readonly step: number;
  /** Passes over the training texts begun, from 1. */
  readonly epoch: number;
  /** Mean losses in nats over the step; null where the task does not run. */
  readonly mainLoss: number | null;
  readonly auxiliaryLoss: number | null;
  /** The weights this step was made with. */
  readonly taskWeights: TaskWeights;
  /** Between the dev gradient and each task's, means over the micro-batches; null where weights are not learned. */
  readonly cosines: TaskCosines | null;
  /** Of encoder and masked-LM head. */
  readonly learningRate: number;
  /** Global gradient norms before clipping, by clip group. */
  readonly gradientNorms: Readonly<Record<string, number>>;
  /** Real tokens that went through the encoder, both tasks together. */
  readonly tokens: number;
  /** How many tokens carried a masked-LM label. */
  readonly maskedTokens: number;
}

/** One measurement during training. */
export interface EvaluationEvent {
  readonly type: "evaluation";
  readonly stage: Stage;
  readonly step: number;
  readonly split: "dev" | "validation-text";
  /** Mean loss in nats. */
  readonly loss: number;
  readonly accuracy: number;
  /** Absent for masked tokens. */
  readonly macroF1?: number;
  /** Is the deciding metric the best so far? */
  readonly best: boolean;
}

/** Why a stage ended. */
export interface StopEvent {
  readonly type: "stop";
  readonly stage: Stage;
  readonly step: number;
  readonly reason: StopReason;
  readonly bestStep: number;
}

/** All steps done, no better evaluation for too long, asked to stop, or a loss or gradient that is not finite. */
export type StopReason = "steps" | "patience" | "interrupted" | "diverged";
