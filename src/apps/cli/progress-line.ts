/** Shows progress: one line drawn over and over on a terminal, a line now and then in a log. */
import type { ProgressEvent } from "../../run/host/host.js";
import { createProgressMeter, finishedText, type Progress, progressText } from "./progress.js";
import { canRedraw, type Environment, type Output } from "./terminal.js";

export interface ProgressLine {
  show(event: ProgressEvent): void;
  /** Writes whole lines, with the progress line out of the way. */
  writeLines(text: string): void;
  /** Takes the progress line away; the next `show` draws it again. */
  clear(): void;
}

const REDRAW_MILLISECONDS = 100;
const LOG_MILLISECONDS = 10_000;
/** In a long task, the part of it after which the next line of a log is due... */
const LOG_SHARE = 0.1;
/** ...or this time, whichever comes first. */
const LOG_PATIENCE_MILLISECONDS = 60_000;

const CLEAR_LINE = "\r\u001b[2K";

/**
 * A task that begins while another is under way (an evaluation during training) is shown on a terminal
 * only while it runs, and in a log only if it is long.
 */
export function createProgressLine(
  output: Output,
  environment: Environment,
  now: () => number,
): ProgressLine {
  const measure = createProgressMeter(now);
  const redraws = canRedraw(output, environment);
  let outerTask: string | undefined;
  let drawn = false;
  let shownAt = Number.NEGATIVE_INFINITY;
  /** Share of each task that the last line of the log told. */
  const loggedShare = new Map<string, number>();

  function clear(): void {
    if (drawn) output.write(CLEAR_LINE);
    drawn = false;
  }

  function writeLines(text: string): void {
    clear();
    output.write(`${text}\n`);
  }

  function draw(progress: Progress): void {
    if (!progress.first && now() - shownAt < REDRAW_MILLISECONDS) return;
    shownAt = now();
    // A full line would wrap on some terminals, and a wrapped line cannot be drawn over.
    output.write(`${CLEAR_LINE}${progressText(progress).slice(0, output.columns - 1)}`);
    drawn = true;
  }

  function log(progress: Progress, outer: boolean): void {
    const { task, done, total } = progress.event;
    const share = done / total;
    if (progress.first) {
      loggedShare.set(task, share);
      // What is written for the outer task starts the clock of all.
      if (outer) {
        shownAt = now();
        writeLines(progressText(progress));
      }
      return;
    }
    const waited = now() - shownAt;
    const gained = share - (loggedShare.get(task) ?? 0);
    if (waited < LOG_MILLISECONDS) return;
    if (gained < LOG_SHARE && waited < LOG_PATIENCE_MILLISECONDS) return;
    shownAt = now();
    loggedShare.set(task, share);
    writeLines(progressText(progress));
  }

  return {
    clear,
    writeLines,
    show(event) {
      const progress = measure(event);
      const outer = outerTask === undefined || outerTask === event.task;
      if (progress.finished) {
        if (outer) outerTask = undefined;
        clear();
        if (outer) writeLines(finishedText(progress));
        return;
      }
      if (outer) outerTask = event.task;
      if (redraws) draw(progress);
      else log(progress, outer);
    },
  };
}
