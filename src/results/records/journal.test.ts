import { describe, expect, it } from "vitest";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import type { JournalEvent } from "../../method/train/events.js";
import { parseJournal } from "./journal.js";

const events: readonly JournalEvent[] = [
  stepEvent(1, { main_loss: null, auxiliary_loss: 2, task_weights: { main: 0, auxiliary: 1 } }),
  {
    type: "evaluation",
    stage: 1,
    step: 1,
    split: "validation-text",
    loss: 2,
    measures: { accuracy: 0.5 },
    best: true,
  },
  {
    type: "evaluation",
    stage: 2,
    step: 2,
    split: "dev",
    loss: 2,
    measures: { accuracy: 0.5, macro_f1: 0.25 },
    best: false,
  },
  { type: "stop", stage: 2, step: 2, reason: "steps", best_step: 1 },
];
const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");

describe("parseJournal", () => {
  it("gives back what was written", () => {
    expect(parseJournal(text, "journal.jsonl")).toEqual(events);
    expect(parseJournal("", "journal.jsonl")).toEqual([]);
  });

  it.each([
    ["a field that is missing", `{"type":"step","step":3}\n`],
    ["a field more", text.replace('"tokens":10', '"tokens":10,"words":7')],
    ["an event that does not exist", '{"type":"song"}\n'],
    ["a torn line", '{"type":"st'],
  ])("refuses %s and names the line", (_, lines) => {
    expect(() => parseJournal(text + lines, "a/journal.jsonl")).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: expect.stringContaining("a/journal.jsonl line 5 is not a file that a run writes"),
      }),
    );
  });
});
