/** journal.jsonl as events again, for a tracker that must catch up with a run that goes on. */
import { z } from "zod";
import type { JournalEvent } from "../../method/train/events.js";

const ofTasks = z.object({ main: z.number(), auxiliary: z.number() });
const place = { stage: z.union([z.literal(1), z.literal(2)]).default(1), step: z.number().int() };
const eventSchema: z.ZodType<JournalEvent> = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("step"),
    ...place,
    epoch: z.number(),
    mainLoss: z.number().nullable(),
    auxiliaryLoss: z.number().nullable(),
    taskWeights: ofTasks,
    cosines: ofTasks.nullable(),
    learningRate: z.number(),
    gradientNorms: z.record(z.string(), z.number()),
    tokens: z.number(),
    maskedTokens: z.number(),
  }),
  z.object({
    type: z.literal("evaluation"),
    ...place,
    split: z.enum(["dev", "validation-text"]),
    loss: z.number(),
    accuracy: z.number(),
    macroF1: z.number().exactOptional(),
    best: z.boolean(),
  }),
  z.object({
    type: z.literal("stop"),
    ...place,
    reason: z.enum(["steps", "patience", "interrupted", "diverged"]),
    bestStep: z.number(),
  }),
]);

export interface JournalReading {
  readonly events: readonly JournalEvent[];
  /** Lines that are no events, as another version may have written them. */
  readonly unknown: number;
}

/** The events of a journal in their order. */
export function journalEvents(text: string): JournalReading {
  const lines = text.split("\n").filter((line) => line !== "");
  const events = lines.flatMap((line) => eventOf(line));
  return { events, unknown: lines.length - events.length };
}

function eventOf(line: string): JournalEvent[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = eventSchema.safeParse(value);
  return parsed.success ? [parsed.data] : [];
}
