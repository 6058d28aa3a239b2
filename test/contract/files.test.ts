/** The file systems of Node and of a page do the same, and so does what the platform puts beside them. */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { posix } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as pageDigest from "../../src/platform/browser/digest.js";
import { memoryStorage } from "../../src/platform/browser/files/storage.js";
import * as pageSystem from "../../src/platform/browser/files/system.js";
import { openVolume } from "../../src/platform/browser/files/volume.js";
import * as pagePaths from "../../src/platform/browser/paths.js";
import * as pageUnpack from "../../src/platform/browser/unpack.js";
import type * as Digests from "../../src/platform/digest.js";
import { systemCode } from "../../src/platform/files/failures.js";
import * as nodeSystem from "../../src/platform/files/system.js";
import type * as Paths from "../../src/platform/paths.js";
import { temporaryFolder } from "../fixtures/folders.js";

type System = typeof nodeSystem;
const systems: Readonly<Record<string, System>> = { Node: nodeSystem, "a page": pageSystem };
const at = temporaryFolder();
const bytes = (text: string) => new TextEncoder().encode(text);
const decoded = (array: Uint8Array) => new TextDecoder().decode(array);

/** An empty folder in each. */
function emptyFolder(system: System): string {
  if (system === nodeSystem) {
    rmSync(at("files"), { recursive: true, force: true });
    mkdirSync(at("files"));
    return at("files");
  }
  pageSystem.mount(openVolume(memoryStorage()));
  pageSystem.makeNewFolder("/files");
  return "/files";
}

describe.each(Object.entries(systems))("files of %s", (_name, system) => {
  const write = (path: string, text: string) => {
    const file = system.openToWrite(path, "replace");
    file.write(bytes(text));
    file.close();
  };

  it("are read at any place and in pieces", () => {
    const path = `${emptyFolder(system)}/a`;
    write(path, "0123456789");
    expect(system.entryAt(path)).toEqual({ kind: "file", size: 10 });
    const file = system.openToRead(path);
    const target = new Uint8Array(4);
    expect([file.size, file.read(target, 3), decoded(target)]).toEqual([10, 4, "3456"]);
    expect([file.read(target, 8), file.read(target, 10), file.read(target, 99)]).toEqual([2, 0, 0]);
    file.close();
    expect(Array.from(system.piecesOf(path, 4), decoded)).toEqual(["0123", "4567", "89"]);
  });

  it("keep their content for who has them open, whatever becomes of their name", () => {
    const folder = emptyFolder(system);
    write(`${folder}/a`, "old");
    const open = system.openToRead(`${folder}/a`);
    write(`${folder}/b`, "new");
    system.rename(`${folder}/b`, `${folder}/a`);
    write(`${folder}/c`, "more");
    system.syncFolder(folder);
    write(`${folder}/d`, "most");
    const target = new Uint8Array(3);
    open.read(target, 0);
    open.close();
    expect([decoded(target), decoded(system.readBytes(`${folder}/a`))]).toEqual(["old", "new"]);
  });

  it("are known by one identity, and lie in one file system", () => {
    const folder = emptyFolder(system);
    write(`${folder}/a`, "");
    write(`${folder}/b`, "");
    const [a, b] = [`${folder}/a`, `${folder}/b`].map(system.fileIdentity);
    expect(system.fileIdentity(`${folder}/../files/./a`)).toBe(a);
    expect(b).not.toBe(a);
    expect(system.fileSystemOf(folder)).toBe(system.fileSystemOf(`${folder}/a`));
    expect(system.realPath(`${folder}/./a`)).toBe(system.realPath(`${folder}/a`));
    for (const ask of [system.fileIdentity, system.fileSystemOf, system.realPath]) {
      expect(() => ask(`${folder}/none`)).toThrow("ENOENT");
    }
  });
});

/** Names of the random course: two levels, and a file that may stand where a folder would. */
const name = fc.constantFrom("a", "b", "a/x", "a/y", "b/x", "a/x/deep", "none/x");
const content = fc.string({ maxLength: 9 });
type Step = (system: System, folder: string) => unknown;

const pathStep = (run: (system: System, path: string) => unknown) =>
  name.map(
    (path): Step =>
      (system, folder) =>
        run(system, `${folder}/${path}`),
  );
const pairStep = (run: (system: System, from: string, to: string) => unknown) =>
  fc.tuple(name, name).map(
    ([from, to]): Step =>
      (system, folder) =>
        run(system, `${folder}/${from}`, `${folder}/${to}`),
  );
const steps = fc.oneof(
  fc
    .tuple(name, fc.constantFrom("append" as const, "replace" as const, "new" as const), content)
    .map(
      ([path, opening, text]): Step =>
        (system, folder) => {
          const file = system.openToWrite(`${folder}/${path}`, opening);
          file.write(bytes(text));
          file.flush();
          file.close();
        },
    ),
  fc.tuple(name, fc.nat({ max: 9 })).map(
    ([path, length]): Step =>
      (system, folder) => {
        if (system.entryAt(`${folder}/${path}`)?.kind !== "file") return;
        const file = system.openToWrite(`${folder}/${path}`, "append");
        // Beyond the end a file would grow, which nobody asks for.
        file.truncate(Math.min(length, system.readBytes(`${folder}/${path}`).length));
        file.write(bytes("+"));
        file.close();
      },
  ),
  pathStep((system, path) => system.makeNewFolder(path)),
  pathStep((system, path) => system.remove(path)),
  pathStep(
    (system, path) => system.entryAt(path)?.kind === "folder" && system.removeEmptyFolder(path),
  ),
  pathStep((system, path) => decoded(system.readBytes(path))),
  pathStep((system, path) => system.listFolder(path).sort()),
  pathStep((system, path) => [system.exists(path), system.entryAt(path)?.kind]),
  pairStep((system, from, to) => system.rename(from, to)),
  // What copying a folder says differs from system to system.
  pairStep(
    (system, from, to) =>
      from !== to && system.entryAt(from)?.kind !== "folder" && system.copyFile(from, to),
  ),
);

/** What a step gives, or the code of its error. */
function outcome(step: Step, system: System, folder: string): unknown {
  try {
    return step(system, folder);
  } catch (error) {
    return systemCode(error) ?? error;
  }
}

it.skipIf(process.platform !== "linux")("random courses end alike, errors included", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), (course) => {
      const [node, page] = [nodeSystem, pageSystem].map((system) => {
        const folder = emptyFolder(system);
        return course.map((step) => outcome(step, system, folder));
      });
      expect(page).toEqual(node);
    }),
    { numRuns: 300 },
  );
});

describe("paths of a page", () => {
  const path = fc
    .array(fc.constantFrom("a", "bc", "..", ".", "", "d.e"), { maxLength: 6 })
    .map((parts) => parts.join("/"));
  const paths: Omit<typeof Paths, "fileUrl"> & { readonly fileUrl: typeof Paths.fileUrl } =
    pagePaths;

  it("are those of POSIX", () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        expect([one, paths.basename(one)]).toEqual([one, posix.basename(one)]);
        expect(paths.isAbsolute(one)).toBe(posix.isAbsolute(one));
        // Which of several slashes it keeps does not matter.
        expect(paths.resolve(paths.dirname(one))).toBe(posix.resolve("/", posix.dirname(one)));
        expect([one, other, paths.join(one, other)]).toEqual([one, other, posix.join(one, other)]);
        const [from, to] = [`/${one}`, `/${other}`];
        expect(paths.resolve(from, other)).toBe(posix.resolve(from, other));
        expect(paths.relative(from, to)).toBe(posix.relative(from, to));
      }),
      { numRuns: 1000 },
    );
    expect(paths.resolve("a", "b")).toBe("/a/b");
    expect(paths.fileUrl("/a b/ü").href).toBe("file:///a%20b/%C3%BC");
  });
});

it.each(["sha1", "sha256"] as const)("%s of a page is Node's", (kind) => {
  const digests: typeof Digests = pageDigest;
  const hash = createHash(kind).update("ab").update("ü");
  expect(digests.openDigest(kind).add("a").add(bytes("bü")).hex()).toBe(hash.digest("hex"));
});

describe("unpacking in a page", () => {
  const text = "to be or not to be, ".repeat(500);
  const unpacked = async (packed: Iterable<Uint8Array>) => {
    let all = "";
    for await (const piece of pageUnpack.gunzipPieces(packed, 64)) all += decoded(piece);
    return all;
  };

  it("gives what was packed", async () => {
    const packed = gzipSync(text);
    expect(await unpacked([packed.subarray(0, 30), packed.subarray(30)])).toBe(text);
  });

  it("throws what the source throws, and for data that is damaged or cut off", async () => {
    function* failing() {
      yield gzipSync(text).subarray(0, 20);
      throw new Error("stopped");
    }
    await expect(unpacked(failing())).rejects.toThrow("stopped");
    const damaged = { code: expect.stringMatching(/^Z_/) };
    await expect(unpacked([gzipSync(text).subarray(0, -9)])).rejects.toMatchObject(damaged);
    await expect(unpacked([bytes("no gzip data at all")])).rejects.toMatchObject(damaged);
  });
});
