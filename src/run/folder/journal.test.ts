import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import type { JournalEvent } from "../../method/train/events.js";
import { openJournal } from "./journal.js";

const at = temporaryFolder();

describe("openJournal", () => {
  const event = (step: number): JournalEvent => ({
    type: "stop",
    stage: 1,
    step,
    reason: "steps",
    best_step: 0,
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
