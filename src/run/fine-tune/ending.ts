/** A run that is asked to end before its time: what it gives up, and what it still has. */
import { L3MaskingError } from "../../base/errors.js";
import { AUTO, autoCandidates, type Method } from "../../method/methods.js";
import type { TrainingOutcome } from "../../method/train/trainer.js";
import type { Host } from "../host/host.js";
import type { ChoiceRule } from "./choice.js";
import type { AnsweredBy } from "./stack.js";

/** The host for work that is given up when the run is asked to end: nothing of it is worth keeping before it is done. */
export function givenUpAtEnd(host: Host): Host {
  return { ...host, cancelled: () => host.cancelled() || host.ending() };
}

/**
 * The work of a candidate; undefined where `auto`, which has others, was asked to end during it. Throws what the work throws, for other
 * methods also `interrupted` when they are asked to end.
 */
export async function unlessEnded<Result>(
  method: string,
  host: Host,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const isEnd = error instanceof L3MaskingError && error.code === "interrupted";
    if (isEnd && method === AUTO && host.ending() && !host.cancelled()) return undefined;
    throw error;
  }
}

type LeftOut = NonNullable<ChoiceRule["leftOut"]>;

/** The candidates of `auto` that are not there, and why: for lack of time, by the plan, or as the run was asked to end. */
export function missingCandidates(
  method: string,
  { embed, encoder }: Pick<AnsweredBy, "embed" | "encoder">,
  planned: LeftOut,
): LeftOut {
  if (method !== AUTO) return planned;
  const there: Partial<Record<Method, unknown>> = { embed, stl: encoder };
  const missing = autoCandidates.filter(
    (name) =>
      name in there && there[name] === undefined && planned.every((one) => one.method !== name),
  );
  const reason = "training was ended on request before it was done";
  return [...planned, ...missing.map((name) => ({ method: name, reason }))];
}

/** "Training was ended on request after step 12 of 80."; undefined for one that ended by itself. */
export function endedText(outcome: TrainingOutcome | undefined): string | undefined {
  if (outcome?.reason !== "request") return undefined;
  return `Training was ended on request after step ${outcome.steps} of ${outcome.plannedSteps}.`;
}
