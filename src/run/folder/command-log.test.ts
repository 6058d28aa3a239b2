import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { openCommandLog } from "./command-log.js";

const at = temporaryFolder();

describe("the log of commands", () => {
  it("keeps the commands of a folder, with their times", () => {
    openCommandLog(at("log")).append("first", 10);
    openCommandLog(at("log")).append("second", 2.5);
    expect(readFileSync(at("log"), "utf8")).toBe(
      '{"command":"first","seconds":10}\n{"command":"second","seconds":2.5}\n',
    );
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
