/** What a command tells while and after it runs: to people, or to programs. */

import { type L3MaskingError, printable } from "../../base/errors.js";
import { percent, wrapped } from "../../base/figures.js";
import { labelMeasures } from "../../results/metrics/label-measures.js";
import type { RunEvent } from "../../run/host/host.js";
import { errorText } from "./error-text.js";
import { createProgressLine } from "./progress-line.js";
import { createRunTable } from "./run-table.js";
import { type Paint, paintFor, type Terminal } from "./terminal.js";

/** The end of a command that did not fail. */
export interface Outcome {
  /** For programs. */
  readonly result: unknown;
  /** For people; a function where it depends on whether there are colours. */
  readonly text: string | ((paint: Paint) => string);
  readonly exitCode: number;
}

export interface Reporter {
  event(event: RunEvent): void;
  /** JSON lines of the result, ahead of its end; false where nobody reads on. */
  output(text: string): Promise<boolean>;
  /** A word from the command line itself. */
  remark(text: string): void;
  outcome(outcome: Outcome): void;
  failure(error: L3MaskingError): void;
}

/** For people: progress, evaluations and warnings on standard error, the result on standard output. */
export function createHumanReporter(terminal: Terminal): Reporter {
  const { stdout, stderr, environment } = terminal;
  const paint = paintFor(stderr, environment);
  const line = createProgressLine(stderr, environment, terminal.now);
  const table = createRunTable(stderr, environment, terminal.now);
  const writeLines = (text: string) => {
    table.clear();
    line.writeLines(text);
  };
  const debug = (environment.L3MASKING_DEBUG ?? "") !== "";
  return {
    event(event) {
      if (event.type === "progress") return line.show(event);
      if (event.type === "run") return table.show(event);
      // A notice tells of the baseline, the summary of all.
      if (event.type === "measured") return;
      const text = eventText(event);
      if (text === undefined) return;
      const shown = stderr.isTerminal ? inColumns(text, stderr.columns) : text;
      writeLines(coloured(shown, event, paint));
    },
    output(text) {
      table.clear();
      line.clear();
      stdout.write(text);
      return stdout.flush();
    },
    remark: (text) => writeLines(paint("yellow", text)),
    outcome({ text }) {
      table.clear();
      line.clear();
      const written = typeof text === "string" ? text : text(paintFor(stdout, environment));
      if (written !== "") stdout.write(`${written}\n`);
    },
    failure: (error) => writeLines(errorText(error, paint, debug)),
  };
}

/**
 * For programs: one JSON object a line on standard output. Events come as they are, rows that have no file of their own
 * with the type `prediction`; the last line has the type `result` or `error`.
 */
export function createJsonReporter({ stdout }: Terminal): Reporter {
  const write = (value: unknown) => stdout.write(`${JSON.stringify(value)}\n`);
  return {
    event: write,
    output(text) {
      for (const row of text.trimEnd().split("\n")) {
        stdout.write(`{"type":"prediction","row":${row}}\n`);
      }
      return stdout.flush();
    },
    remark: (text) => write({ type: "notice", level: "warning", text }),
    outcome: ({ result }) => write({ type: "result", result }),
    failure: ({ code, message, hint }) =>
      write({ type: "error", code, message, hint: hint ?? null }),
  };
}

/** Lines that are too long for a terminal, broken between words. */
function inColumns(text: string, columns: number): string {
  const lineOf = (line: string) => {
    const [indent] = /^ */.exec(line) ?? [""];
    return line.length <= columns
      ? line
      : wrapped(line.slice(indent.length), indent, `${indent}  `, columns);
  };
  return text.split("\n").map(lineOf).join("\n");
}

const WARNING = "warning:";
const BEST = "  best so far";

function coloured(text: string, event: RunEvent, paint: Paint): string {
  if (event.type === "notice" && event.level === "warning") {
    return `${paint("yellow", WARNING)}${text.slice(WARNING.length)}`;
  }
  if (event.type === "evaluation" && event.best && text.endsWith(BEST)) {
    return `${text.slice(0, -BEST.length)}${paint("green", BEST)}`;
  }
  return text;
}

/** An event in words; undefined for steps, which progress tells of. */
function eventText(
  event: Exclude<RunEvent, { type: "measured" | "progress" | "run" }>,
): string | undefined {
  switch (event.type) {
    case "notice":
      // Notices quote names and labels of files.
      return event.level === "warning"
        ? `${WARNING} ${printable(event.text)}`
        : printable(event.text);
    case "step":
      return undefined;
    case "evaluation": {
      const measures = labelMeasures.flatMap(({ name, title }) =>
        name in event.measures ? `, ${title} ${percent(event.measures[name])}` : [],
      );
      return `step ${event.step}: ${event.split} loss ${event.loss.toFixed(3)}${measures.join("")}${event.best ? BEST : ""}`;
    }
    case "stop": {
      const what = event.stage === 2 ? "second stage stopped" : "stopped";
      const patience = event.stage === 2 ? "--second-stage-patience" : "--patience";
      const reason = stopReasons[event.reason].replace("PATIENCE", patience);
      return `${what} after step ${event.step}: ${reason}; best step ${event.best_step}`;
    }
  }
}

const stopReasons = {
  steps: "all steps done",
  patience: "no better evaluation within PATIENCE",
  request: "ended on request",
  interrupted: "interrupted",
  diverged: "a loss or gradient is no longer finite",
} as const;
