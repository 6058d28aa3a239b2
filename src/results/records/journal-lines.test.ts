import { describe, expect, it } from "vitest";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import type { JournalEvent } from "../../method/train/events.js";
import { journalEvents } from "./journal-lines.js";

const events: readonly JournalEvent[] = [
  stepEvent(1, { mainLoss: null, auxiliaryLoss: 2, taskWeights: { main: 0, auxiliary: 1 } }),
  {
    type: "evaluation",
    stage: 1,
    step: 1,
    split: "validation-text",
    loss: 2,
    accuracy: 0.5,
    best: true,
  },
  {
    type: "evaluation",
    stage: 2,
    step: 2,
    split: "dev",
    loss: 2,
    accuracy: 0.5,
    macroF1: 0.25,
    best: false,
  },
  { type: "stop", stage: 2, step: 2, reason: "steps", bestStep: 1 },
];
const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");

describe("journalEvents", () => {
  it("gives back what was written", () => {
    expect(journalEvents(text)).toEqual({ events, unknown: 0 });
    expect(journalEvents("")).toEqual({ events: [], unknown: 0 });
  });

  it("counts what it does not know", () => {
    const strange = `${text}{"type":"step","step":3}\n{"type":"song"}\n{"type":"st`;
    expect(journalEvents(strange)).toEqual({ events, unknown: 3 });
  });
});
