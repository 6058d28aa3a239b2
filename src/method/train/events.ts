/**
 * What a training run reports: the events that journal.jsonl keeps, one object a line, without times, so that
 * equal runs have equal journals. An event is one schema; its type, what is written and what is read back follow from it.
 */
import { z } from "zod";

const count = z.int().min(0);
const ofTasks = z.strictObject({ main: z.number(), auxiliary: z.number() });

const stage = z.union([z.literal(1), z.literal(2)]);

/** 2 in the second stage of a run, which continues from the best weights of the first; else 1. */
export type Stage = z.infer<typeof stage>;

const stopReason = z.enum(["steps", "patience", "request", "interrupted", "diverged"]);

/** All steps done, patience exhausted, ended on request for good, stopped on request to go on later, or a loss or gradient that is not finite. */
export type StopReason = z.infer<typeof stopReason>;

const stepEvent = z.strictObject({
  type: z.literal("step"),
  stage,
  /** Optimizer steps done, from 1; the second stage counts on. */
  step: count,
  /** The current pass over the training texts, from 1. */
  epoch: count,
  /** Mean loss in nats over the texts of the step; null where the task does not run. */
  main_loss: z.number().nullable(),
  /** Over its selected tokens, like `main_loss`. */
  auxiliary_loss: z.number().nullable(),
  /** The weights this step was made with. */
  task_weights: ofTasks,
  /** Between the dev gradient and each task's; null where weights are not learned. */
  cosines: ofTasks.nullable(),
  /** Of encoder and masked-LM head. */
  learning_rate: z.number(),
  /** Global gradient norms before clipping, by clip group. */
  gradient_norms: z.record(z.string(), z.number()),
  /** Tokens through the encoder, without padding, both tasks together. */
  tokens: count,
  /** How many tokens carried a masked-LM label. */
  masked_tokens: count,
});

/** One optimizer step. */
export type StepEvent = z.infer<typeof stepEvent>;

const evaluationEvent = z.strictObject({
  type: z.literal("evaluation"),
  stage,
  step: count,
  split: z.enum(["dev", "validation-text"]),
  /** Mean loss in nats. */
  loss: z.number(),
  /** By name: label measures of a classifier, accuracy of masked tokens. */
  measures: z.record(z.string(), z.number()),
  /** Is the deciding metric the best so far? */
  best: z.boolean(),
});

/** One measurement during training. */
export type EvaluationEvent = z.infer<typeof evaluationEvent>;

const stopEvent = z.strictObject({
  type: z.literal("stop"),
  stage,
  step: count,
  reason: stopReason,
  /** 0 where nothing was evaluated. */
  best_step: count,
});

/** Why a stage ended. */
export type StopEvent = z.infer<typeof stopEvent>;

/** A line of journal.jsonl. */
export const journalEvent = z.discriminatedUnion("type", [stepEvent, evaluationEvent, stopEvent]);

/** What journal.jsonl keeps, one object a line. */
export type JournalEvent = StepEvent | EvaluationEvent | StopEvent;
