/** What a command needs from outside, and what it tells while it runs. */

import type { Runtime } from "../../engine/runtime/runtime.js";
import type { Method } from "../../method/methods.js";
import type { JournalEvent } from "../../method/train/events.js";
import type { AvailableMemory } from "../../platform/available-memory.js";
import type { HubSettings } from "../../platform/hub-environment.js";
import type { MlflowEnvironment } from "../../platform/mlflow-environment.js";
import type { QueueEnvironment } from "../../platform/queue-environment.js";
import type { OfLabelMeasures } from "../../results/metrics/label-measures.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { ComputeSettings } from "./device.js";

/** Everything a command gets from its surroundings; nothing else is taken from the environment. */
export interface Host {
  emit(event: RunEvent): void;
  /** Read between steps; true asks the command to stop at the next safe point. */
  cancelled(): boolean;
  /** Read between steps; true asks training to end there, with the best that it has as its result. */
  ending(): boolean;
  /** Milliseconds of a steady clock. */
  now(): number;
  /** The day, for reports: "21 November 2026". */
  today(): string;
  /** Day and time for people, as ISO 8601. */
  time(): string;
  /**
   * Takes what a command writes where it has no file, piece by piece; the command goes on when it was taken, and ends
   * early for false: nobody wants more. Absent where results are to be given back whole.
   */
  readonly write?: ((text: string) => Promise<boolean>) | undefined;
  /** Opens the device asked for. Throws what `chosenDevice` and `Device.open` throw. */
  runtime(asked: ComputeSettings): Promise<Runtime>;
  /** What can still be allocated. */
  availableMemory(): AvailableMemory;
  /** Runs a command in a further thread; a stop of this one stops it too, and so does `stop`, which is asked again and again. */
  inThread(
    command: string,
    settings: unknown,
    emit: (event: RunEvent) => void,
    stop?: () => boolean,
  ): Promise<unknown>;
  /** Keeps what is to be freed when the thread ends, as it stays in memory from call to call. */
  atEnd(free: () => Promise<void>): void;
  /** Folder of the caches (likelihoods, data sets) when a command names none. */
  readonly cacheFolder: string;
  /** Where models come from that are named as on the hub. */
  readonly hub: HubSettings;
  /** The task of a Slurm job array that this process is, as "17_3". */
  readonly slurmTask?: string | undefined;
  /** The MLflow server that the environment names. */
  readonly mlflow: MlflowEnvironment;
  /** What the environment says of the queue of runs. */
  readonly queue: QueueEnvironment;
}

/** What work in memory needs: somebody to tell, and to ask. */
export type Watched = Pick<Host, "emit" | "cancelled">;

/** What `onEvent` gets while a call runs: texts for people, progress, and the lines of a run's journal. */
export type RunEvent = NoticeEvent | ProgressEvent | MeasuredEvent | RunStatusEvent | JournalEvent;

/** Text for people: reports of data and checkpoints, warnings, where things were written. */
export interface NoticeEvent {
  readonly type: "notice";
  readonly level: "info" | "warning";
  readonly text: string;
}

export const progressTasks = [
  "downloading",
  "reading",
  "counting",
  "scoring",
  "embedding",
  "adapting",
  "timing",
  "training",
  "cross-validating",
  "evaluating",
  "predicting",
  "explaining",
  "exporting",
  "uploading",
  "pretraining",
  "testing differences",
  "comparing texts",
  "examining labels",
] as const;

export const progressUnits = ["bytes", "tokens", "texts", "steps", "resamples", "folds"] as const;

/** How far the current task is; the last one of a task has done = total. */
export interface ProgressEvent {
  readonly type: "progress";
  readonly task: (typeof progressTasks)[number];
  readonly done: number;
  readonly total: number;
  readonly unit: (typeof progressUnits)[number];
  /** A few words on the state: the loss, the best dev metric. */
  readonly detail?: string;
}

/** What a candidate answered to texts it was not trained on, as soon as that is known; the last one of a method counts. */
export interface MeasuredEvent {
  readonly type: "measured";
  readonly method: Method;
  /** Texts that folds held out, so far, or the dev split. */
  readonly on: "held-out" | "dev";
  readonly texts: number;
  readonly measures: OfLabelMeasures<number>;
}

/** The state of one run of a comparison. Every run is announced once at the beginning. */
export interface RunStatusEvent {
  readonly type: "run";
  /** From 0, in the order of the comparison. */
  readonly index: number;
  /** Runs in all. */
  readonly count: number;
  readonly name: string;
  /** reused: finished by an earlier command. */
  readonly state: "waiting" | "running" | "finished" | "reused" | "interrupted" | "failed";
  /** Optimizer steps; 0 of 0 before the first one. */
  readonly done: number;
  readonly total: number;
  /** The loss, or what went wrong. */
  readonly detail?: string;
}

/** Where `fineTune` wrote the run, and what it measured. */
export interface TrainResult {
  readonly outputDir: string;
  readonly metrics: RunMetrics;
  /** The file trained on. */
  readonly trainFile?: string;
  /** A file of labelled texts to try the classifier on: test, else dev. */
  readonly labelledFile?: string;
  /** As they were named: further commands on such files have to name them too. */
  readonly textColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
  readonly labelSeparator?: string | undefined;
}
