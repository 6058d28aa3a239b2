/** The trackers of a command, opened by name: what happens in its run goes to each of them. */
import { L3MaskingError } from "../../base/errors.js";
import type { JournalEvent } from "../../method/train/events.js";
import { mlflowServer } from "../../platform/mlflow-environment.js";
import { openMlflow } from "./mlflow.js";
import { eventScalars, isShown, type Scalar } from "./scalars.js";
import { openTensorboard } from "./tensorboard.js";
import type { RunEnd, TrackedRun, Tracker, TrackerSurroundings } from "./tracker.js";

/** The settings that say who is told of a run. */
export interface TrackerSettings {
  readonly reportTo: readonly ("none" | "tensorboard" | "mlflow")[];
  /** Folder of the event file; `tensorboard` in the run's folder where absent. */
  readonly loggingDir?: string | undefined;
}

export interface Trackers {
  /** Is anybody told? */
  readonly any: boolean;
  /** Begins with a run, once its journal is as it goes on. Throws what `openTensorboard` throws. */
  begin(run: TrackedRun): void;
  /** Passes on what the journal got. */
  report(event: JournalEvent): void;
  /** Passes on what the journal does not have, such as the metrics of the test split. */
  measure(step: number, scalars: readonly Scalar[]): void;
}

/**
 * Makes sure, before any work, that the trackers asked for can be. Throws `invalid-setting` for `none` beside others, and for
 * mlflow without the address of a server.
 */
export function requireTrackers(
  { reportTo }: TrackerSettings,
  { mlflow }: Pick<TrackerSurroundings, "mlflow">,
): void {
  if (reportTo.includes("none") && reportTo.some((name) => name !== "none")) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected none alone or trackers in reportTo, got ${reportTo.join(",")}`,
      { hint: "Remove none from --report-to." },
    );
  }
  if (reportTo.includes("mlflow")) mlflowServer(mlflow);
}

/**
 * Does the work of a run and tells the trackers of it. They hear of its end too: how it ends is told when the work is over,
 * and what they have not delivered by then gets some seconds more. Nothing that goes wrong with a tracker once the
 * run has begun makes it fail.
 *
 * Throws what `requireTrackers` and the work throw.
 */
export async function withTrackers<Result>(
  settings: TrackerSettings,
  surroundings: TrackerSurroundings,
  work: (trackers: Trackers) => Promise<Result>,
): Promise<Result> {
  requireTrackers(settings, surroundings);
  const { reportTo, loggingDir } = settings;
  if (loggingDir !== undefined && !reportTo.includes("tensorboard")) {
    const text = "--logging-dir has no effect without --report-to tensorboard";
    surroundings.emit({ type: "notice", level: "info", text });
  }
  const opened: Tracker[] = [];
  const finish = async (end: RunEnd) => {
    await Promise.all(opened.map((tracker) => tracker.finish(end)));
  };
  const any = reportTo.some((name) => name !== "none");
  const trackers = any ? passingOn(settings, surroundings, opened) : nobody;
  let result: Result;
  try {
    result = await work(trackers);
  } catch (error) {
    const stopped = error instanceof L3MaskingError && error.code === "interrupted";
    await finish(stopped ? "stopped" : "failed");
    throw error;
  }
  await finish("finished");
  return result;
}

const nobody: Trackers = {
  any: false,
  begin: () => undefined,
  report: () => undefined,
  measure: () => undefined,
};

function passingOn(
  { reportTo, loggingDir }: TrackerSettings,
  surroundings: TrackerSurroundings,
  opened: Tracker[],
): Trackers {
  const { now, time } = surroundings;
  const began = Date.parse(time()) - now();
  const clock = () => began + now();
  /** When the step before was told of; undefined where something else came between. */
  let lastStep: number | undefined;
  const pass = (step: number, scalars: readonly Scalar[]) => {
    for (const tracker of opened) tracker.add({ step, scalars });
  };
  return {
    any: true,
    begin(run) {
      if (reportTo.includes("tensorboard")) {
        const folder = loggingDir ?? `${run.folder}/tensorboard`;
        opened.push(openTensorboard(folder, run, clock, surroundings));
      }
      if (reportTo.includes("mlflow")) opened.push(openMlflow(run, clock, surroundings));
    },
    report(event) {
      if (!isShown(event)) return;
      const at = now();
      const seconds =
        event.type === "step" && lastStep !== undefined && at > lastStep
          ? (at - lastStep) / 1000
          : undefined;
      lastStep = event.type === "step" ? at : undefined;
      pass(event.step, eventScalars(event, seconds));
    },
    measure: pass,
  };
}
