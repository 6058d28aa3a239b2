import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import type { JournalEvent } from "./events.js";
import { openJournal } from "./journal.js";
import { equalTaskWeights } from "./task-weights.js";

const at = temporaryFolder();

describe("openJournal", () => {
  const event = (step: number): JournalEvent => ({
    type: "stop",
    stage: 1,
    step,
    reason: "steps",
    bestStep: 0,
  });

  it("has each event on disk at once, a line each, after those of before", () => {
    const path = at("journal.jsonl");
    const lines = () => readFileSync(path, "utf8").split("\n");
    const first = openJournal(path);
    first.write(event(1));
    expect(lines()).toEqual([JSON.stringify(event(1)), ""]);
    first.close();
    const second = openJournal(path);
    second.write(event(2));
    second.close();
    expect(
      lines()
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([event(1), event(2)]);
  });
});

describe("equalTaskWeights", () => {
  it("shares 1 among the tasks that run", () => {
    expect(equalTaskWeights({ main: true, auxiliary: true })).toEqual({
      main: 0.5,
      auxiliary: 0.5,
    });
    expect(equalTaskWeights({ main: true, auxiliary: false })).toEqual({ main: 1, auxiliary: 0 });
    expect(equalTaskWeights({ main: false, auxiliary: true })).toEqual({ main: 0, auxiliary: 1 });
  });
});
