/** A run under way: what its events say, gathered for the page. */
import { signal } from "@preact/signals";
import type { Method } from "../../../method/methods.js";
import type { EvaluationEvent, StepEvent } from "../../../method/train/events.js";
import type { MeasuredEvent, RunEvent } from "../../../run/host/host.js";
import { createProgressMeter, type Progress } from "../../cli/progress.js";

/** Settings that a person chose, by their names; those left alone have their defaults. */
export type TrainChoices = Readonly<Record<string, string | number>>;

export type Training = ReturnType<typeof createTraining>;

/** `now` in milliseconds, of a steady clock. */
export function createTraining(now: () => number) {
  const meter = createProgressMeter(now);
  const progress = signal<Progress | undefined>(undefined);
  const steps = signal<readonly StepEvent[]>([]);
  const evaluations = signal<readonly EvaluationEvent[]>([]);
  /** The latest last. */
  const notices = signal<readonly string[]>([]);
  const warnings = signal<readonly string[]>([]);
  /** The latest of each method, in the order of their first. */
  const measured = signal<ReadonlyMap<Method, MeasuredEvent>>(new Map());
  const ending = signal(false);
  const ended = signal(false);
  const end = new AbortController();
  return {
    ...{ progress, steps, evaluations, measured, notices, warnings, ending, ended },
    endSignal: end.signal,
    /** Asks for the end, with the best that there is. */
    end() {
      ending.value = true;
      end.abort();
    },
    take(event: RunEvent) {
      if (event.type === "progress") progress.value = meter(event);
      else if (event.type === "step") steps.value = [...steps.value, event];
      else if (event.type === "evaluation") evaluations.value = [...evaluations.value, event];
      else if (event.type === "measured") {
        measured.value = new Map(measured.value).set(event.method, event);
      } else if (event.type === "notice") {
        const list = event.level === "warning" ? warnings : notices;
        list.value = [...list.value, event.text];
      }
    },
  };
}

const estimate = /^training takes about /;

/** What the program said of the time that training takes; undefined until it did. */
export function estimateOf({ notices }: Pick<Training, "notices">): string | undefined {
  return notices.value.findLast((text) => estimate.test(text));
}
