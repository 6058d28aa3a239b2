import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStorage, type Storage } from "./storage.js";
import { openVolume, type Volume } from "./volume.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Gives a file of a volume its content. */
function write(volume: Volume, path: string, content: Uint8Array): void {
  const before = volume.entries.get(path);
  const file = volume.create();
  volume.append(file, content);
  volume.trim(file);
  volume.entries.set(path, file);
  Object.assign(file, { named: true, users: 0 });
  if (before?.kind === "file") {
    before.named = false;
    volume.letGo(before);
  }
}

/** All files with their content. */
function contents(volume: Volume): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [path, file] of volume.entries) {
    if (file.kind !== "file") continue;
    const content = new Uint8Array(file.size);
    volume.read(file, content, 0);
    found[path] = new TextDecoder().decode(content);
  }
  return found;
}

/** A storage in which only what was written before the `count`th write and its flush came to rest. */
function copyUpTo(writes: readonly Write[], count: number): Storage {
  const storage = memoryStorage();
  for (const { content, at } of writes.slice(0, count)) storage.write(content, at);
  return storage;
}

interface Write {
  readonly content: Uint8Array;
  readonly at: number;
}

/** A storage that tells what is written. */
function watched(writes: Write[]): Storage {
  const storage = memoryStorage();
  return {
    ...storage,
    write(content, at) {
      writes.push({ content: content.slice(), at });
      storage.write(content, at);
    },
  };
}

describe("a volume", () => {
  it("is found again as the last commit left it", () => {
    const storage = memoryStorage();
    const volume = openVolume(storage);
    volume.entries.set("/folder", { kind: "folder" });
    write(volume, "/folder/a", bytes("kept"));
    volume.commit();
    write(volume, "/b", bytes("lost"));
    const again = openVolume(storage);
    expect(contents(again)).toEqual({ "/folder/a": "kept" });
    expect(again.entries.get("/folder")).toEqual({ kind: "folder" });
  });

  it("takes no more room however often a file is written anew", () => {
    const storage = memoryStorage();
    const volume = openVolume(storage);
    const sizes = Array.from({ length: 50 }, (_, round) => {
      write(volume, "/state", new Uint8Array(100_000).fill(round));
      volume.commit();
      return storage.size();
    });
    expect(sizes.at(-1)).toBe(sizes[5]);
    expect(sizes.at(-1)).toBeLessThan(300_000);
  });

  it("is at every instant one that was committed, whatever was being written", () => {
    const course = fc.array(
      fc.tuple(fc.constantFrom("/a", "/b"), fc.integer({ min: 0, max: 9000 }), fc.boolean()),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(course, (steps) => {
        const writes: Write[] = [];
        const volume = openVolume(watched(writes));
        const committed = [{ writes: writes.length, contents: contents(volume) }];
        for (const [index, [path, length, commits]] of steps.entries()) {
          write(volume, path, bytes(String(index % 10).repeat(length)));
          if (!commits) continue;
          volume.commit();
          committed.push({ writes: writes.length, contents: contents(volume) });
        }
        for (let count = committed[0].writes; count <= writes.length; count += 1) {
          const last = committed.findLast((state) => state.writes <= count);
          expect(contents(openVolume(copyUpTo(writes, count)))).toEqual(last?.contents);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("goes back to the table before one that is damaged, and says when none is whole", () => {
    const storage = memoryStorage();
    const volume = openVolume(storage);
    write(volume, "/a", bytes("kept"));
    volume.commit();
    // The header of the first commit, which is the last but one.
    const header = new Uint8Array(100);
    storage.read(header, 4096);
    storage.write(new Uint8Array(50), 4096);
    expect(contents(openVolume(storage))).toEqual({});
    storage.write(new Uint8Array(50), 0);
    expect(() => openVolume(storage)).toThrow(expect.objectContaining({ code: "storage-damaged" }));
    storage.write(header, 4096);
    expect(contents(openVolume(storage))).toEqual({ "/a": "kept" });
  });

  it("says that there is no room, and keeps what was committed", () => {
    const storage = memoryStorage(40_000);
    const volume = openVolume(storage);
    write(volume, "/a", bytes("kept"));
    volume.commit();
    expect(() => write(volume, "/b", new Uint8Array(50_000))).toThrow("ENOSPC");
    expect(contents(openVolume(storage))).toEqual({ "/a": "kept" });
  });
});
