import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Encoding, NO_WORD } from "../../text/encoding.js";
import { type DiskScoreCache, openScoreCache } from "./cache.js";
import {
  crc32,
  decodeScores,
  encodeRecord,
  readSegment,
  type ScoreScope,
  segmentHeader,
} from "./cache-record.js";

const scope: ScoreScope = {
  checkpointDigest: "c0ffee",
  tokenizerDigest: "70ken5",
  estimator: "pll-word-l2r",
  maxLength: 128,
};

function text(...ids: number[]): Encoding {
  return {
    ids: Int32Array.from(ids),
    wordIds: Int32Array.from(ids.keys(), (i) => (i === 0 ? NO_WORD : i)),
    truncated: 0,
  };
}

let folder: string;
const opened: DiskScoreCache[] = [];

function open(of: ScoreScope = scope, segmentBytes?: number): DiskScoreCache {
  const cache = openScoreCache(folder, of, segmentBytes);
  opened.push(cache);
  return cache;
}

function segments(cache: DiskScoreCache): string[] {
  return readdirSync(cache.folder).map((name) => join(cache.folder, name));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "score-cache-"));
});

afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
  rmSync(folder, { recursive: true });
});

describe("openScoreCache", () => {
  it("gives back what was put, in this run and in the next", async () => {
    const first = open();
    const scores = Float32Array.of(Number.NaN, -0.1, -12.5);
    await first.put(text(1, 2, 3), scores);
    expect(await first.get(text(1, 2, 3))).toEqual(scores);
    first.close();
    const second = open();
    expect(second.size).toBe(1);
    expect(second.ignoredBytes).toBe(0);
    expect(await second.get(text(1, 2, 3))).toEqual(scores);
    expect(await second.get(text(1, 2, 4))).toBeUndefined();
  });

  it("writes nothing before the first score", () => {
    expect(existsSync(open().folder)).toBe(false);
  });

  it.each<Partial<ScoreScope>>([
    { checkpointDigest: "other" },
    { tokenizerDigest: "other" },
    { estimator: "pll" },
    { maxLength: 64 },
  ])("keeps scores apart by %j", async (change) => {
    await open().put(text(1, 2), Float32Array.of(-1, -2));
    expect(await open({ ...scope, ...change }).get(text(1, 2))).toBeUndefined();
    expect(await open().get(text(1, 2))).toBeDefined();
  });

  it("tells texts with equal tokens but other words apart", async () => {
    const cache = open();
    await cache.put(text(1, 2, 3), Float32Array.of(-1, -2, -3));
    const joined: Encoding = { ...text(1, 2, 3), wordIds: Int32Array.of(NO_WORD, 1, 1) };
    expect(await cache.get(joined)).toBeUndefined();
  });

  it("keeps every complete record wherever a kill cuts the file, and writes on in a new file", async () => {
    const writer = open();
    for (const id of [1, 2, 3]) await writer.put(text(id, id), Float32Array.of(-id, -id));
    writer.close();
    const [file] = segments(writer);
    const whole = readFileSync(file);
    const header = segmentHeader(scope).length;
    const record = (whole.length - header) / 3;
    for (let bytes = whole.length; bytes >= 0; bytes--) {
      truncateSync(file, bytes);
      const complete = Math.max(0, Math.floor((bytes - header) / record));
      const cache = open();
      expect(cache.size).toBe(complete);
      expect(cache.ignoredBytes).toBe(bytes < header ? bytes : bytes - header - complete * record);
      expect(await cache.get(text(1, 1))).toEqual(
        complete >= 1 ? Float32Array.of(-1, -1) : undefined,
      );
    }
    const after = open();
    await after.put(text(9), Float32Array.of(-9));
    expect(segments(after)).toHaveLength(2);
    expect(await open().get(text(9))).toEqual(Float32Array.of(-9));
  });

  it("detects damage inside a record and ignores garbage at the end", async () => {
    const writer = open();
    for (const id of [1, 2]) await writer.put(text(id), Float32Array.of(-id));
    writer.close();
    const [file] = segments(writer);
    appendFileSync(file, "garbage");
    expect(open()).toMatchObject({ size: 2, ignoredBytes: 7 });
    const bytes = readFileSync(file);
    bytes[bytes.length - 8] ^= 1; // last byte of the second score
    writeFileSync(file, bytes);
    const damaged = open();
    expect(await damaged.get(text(1))).toBeDefined();
    expect(await damaged.get(text(2))).toBeUndefined();
  });

  it("gives every writer its own file", async () => {
    const writers = [open(), open(), open()];
    for (let round = 0; round < 20; round++) {
      for (const [i, writer] of writers.entries()) {
        await writer.put(text(i, round), Float32Array.of(-i, -round));
      }
    }
    expect(segments(writers[0])).toHaveLength(3);
    const reader = open();
    expect(reader.size).toBe(60);
    expect(await reader.get(text(2, 17))).toEqual(Float32Array.of(-2, -17));
  });

  it("never appends to a file that is there already", async () => {
    const writers = [open(), open()];
    for (const writer of writers) await writer.put(text(1), Float32Array.of(-1));
    const [first, second] = segments(writers[0]);
    rmSync(first);
    const before = readFileSync(second);
    // One file is left, so its own name is the first one tried.
    await open().put(text(2), Float32Array.of(-2));
    expect(readFileSync(second)).toEqual(before);
    expect(open().size).toBe(2);
  });

  it("puts a text once and begins a new file when one is full", async () => {
    const cache = open(scope, 400);
    for (const id of [1, 2, 3, 4, 5, 1, 2])
      await cache.put(text(id), new Float32Array(40).fill(-id));
    expect(cache.size).toBe(5);
    const bytes = segments(cache).reduce((sum, file) => sum + readFileSync(file).length, 0);
    const record = 4 + 4 + 32 + 4 + 40 * 4;
    expect(bytes).toBe(5 * record + segments(cache).length * segmentHeader(scope).length);
    expect(segments(cache).length).toBeGreaterThan(1);
    for (const id of [1, 2, 3, 4, 5]) {
      expect(await open().get(text(id))).toEqual(new Float32Array(40).fill(-id));
    }
  });

  it("refuses a file that holds another scope's scores", async () => {
    const writer = open();
    await writer.put(text(1), Float32Array.of(-1));
    writeFileSync(join(writer.folder, "000007.scores"), segmentHeader({ ...scope, maxLength: 64 }));
    expect(() => open()).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: expect.stringMatching(/"maxLength":64.*000007\.scores, line 1/),
      }),
    );
  });

  it("says so when a file is cut while it is in use", async () => {
    const cache = open();
    await cache.put(text(1), Float32Array.of(-1));
    truncateSync(segments(cache)[0], 10);
    await expect(cache.get(text(1))).rejects.toMatchObject({ code: "data-format" });
  });
});

describe("records", () => {
  it("checks with the CRC-32 of zip: 0xCBF43926 for 123456789", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });

  it("are little-endian, whatever the machine", () => {
    const record = encodeRecord(new Uint8Array(32).fill(7), Float32Array.of(1));
    expect([...record.subarray(8, 40)]).toEqual(new Array(32).fill(7));
    expect([...record.subarray(40)]).toEqual([1, 0, 0, 0, 0, 0, 0x80, 0x3f]);
    expect(decodeScores(record.subarray(44))).toEqual(Float32Array.of(1));
  });

  it("are not believed when their count runs past the end", () => {
    const header = segmentHeader(scope);
    const record = encodeRecord(new Uint8Array(32), Float32Array.of(-1));
    record[40] = 255;
    const bytes = Uint8Array.of(...header, ...record);
    expect(readSegment(bytes, scope, "x")).toEqual({ records: [], ignoredBytes: record.length });
  });

  it("need a key of 32 bytes", () => {
    expect(() => encodeRecord(new Uint8Array(31), Float32Array.of(-1))).toThrow(
      expect.objectContaining({ code: "input-mismatch" }),
    );
  });
});
