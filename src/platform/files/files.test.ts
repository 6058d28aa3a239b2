import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import {
  entryAt,
  findText,
  makeFolder,
  openToRead,
  openToWrite,
  piecesOf,
  remove,
} from "./files.js";

const at = temporaryFolder();
const bytes = (text: string) => new TextEncoder().encode(text);

function file(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

describe("entryAt", () => {
  it("knows files, folders, other things and nothing", () => {
    const path = file("a", "three");
    expect(entryAt(path)).toEqual({ kind: "file", size: 5 });
    expect(entryAt(at("."))?.kind).toBe("folder");
    for (const nothing of [at("b"), at("a/below")]) expect(entryAt(nothing)).toBeUndefined();
  });

  it.skipIf(process.platform === "win32")("calls a device something else", () => {
    expect(entryAt("/dev/null")?.kind).toBe("other");
  });
});

describe("findText", () => {
  it("gives undefined where there is no file", () => {
    expect(findText(file("text", "é"))).toBe("é");
    for (const nothing of ["nothing", ".", "text/below"]) {
      expect(findText(at(nothing))).toBeUndefined();
    }
  });
});

describe("reading", () => {
  it("fills an array from any place, and says where the file ends", () => {
    const input = openToRead(file("places", "0123456789"));
    const target = new Uint8Array(4);
    expect(input.size).toBe(10);
    expect(input.read(target, 3)).toBe(4);
    expect(new TextDecoder().decode(target)).toBe("3456");
    expect(input.read(target, 8)).toBe(2);
    expect(input.read(target, 10)).toBe(0);
    input.close();
  });

  it.each([1, 3, 10, 100])("gives pieces of %d bytes", (size) => {
    const path = file("pieces", "0123456789");
    const pieces = Array.from(piecesOf(path, size), (piece) => new TextDecoder().decode(piece));
    expect(pieces.join("")).toBe("0123456789");
    expect(Math.max(...pieces.map((piece) => piece.length))).toBe(Math.min(size, 10));
  });
});

describe("openToWrite", () => {
  it("adds to a file, writes it anew, or makes it once", () => {
    const write = (opening: "append" | "replace" | "new", text: string) => {
      const output = openToWrite(at("written"), opening);
      output.write(bytes(text));
      output.flush();
      output.close();
      return readFileSync(at("written"), "utf8");
    };
    expect(write("new", "a")).toBe("a");
    expect(() => write("new", "b")).toThrow("EEXIST");
    expect(write("append", "b")).toBe("ab");
    expect(write("replace", "c")).toBe("c");
  });

  it("goes on after a cut", () => {
    const output = openToWrite(file("cut", "012345"), "append");
    output.truncate(2);
    output.write(bytes("x"));
    output.close();
    expect(readFileSync(at("cut"), "utf8")).toBe("01x");
  });
});

describe("folders", () => {
  it("are made with those above them, and removed with what is in them", () => {
    expect(makeFolder(at("one/two"))).toBe(at("one"));
    expect(makeFolder(at("one/two"))).toBeUndefined();
    remove(at("one"));
    remove(at("one"));
    expect(entryAt(at("one"))).toBeUndefined();
  });

  it("cannot lie in a file", () => {
    mkdirSync(at("holds"));
    file("holds/file", "");
    expect(() => makeFolder(at("holds/file/below"))).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
  });
});
