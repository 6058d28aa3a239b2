/** What a tracker is told of a run, and what it needs from outside. */
import type { JournalEvent } from "../../method/train/events.js";
import type { MlflowEnvironment } from "../../platform/mlflow-environment.js";
import type { Point } from "./scalars.js";

/** One receiver of a run's numbers. What goes wrong in it is told as a warning and does not disturb the run. */
export interface Tracker {
  /** Takes a point and returns at once. */
  add(point: Point): void;
  /** Delivers what is left, in a bounded time, and tells what was not delivered. */
  finish(end: RunEnd): Promise<void>;
}

/** How a run ended; a stopped one may go on later. */
export type RunEnd = "finished" | "failed" | "stopped";

/** A run as trackers know it. */
export interface TrackedRun {
  /** For people. */
  readonly name: string;
  /** Hexadecimal digits that only this run has: what it is made from, not where it lies. */
  readonly key: string;
  /** Where its files are. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Does it go on with what an earlier command began? */
  readonly resumed: boolean;
  /** What its journal holds already. */
  readonly journal: readonly JournalEvent[];
}

/** What trackers get from their surroundings. */
export interface TrackerSurroundings {
  emit(event: TrackerNotice): void;
  cancelled(): boolean;
  /** Milliseconds of a steady clock. */
  now(): number;
  /** Day and time, ISO 8601. */
  time(): string;
  readonly mlflow: MlflowEnvironment;
}

export interface TrackerNotice {
  readonly type: "notice";
  readonly level: "info" | "warning";
  readonly text: string;
}

/** Settings as words, in their order; what was not given is left out. */
export function settingWords(settings: TrackedRun["settings"]): (readonly [string, string])[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [[name, typeof value === "string" ? value : JSON.stringify(value)] as const],
  );
}
