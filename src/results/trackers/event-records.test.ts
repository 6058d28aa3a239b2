import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  pointRecord,
  readRecords,
  startRecord,
  textRecord,
  versionRecord,
} from "./event-records.js";

/** Made by TensorBoard's own messages and record writer: scripts/golden/event_file.py. */
const golden = z
  .object({
    wallTime: z.number(),
    text: z.string(),
    points: z.array(z.object({ step: z.number(), scalars: z.record(z.string(), z.number()) })),
    records: z.array(z.base64().transform((text) => Buffer.from(text, "base64"))),
  })
  .parse(
    JSON.parse(
      readFileSync(new URL("../../../test/golden/event-file.json", import.meta.url), "utf8"),
    ),
  );
const file = Uint8Array.from(Buffer.concat(golden.records));

describe("the records", () => {
  it("are TensorBoard's, byte for byte", () => {
    const { wallTime, text } = golden;
    const start = { wallTime, step: 0 };
    const points = golden.points.map(({ step, scalars }, number) =>
      pointRecord(wallTime + number, {
        step,
        scalars: Object.entries(scalars).map(([tag, value]) => ({ tag, value })),
      }),
    );
    const records = [
      versionRecord(wallTime),
      startRecord(start),
      textRecord(start, "args/text_summary", text),
      ...points,
    ];
    expect(records.map((record) => Buffer.from(record).toString("base64"))).toEqual(
      golden.records.map((record) => record.toString("base64")),
    );
  });
});

describe("readRecords", () => {
  it("finds time, step and kind, and the bytes as they were", () => {
    const { wallTime } = golden;
    const records = readRecords(file);
    expect(records.map(({ kind, step, wallTime: time }) => [kind, step, time - wallTime])).toEqual([
      ["other", 0, 0],
      ["start", 0, 0],
      ["summary", 0, 0],
      ["summary", 1, 0],
      ["summary", 1, 1],
      ["summary", 300, 2],
    ]);
    expect(records.map(({ bytes }) => Buffer.from(bytes))).toEqual(golden.records);
  });

  it("stops before a record that is torn, wherever", () => {
    const last = golden.records.at(-1)?.length ?? 0;
    for (let missing = 1; missing <= last; missing++) {
      expect(readRecords(file.subarray(0, file.length - missing)).length).toBe(5);
    }
  });

  it("stops before a record of which any byte is damaged", () => {
    const before = golden.records.slice(0, 3).reduce((sum, { length }) => sum + length, 0);
    for (let at = 0; at < golden.records[3].length; at++) {
      const damaged = Uint8Array.from(file);
      damaged[before + at] ^= 0x10;
      expect(readRecords(damaged).length).toBe(3);
    }
  });
});
