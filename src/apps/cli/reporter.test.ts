import { describe, expect, it } from "vitest";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import { L3MaskingError } from "../../base/errors.js";
import type { RunEvent } from "../../run/host/host.js";
import { createHumanReporter, createJsonReporter } from "./reporter.js";
import type { Environment, Paint, Terminal } from "./terminal.js";

function terminal(environment: Environment = {}, isTerminal = false) {
  const out: string[] = [];
  const err: string[] = [];
  const output = (texts: string[]) => ({
    write: (text: string) => void texts.push(text),
    flush: async () => true,
    isTerminal,
    columns: 80,
  });
  const value: Terminal = {
    stdout: output(out),
    stderr: output(err),
    environment,
    now: () => 0,
    onInterrupt: () => () => undefined,
    listFolder: async () => undefined,
    readText: async () => undefined,
  };
  return { value, out, err };
}

const events: readonly RunEvent[] = [
  { type: "notice", level: "info", text: "12 rows" },
  { type: "notice", level: "warning", text: "3 rows are empty" },
  { type: "progress", task: "training", done: 0, total: 10, unit: "steps" },
  stepEvent(1, { main_loss: 0.7, tokens: 99 }),
  {
    type: "evaluation",
    stage: 1,
    step: 5,
    split: "dev",
    loss: 0.51,
    measures: { accuracy: 0.75, macro_f1: 0.6667 },
    best: true,
  },
  {
    type: "evaluation",
    stage: 1,
    step: 6,
    split: "validation-text",
    loss: 3.2,
    measures: { accuracy: 0.4 },
    best: false,
  },
  { type: "stop", stage: 1, step: 8, reason: "patience", best_step: 5 },
];

describe("createHumanReporter", () => {
  it("tells events on standard error and the result on standard output", () => {
    const { value, out, err } = terminal();
    const reporter = createHumanReporter(value);
    for (const event of events) reporter.event(event);
    reporter.remark("stopping");
    reporter.outcome({ result: {}, text: "done\nall", exitCode: 0 });
    expect(err.join("")).toBe(
      [
        "12 rows",
        "warning: 3 rows are empty",
        "training  0 %  0/10 steps",
        "step 5: dev loss 0.510, accuracy 75.0 %, macro-F1 66.7 %  best so far",
        "step 6: validation-text loss 3.200, accuracy 40.0 %",
        "stopped after step 8: no better evaluation within --patience; best step 5",
        "stopping",
        "",
      ].join("\n"),
    );
    expect(out).toEqual(["done\nall\n"]);
  });

  it("tells the end of a second stage apart", () => {
    const { value, err } = terminal();
    const reporter = createHumanReporter(value);
    const end = { type: "stop", stage: 2, step: 50, best_step: 41 } as const;
    reporter.event({ ...end, reason: "patience" });
    reporter.event({ ...end, reason: "steps" });
    expect(err.join("")).toBe(
      [
        "second stage stopped after step 50: no better evaluation within --second-stage-patience; best step 41",
        "second stage stopped after step 50: all steps done; best step 41",
        "",
      ].join("\n"),
    );
  });

  it("breaks notices between words on a terminal, and leaves them whole in a log", () => {
    const text = `${"rows of train ".repeat(7)}are here\n  one two`;
    const written = (isTerminal: boolean) => {
      const { value, err } = terminal({ NO_COLOR: "1" }, isTerminal);
      createHumanReporter(value).event({ type: "notice", level: "warning", text });
      return err.join("").split("\n").slice(0, -1);
    };
    expect(written(false)).toEqual(`warning: ${text}`.split("\n"));
    expect(written(true)).toEqual([
      "warning: rows of train rows of train rows of train rows of train rows of train",
      "  rows of train rows of train are here",
      "  one two",
    ]);
  });

  it("writes out control characters that a file put into a notice", () => {
    const { value, err } = terminal();
    createHumanReporter(value).event({ type: "notice", level: "info", text: "label \u001b[2J" });
    expect(err.join("")).toBe("label \\u{1b}[2J\n");
  });

  it("prints nothing for an empty result", () => {
    const { value, out } = terminal();
    createHumanReporter(value).outcome({ result: {}, text: "", exitCode: 0 });
    expect(out).toEqual([]);
  });

  it("shows stacks only with L3MASKING_DEBUG", () => {
    const error = new L3MaskingError("data-empty", "no rows", { hint: "Add some." });
    for (const L3MASKING_DEBUG of [undefined, ""]) {
      const { value, err } = terminal({ L3MASKING_DEBUG });
      createHumanReporter(value).failure(error);
      expect(err).toEqual(["error [data-empty]: no rows\nhint: Add some.\n"]);
    }
    const { value, err } = terminal({ L3MASKING_DEBUG: "1" });
    createHumanReporter(value).failure(error);
    expect(err[0]).toContain("reporter.test.ts");
  });

  it.each([
    [{}, false, false],
    [{}, true, true],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ TERM: "dumb" }, true, false],
  ])("colours with %j on a terminal (%s): %s", (environment, isTerminal, colored) => {
    const { value, err } = terminal(environment, isTerminal);
    createHumanReporter(value).failure(new L3MaskingError("data-empty", "no rows"));
    expect(err.join("").includes("\u001b[31m")).toBe(colored);
  });
});

describe("createJsonReporter", () => {
  it("writes every event, then the result, one object a line on standard output", () => {
    const { value, out, err } = terminal();
    const reporter = createJsonReporter(value);
    for (const event of events) reporter.event(event);
    reporter.outcome({ result: { rows: 3 }, text: "3 rows", exitCode: 0 });
    expect(err).toEqual([]);
    expect(out.every((line) => line.endsWith("\n"))).toBe(true);
    expect(out.map((line) => JSON.parse(line))).toEqual([
      ...events,
      { type: "result", result: { rows: 3 } },
    ]);
  });

  it("writes an error with code, message and hint", () => {
    const { value, out } = terminal();
    const reporter = createJsonReporter(value);
    reporter.remark("stopping");
    reporter.failure(new L3MaskingError("data-empty", "no rows", { hint: "Add some." }));
    reporter.failure(new L3MaskingError("data-empty", "no rows"));
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { type: "notice", level: "warning", text: "stopping" },
      { type: "error", code: "data-empty", message: "no rows", hint: "Add some." },
      { type: "error", code: "data-empty", message: "no rows", hint: null },
    ]);
  });
});

describe("a result for people that has colours", () => {
  it("gets them where standard output has some", () => {
    const outcome = {
      result: {},
      text: (paint: Paint) => paint("red", "a"),
      exitCode: 0,
    };
    const written = (environment: Environment, isTerminal: boolean) => {
      const { value, out } = terminal(environment, isTerminal);
      createHumanReporter(value).outcome(outcome);
      return out.join("");
    };
    expect(written({}, true)).toBe("\u001b[31ma\u001b[39m\n");
    expect(written({ NO_COLOR: "1" }, true)).toBe("a\n");
    expect(written({}, false)).toBe("a\n");
  });
});

describe("output ahead of the end", () => {
  it("goes to standard output as it is, or inside JSON lines", async () => {
    const people = terminal();
    expect(await createHumanReporter(people.value).output('{"a":1}\n{"a":2}\n')).toBe(true);
    expect(people.out.join("")).toBe('{"a":1}\n{"a":2}\n');
    const programs = terminal();
    expect(await createJsonReporter(programs.value).output('{"a":1}\n{"a":2}\n')).toBe(true);
    expect(
      programs.out
        .join("")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: "prediction", row: { a: 1 } },
      { type: "prediction", row: { a: 2 } },
    ]);
  });
});
