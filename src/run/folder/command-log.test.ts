import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { openCommandLog } from "./command-log.js";

const at = temporaryFolder();

describe("the log of commands", () => {
  it("adds up the commands of a folder", () => {
    openCommandLog(at("log")).append("first", 10);
    const second = openCommandLog(at("log"));
    second.append("second", 2.5);
    const timing = (scoring_seconds: number, training_seconds: number) => ({
      timing: { scoring_seconds, training_seconds, tokens_per_second: 1 },
    });
    expect(second.wallTime([timing(1, 4), timing(0, 5)])).toEqual({
      this_command_seconds: 2.5,
      all_commands_seconds: 12.5,
      runs_seconds: 10,
    });
  });

  it.each(["nonsense", '{"command":"x"}'])("refuses a damaged line: %s", (line) => {
    writeFileSync(at("damaged"), `{"command":"a","seconds":1}\n${line}\n`);
    expect(() => openCommandLog(at("damaged"))).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: expect.stringContaining("line 2"),
      }),
    );
  });
});
