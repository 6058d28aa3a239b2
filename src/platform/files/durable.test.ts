import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { openJournal } from "../../run/folder/journal.js";
import { openDurably, writeDurably } from "./durable.js";
import { writeError } from "./failures.js";
import { syncFolder } from "./files.js";

const at = temporaryFolder();
const systemError = (code: string) => Object.assign(new Error(`${code}: no`), { code });

describe("writeError", () => {
  it.each([
    ["ENOSPC", "disk-full"],
    ["EDQUOT", "disk-full"],
    ["EFBIG", "disk-full"],
    ["EACCES", "output-unwritable"],
    ["EPERM", "output-unwritable"],
    ["EROFS", "output-unwritable"],
  ])("calls %s %s, with path, code and cause", (code, name) => {
    const cause = systemError(code);
    const error = writeError("runs/x", cause);
    expect(error).toMatchObject({ code: name, exitCode: 2, cause });
    expect(error).toHaveProperty("message", expect.stringContaining("runs/x"));
    expect(error).toHaveProperty("message", expect.stringContaining(code));
    expect(error).toHaveProperty("hint", expect.stringMatching(/.{10}/));
  });

  it("leaves other errors as they are", () => {
    for (const error of [systemError("EIO"), new TypeError("x"), "text"]) {
      expect(writeError("runs/x", error)).toBe(error);
    }
  });
});

describe("writeDurably", () => {
  it("replaces the content whole, and leaves nothing beside it", () => {
    mkdirSync(at("whole"));
    writeDurably(at("whole/a.txt"), ["one\n", "twö\n"]);
    writeDurably(at("whole/a.txt"), ["three\n"]);
    expect(readFileSync(at("whole/a.txt"), "utf8")).toBe("three\n");
    expect(readdirSync(at("whole"))).toEqual(["a.txt"]);
  });

  it("leaves the old content where writing fails half-way", () => {
    mkdirSync(at("half"));
    writeFileSync(at("half/a.txt"), "old");
    function* failing() {
      yield "new";
      throw systemError("ENOSPC");
    }
    expect(() => writeDurably(at("half/a.txt"), failing())).toThrow(
      expect.objectContaining({ code: "disk-full" }),
    );
    expect(readFileSync(at("half/a.txt"), "utf8")).toBe("old");
    expect(readdirSync(at("half"))).toEqual(["a.txt"]);
  });

  it("follows a link to the file", () => {
    writeFileSync(at("target.txt"), "old");
    symlinkSync(at("target.txt"), at("link.txt"));
    writeDurably(at("link.txt"), ["new"]);
    expect(readFileSync(at("target.txt"), "utf8")).toBe("new");
  });

  it("flushes folders, also the one it was given through a link", () => {
    mkdirSync(at("real"));
    symlinkSync(at("real"), at("linked"));
    for (const name of ["real", "linked"]) syncFolder(at(name));
    expect(() => syncFolder(at("none"))).toThrow("ENOENT");
  });
});

// A device that takes nothing: the system itself says that there is no room.
describe.skipIf(!existsSync("/dev/full"))("a full device", () => {
  it("is written to directly, and told as it is", () => {
    expect(() => writeDurably("/dev/full", ["x"])).toThrow(
      expect.objectContaining({ code: "disk-full", message: expect.stringContaining("/dev/full") }),
    );
  });

  it("stops a journal with a clear error", () => {
    const journal = openJournal("/dev/full");
    const event = { type: "stop", stage: 1, step: 1, reason: "steps", best_step: 1 } as const;
    expect(() => journal.write(event)).toThrow(expect.objectContaining({ code: "disk-full" }));
    journal.close();
  });
});

describe("openDurably", () => {
  it("keeps the old file until the new one is finished", () => {
    writeFileSync(at("kept"), "old");
    const file = openDurably(at("kept"));
    file.write("new ");
    file.write("content");
    expect(readFileSync(at("kept"), "utf8")).toBe("old");
    expect(readFileSync(at("kept.partial"), "utf8")).toBe("new content");
    file.finish();
    expect(readFileSync(at("kept"), "utf8")).toBe("new content");
    expect(existsSync(at("kept.partial"))).toBe(false);
  });

  it("leaves nothing of a file that is abandoned", () => {
    const file = openDurably(at("left"));
    file.write("a");
    file.abandon();
    expect(existsSync(at("left"))).toBe(false);
    expect(existsSync(at("left.partial"))).toBe(false);
  });
});
