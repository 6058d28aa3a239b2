/**
 * Shows the runs of a comparison while they go: on a terminal a block that is drawn over, with a line for each run under
 * way; in a log a line when a run begins or ends, and now and then how far all are. Runs that ended stay as
 * lines above.
 */
import type { RunStatusEvent } from "../../run/host/host.js";
import { formatDuration } from "./progress.js";
import { canRedraw, type Environment, type Output } from "./terminal.js";

export interface RunTable {
  show(event: RunStatusEvent): void;
  /** Takes the block away; the next `show` draws it again. */
  clear(): void;
}

const REDRAW_MILLISECONDS = 100;
const LOG_MILLISECONDS = 60_000;
/** Runs that must be done since the start, counted in shares, before the rest can be told. */
const LEAST_GAIN = 0.05;

const CLEAR_LINE = "\r\u001b[2K";
const LINE_UP = "\u001b[1A";

/** A run as far as it was told of. */
interface Followed extends RunStatusEvent {
  readonly startedAt: number | undefined;
}

export function createRunTable(
  output: Output,
  environment: Environment,
  now: () => number,
): RunTable {
  const redraws = canRedraw(output, environment);
  const runs = new Map<number, Followed>();
  let drawnLines = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  let start: { readonly milliseconds: number; readonly done: number } | undefined;

  function clear(): void {
    if (drawnLines === 0) return;
    output.write(CLEAR_LINE + `${LINE_UP}${CLEAR_LINE}`.repeat(drawnLines - 1));
    drawnLines = 0;
  }

  function writeLine(text: string): void {
    clear();
    output.write(`${text}\n`);
  }

  /** Runs done, those under way counted by their share of steps. */
  function doneRuns(): number {
    return [...runs.values()].reduce((sum, run) => sum + shareDone(run), 0);
  }

  function summary(): string {
    const all = [...runs.values()];
    const count = (...states: RunStatusEvent["state"][]) =>
      all.filter(({ state }) => states.includes(state)).length;
    const failed = count("failed");
    const parts = [
      `runs  ${count("finished", "reused")} of ${all.length} finished`,
      `${count("running")} running`,
      ...(failed > 0 ? [`${failed} failed`] : []),
    ];
    const left = secondsLeft(all.length);
    return [...parts, ...(left === undefined ? [] : [`${formatDuration(left)} left`])].join("  ");
  }

  /** At the mean rate since training began. Runs that stop early need less than their share. */
  function secondsLeft(count: number): number | undefined {
    if (start === undefined) return undefined;
    const seconds = (now() - start.milliseconds) / 1000;
    const gained = doneRuns() - start.done;
    if (seconds <= 0 || gained < LEAST_GAIN) return undefined;
    return ((count - doneRuns()) * seconds) / gained;
  }

  function draw(): void {
    clear();
    const underWay = [...runs.values()].filter(({ state }) => state === "running");
    const lines = [summary(), ...underWay.map((run) => `  ${runText(run)}`)];
    // A full line would wrap on some terminals, and a wrapped line cannot be drawn over.
    output.write(lines.map((line) => line.slice(0, output.columns - 1)).join("\n"));
    drawnLines = lines.length;
  }

  return {
    clear,
    show(event) {
      const before = runs.get(event.index);
      const begins = event.state === "running" && before?.state !== "running";
      const startedAt = begins ? now() : before?.startedAt;
      runs.set(event.index, { ...event, startedAt });
      if (before === undefined) {
        if (runs.size < event.count) return;
        const reused = [...runs.values()].filter(({ state }) => state === "reused").length;
        if (reused > 0) writeLine(`${reused} of ${event.count} runs already finished`);
        return;
      }
      start ??= { milliseconds: now(), done: doneRuns() };
      const ended = event.state !== "running";
      if (ended) writeLine(endText(event, startedAt, now()));
      if (redraws) {
        if (!ended && !begins && now() - shownAt < REDRAW_MILLISECONDS) return;
        shownAt = now();
        if ([...runs.values()].some(({ state }) => state === "running")) draw();
        return;
      }
      if (begins) writeLine(`started  ${event.name}`);
      if (begins || ended || now() - shownAt < LOG_MILLISECONDS) return;
      shownAt = now();
      writeLine(summary());
    },
  };
}

function shareDone({ state, done, total }: RunStatusEvent): number {
  if (state === "running") return total === 0 ? 0 : done / total;
  return state === "waiting" || state === "interrupted" ? 0 : 1;
}

/** `acl-arc-minilm-l3-equal-seed0-1a2b3c4d  45 %  540/1200 steps  loss 0.532` */
function runText({ name, done, total, detail }: RunStatusEvent): string {
  const share = total === 0 ? "preparing" : `${Math.floor((100 * done) / total)} %`;
  const steps = total === 0 ? [] : [`${done}/${total} steps`];
  return [name, share, ...steps, ...(detail === undefined ? [] : [detail])].join("  ");
}

/** `finished  NAME  540/1200 steps in 3:26`; without steps where there are none, as of a linear classifier. */
function endText(event: RunStatusEvent, startedAt: number | undefined, time: number): string {
  const { state, name, done, total, detail } = event;
  const steps = total === 0 ? [] : [`${done}/${total} steps`];
  const lasted = startedAt === undefined ? [] : [`in ${formatDuration((time - startedAt) / 1000)}`];
  const parts = [state, name, [...steps, ...lasted].join(" ")].filter(Boolean);
  return [...parts, ...(state === "failed" && detail !== undefined ? [detail] : [])].join("  ");
}
