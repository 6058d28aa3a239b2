import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { folderFault, writeFolder } from "./durable-folder.js";

const at = temporaryFolder();
const bytes = (text: string) => new TextEncoder().encode(text);
const file = (name: string, ...pieces: string[]) => ({ name, pieces: pieces.map(bytes) });

/** A disk that is full after the first piece. */
function* fullDisk(): Generator<Uint8Array> {
  yield bytes("begun");
  throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
}

describe("writeFolder", () => {
  it("gives the SHA-256 of each file", () => {
    const sums = writeFolder(at("sums"), [file("a", "x", "y"), file("b")], {
      replace: false,
    });
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(Object.fromEntries(sums)).toEqual({ a: sha256("xy"), b: sha256("") });
  });

  it("removes what a killed writer left beside the folder", () => {
    mkdirSync(at("left/model.partial/deep"), { recursive: true });
    writeFileSync(at("left/model.partial/deep/x"), "torn");
    writeFolder(at("left/model"), [file("a", "1")], { replace: false });
    expect(readdirSync(at("left"))).toEqual(["model"]);
    expect(readdirSync(at("left/model"))).toEqual(["a"]);
  });

  it("replaces file by file, so that the folder is never away", () => {
    writeFolder(at("kept"), [file("weights", "1"), file("config", "c")], { replace: false });
    const seen: string[] = [];
    function* watched(): Generator<Uint8Array> {
      yield bytes("2");
      seen.push(...readdirSync(at("kept")), readFileSync(at("kept/weights"), "utf8"));
    }
    const files = [{ name: "weights", pieces: watched() }, file("config", "c")];
    writeFolder(at("kept"), files, { replace: true });
    expect(seen).toEqual(["config", "weights", "1"]);
    expect(readFileSync(at("kept/weights"), "utf8")).toBe("2");
  });

  it.each([false, true])(
    "leaves the folder as it was on a full disk (there before: %s)",
    async (there) => {
      const folder = at(`full-${there}/model`);
      if (there) writeFolder(folder, [file("a", "old")], { replace: false });
      const files = [file("a", "new"), { name: "b", pieces: fullDisk() }];
      const error = await failure((async () => writeFolder(folder, files, { replace: true }))());
      expect(error).toMatchObject({ code: "disk-full", exitCode: 2 });
      expect(error.message).toContain(folder);
      expect(readdirSync(at(`full-${there}`))).toEqual(there ? ["model"] : []);
      if (there) expect(readFileSync(`${folder}/a`, "utf8")).toBe("old");
    },
  );
});

describe("folderFault", () => {
  const whole = (name: string) => {
    const files = [file("a", "x"), file("b", "y")];
    writeFolder(at(name), files, { replace: false, checksums: true });
  };

  it("finds none in a folder as it was written", () => {
    whole("whole");
    expect(folderFault(at("whole"))).toBeUndefined();
  });

  it.each([
    ["a", "z", "a was changed"],
    ["b", "", "b was changed"],
    ["c", "more", "c is not in SHA256SUMS"],
    ["SHA256SUMS", "", "SHA256SUMS is missing or damaged"],
    ["SHA256SUMS", "nonsense\n", "SHA256SUMS is missing or damaged"],
  ])("finds %s with content '%s'", (name, content, fault) => {
    const folder = `damaged-${name}-${content.trim()}`;
    whole(folder);
    writeFileSync(at(`${folder}/${name}`), content);
    expect(folderFault(at(folder))).toContain(fault);
  });
});
