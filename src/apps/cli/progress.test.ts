import { describe, expect, it } from "vitest";
import type { ProgressEvent } from "../../run/host/host.js";
import {
  createProgressMeter,
  finishedText,
  formatCount,
  formatDuration,
  progressText,
} from "./progress.js";
import { createProgressLine } from "./progress-line.js";

const scoring = (done: number, total = 1000): ProgressEvent => ({
  type: "progress",
  task: "scoring",
  done,
  total,
  unit: "tokens",
});

const training = (done: number, total = 100, detail = "loss 0.5"): ProgressEvent => ({
  type: "progress",
  task: "training",
  done,
  total,
  unit: "steps",
  detail,
});

const evaluating = (done: number, total = 10): ProgressEvent => ({
  type: "progress",
  task: "evaluating",
  done,
  total,
  unit: "texts",
});

function clock() {
  let time = 5000;
  return {
    now: () => time,
    wait(milliseconds: number) {
      time += milliseconds;
    },
  };
}

describe("createProgressMeter", () => {
  it("knows no rate at first, then rate and time left since the first event", () => {
    const { now, wait } = clock();
    const measure = createProgressMeter(now);
    expect(measure(scoring(200))).toMatchObject({
      first: true,
      rate: undefined,
      secondsLeft: undefined,
    });
    wait(4000);
    // 400 more tokens in 4 s: 100/s; 400 are left.
    expect(measure(scoring(600))).toMatchObject({
      first: false,
      rate: 100,
      secondsLeft: 4,
      finished: false,
    });
    wait(1000);
    expect(measure(scoring(1000))).toMatchObject({ finished: true, elapsedSeconds: 5, rate: 160 });
  });

  it("begins anew after the end, and when the count goes back", () => {
    const { now, wait } = clock();
    const measure = createProgressMeter(now);
    measure(evaluating(0));
    wait(1000);
    measure(evaluating(10));
    wait(1000);
    expect(measure(evaluating(0))).toMatchObject({ first: true, elapsedSeconds: 0 });
    wait(1000);
    measure(evaluating(8));
    expect(measure(evaluating(2))).toMatchObject({ first: true, elapsedSeconds: 0 });
  });

  it("measures tasks by themselves", () => {
    const { now, wait } = clock();
    const measure = createProgressMeter(now);
    measure(training(0));
    wait(1000);
    measure(evaluating(0));
    wait(1000);
    expect(measure(training(10)).rate).toBe(5);
  });
});

describe("progress in words", () => {
  it("tells share, counts, rate, time left and detail", () => {
    const { now, wait } = clock();
    const measure = createProgressMeter(now);
    expect(progressText(measure(training(0)))).toBe("training  0 %  0/100 steps  loss 0.5");
    wait(60_000);
    expect(progressText(measure(training(25)))).toBe(
      "training  25 %  25/100 steps  0.42 steps/s  3:00 left  loss 0.5",
    );
    wait(60_000);
    expect(finishedText(measure(training(100)))).toBe("training: 100 steps in 2:00 (0.83 steps/s)");
    const one = { ...measure(training(1)), event: { ...training(1), total: 1 } };
    expect(finishedText(one)).toMatch(/^training: 1 step in /);
  });

  it("does not divide by nothing", () => {
    const measure = createProgressMeter(() => 0);
    const progress = measure(scoring(0, 0));
    expect(progressText(progress)).toBe("scoring  100 %  0/0 tokens");
    expect(finishedText(progress)).toBe("scoring: 0 tokens in 0:00");
  });

  it("is in the singular for one", () => {
    const measure = createProgressMeter(() => 0);
    const one = { type: "progress", task: "predicting", done: 1, total: 1, unit: "texts" } as const;
    expect(progressText(measure(one))).toBe("predicting  100 %  1/1 text");
    expect(finishedText(measure(one))).toBe("predicting: 1 text in 0:00");
  });

  it.each([
    [0, "0:00"],
    [7.4, "0:07"],
    [59.6, "1:00"],
    [206, "3:26"],
    [3599.7, "1:00:00"],
    [3723, "1:02:03"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [0, "0"],
    [0.254, "0.25"],
    [9.994, "9.99"],
    [9.996, "10.0"],
    [99.94, "99.9"],
    [99.96, "100"],
    [540, "540"],
    [9999, "9999"],
    [12_345, "12.3k"],
    [999_949, "999.9k"],
    [999_950, "1.00M"],
    [1_250_000, "1.25M"],
  ])("writes the count %d as %s", (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});

describe("createProgressLine", () => {
  const CLEAR = "\r\u001b[2K";

  function screen(isTerminal: boolean, columns = 80, environment = {}) {
    const written: string[] = [];
    const time = clock();
    const output = { write: (text: string) => void written.push(text), isTerminal, columns };
    return { written, ...time, line: createProgressLine(output, environment, time.now) };
  }

  it("redraws one line on a terminal, at most every 100 ms", () => {
    const { line, written, wait } = screen(true);
    line.show(scoring(0));
    wait(50);
    line.show(scoring(10));
    wait(50);
    line.show(scoring(20));
    expect(written).toEqual([
      `${CLEAR}scoring  0 %  0/1000 tokens`,
      `${CLEAR}scoring  2 %  20/1000 tokens  200 tokens/s  0:05 left`,
    ]);
  });

  it("clears the line before other output, once", () => {
    const { line, written } = screen(true);
    line.show(scoring(0));
    line.writeLines("a");
    line.writeLines("b");
    line.clear();
    expect(written.slice(1)).toEqual([CLEAR, "a\n", "b\n"]);
  });

  it("keeps the line shorter than the terminal is wide", () => {
    const { line, written } = screen(true, 20);
    line.show(scoring(0));
    expect(written).toEqual([`${CLEAR}scoring  0 %  0/100`]);
  });

  it("leaves one line behind when a task is done, none for a task inside another", () => {
    const { line, written, wait } = screen(true);
    line.show(training(0));
    line.show(evaluating(0));
    wait(1000);
    line.show(evaluating(10));
    wait(1000);
    line.show(training(100));
    expect(written.filter((text) => text.endsWith("\n"))).toEqual([
      "training: 100 steps in 0:02 (50 steps/s)\n",
    ]);
  });

  it("writes to a log at the start, every tenth or minute but not more often than 10 s, and at the end", () => {
    const { line, written, wait } = screen(false);
    line.show(scoring(0));
    wait(9000);
    line.show(scoring(300)); // too soon
    wait(1000);
    line.show(scoring(310)); // 10 s and 31 %
    wait(15_000);
    line.show(scoring(350)); // less than a tenth more
    wait(45_000);
    line.show(scoring(360)); // a minute
    wait(30_000);
    line.show(scoring(1000));
    expect(written).toEqual([
      "scoring  0 %  0/1000 tokens\n",
      "scoring  31 %  310/1000 tokens  31 tokens/s  0:22 left\n",
      "scoring  36 %  360/1000 tokens  5.14 tokens/s  2:04 left\n",
      "scoring: 1000 tokens in 1:40 (10 tokens/s)\n",
    ]);
  });

  it("is quiet in a log about short tasks inside another", () => {
    const { line, written, wait } = screen(false);
    line.show(training(0));
    wait(1000);
    line.show(evaluating(0));
    line.show(evaluating(10));
    wait(10_000);
    line.show(evaluating(0));
    wait(11_000);
    line.show(evaluating(5)); // long enough to be worth a line
    expect(written).toEqual([
      "training  0 %  0/100 steps  loss 0.5\n",
      "evaluating  50 %  5/10 texts  0.45 texts/s  0:11 left\n",
    ]);
  });

  it("does not redraw in a build service or a dumb terminal", () => {
    for (const environment of [{ CI: "true" }, { TERM: "dumb" }]) {
      const { line, written } = screen(true, 80, environment);
      line.show(scoring(0));
      expect(written).toEqual(["scoring  0 %  0/1000 tokens\n"]);
    }
    const { line, written } = screen(true, 80, { CI: "" });
    line.show(scoring(0));
    expect(written[0].startsWith(CLEAR)).toBe(true);
  });
});
