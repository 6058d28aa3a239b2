/** How fast a task goes and when it will be done, from its progress events and a clock. */
import type { ProgressEvent } from "../../run/host/host.js";

/** A progress event with what follows from the time it came. */
export interface Progress {
  readonly event: ProgressEvent;
  /** First event of its task? */
  readonly first: boolean;
  readonly finished: boolean;
  readonly elapsedSeconds: number;
  /** Units per second since the first event of the task; absent until there are two points in time. */
  readonly rate: number | undefined;
  readonly secondsLeft: number | undefined;
}

interface Start {
  readonly milliseconds: number;
  readonly done: number;
}

/**
 * Follows the tasks of a run. A task begins anew after it was finished or when its count goes back.
 *
 * The rate is the mean since the task began, so what was done before (cached scores, a resumed run) does
 * not count and breaks within a task (evaluations during training) do.
 */
export function createProgressMeter(now: () => number): (event: ProgressEvent) => Progress {
  const starts = new Map<string, Start>();
  const latest = new Map<string, number>();
  return (event) => {
    const time = now();
    const goesBack = event.done < (latest.get(event.task) ?? 0);
    const known = goesBack ? undefined : starts.get(event.task);
    const start = known ?? { milliseconds: time, done: event.done };
    const finished = event.done >= event.total;
    if (finished) {
      starts.delete(event.task);
      latest.delete(event.task);
    } else {
      starts.set(event.task, start);
      latest.set(event.task, event.done);
    }
    const elapsedSeconds = (time - start.milliseconds) / 1000;
    const gained = event.done - start.done;
    const rate = elapsedSeconds > 0 && gained > 0 ? gained / elapsedSeconds : undefined;
    const secondsLeft = rate === undefined ? undefined : (event.total - event.done) / rate;
    return { event, first: known === undefined, finished, elapsedSeconds, rate, secondsLeft };
  };
}

/** `training  45 %  540/1200 steps  3.2 steps/s  3:26 left  loss 0.532` */
export function progressText({ event, rate, secondsLeft }: Progress): string {
  const share = event.total === 0 ? 100 : Math.floor((100 * event.done) / event.total);
  const parts = [
    event.task,
    `${share} %`,
    `${formatCount(event.done)}/${formatCount(event.total)} ${unitOf(event)}`,
  ];
  if (rate !== undefined) parts.push(`${formatCount(rate)} ${event.unit}/s`);
  if (secondsLeft !== undefined) parts.push(`${formatDuration(secondsLeft)} left`);
  if (event.detail !== undefined) parts.push(event.detail);
  return parts.join("  ");
}

/** `scoring: 98.0k tokens in 0:12 (8.2k tokens/s)` */
export function finishedText({ event, elapsedSeconds, rate }: Progress): string {
  const speed = rate === undefined ? "" : ` (${formatCount(rate)} ${event.unit}/s)`;
  const time = formatDuration(elapsedSeconds);
  return `${event.task}: ${formatCount(event.total)} ${unitOf(event)} in ${time}${speed}`;
}

function unitOf({ total, unit }: ProgressEvent): string {
  return total === 1 ? unit.replace(/s$/, "") : unit;
}

/** Hours, minutes and seconds: 0:07, 3:26, 1:02:03. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

/** A count of at least zero in few characters: 0.25, 3.2, 540, 12.3k, 1.25M. */
export function formatCount(count: number): string {
  if (count >= 999_950) return `${(count / 1e6).toFixed(2)}M`;
  if (count >= 10_000) return `${(count / 1e3).toFixed(1)}k`;
  if (Number.isInteger(count) || count >= 99.95) return String(Math.round(count));
  return count >= 9.995 ? count.toFixed(1) : count.toFixed(2);
}
