/** A run under way: what its events say, gathered for the page. */
import { signal } from "@preact/signals";
import type { EvaluationEvent, StepEvent } from "../../../method/train/events.js";
import type { RunEvent } from "../../../run/host/host.js";
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
  const stopping = signal(false);
  const ended = signal(false);
  const stop = new AbortController();
  return {
    ...{ progress, steps, evaluations, notices, warnings, stopping, ended },
    signal: stop.signal,
    stop() {
      stopping.value = true;
      stop.abort();
    },
    take(event: RunEvent) {
      if (event.type === "progress") progress.value = meter(event);
      else if (event.type === "step") steps.value = [...steps.value, event];
      else if (event.type === "evaluation") evaluations.value = [...evaluations.value, event];
      else if (event.type === "notice") {
        const list = event.level === "warning" ? warnings : notices;
        list.value = [...list.value, event.text];
      }
    },
  };
}

const estimate = /^training takes about /;
const baseline = /^baseline to beat: /;

/** What the program said of the time that training takes, and of the baseline; undefined until it did. */
export function toldOf({ notices }: Pick<Training, "notices">) {
  return {
    estimate: notices.value.findLast((text) => estimate.test(text)),
    baseline: notices.value.findLast((text) => baseline.test(text)),
  };
}
