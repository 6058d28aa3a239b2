import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { nearRows } from "../../data/check/near-rows.js";
import type { TextRecord } from "../../data/formats/record.js";
import { doubtfulRows, isQuicklyExamined } from "./doubtful-rows.js";

const words = { engine: ["diesel", "piston", "exhaust"], sails: ["genoa", "batten", "luff"] };

/** Rows whose words tell the label, but for the third, which has the other one. */
const records: TextRecord[] = Array.from({ length: 30 }, (_, i) => {
  const label = i % 2 === 0 ? "engine" : "sails";
  const told = words[label].map((word, k) => `${word} ${"abc"[(i + k) % 3]}${i}`).join(" ");
  return { text: told, label: i === 2 ? "sails" : label, columns: {}, line: i + 2 };
});

describe("doubtfulRows", () => {
  it("finds the row with a wrong label, and says how far it is", async () => {
    const host = createTestHost();
    const found = await doubtfulRows(records, nearRows({ train: records }), host);
    expect(found?.examined).toBe(30);
    expect(found?.rows.map(({ record, suggested }) => [record.line, suggested])).toEqual([
      [4, "engine"],
    ]);
    const progress = host.events.filter(({ type }) => type === "progress");
    expect(progress.at(-1)).toMatchObject({ task: "examining labels", done: 5, total: 5 });
  });

  it("reads embeddings beside the n-grams where there are any", async () => {
    // Texts without a common n-gram: only the embeddings tell the label.
    const rows = records.map((record, i) => ({ ...record, text: String.fromCharCode(0x4e00 + i) }));
    const embed = async (texts: readonly string[]) =>
      Float32Array.from(texts.flatMap((_, i) => (i % 2 === 0 ? [1, 0] : [0, 1])));
    const found = await doubtfulRows(rows, nearRows({ train: rows }), createTestHost(), embed);
    expect(found?.withEmbeddings).toBe(true);
    expect(found?.rows.map(({ record }) => record.line)).toEqual([4]);
  });

  it("leaves rows without label or text, and data with one label", async () => {
    const { label: _, ...unlabelled } = records[0];
    const empty = { ...records[1], text: " " };
    const rows = [unlabelled, empty, ...records.slice(2)];
    const near = nearRows({ train: rows });
    expect((await doubtfulRows(rows, near, createTestHost()))?.examined).toBe(28);
    const one = records.filter(({ label }) => label === "sails");
    expect(await doubtfulRows(one, nearRows({ train: one }), createTestHost())).toBeUndefined();
    expect(await doubtfulRows([], nearRows({ train: [] }), createTestHost())).toBeUndefined();
  });

  it("examines no row without which its label has none", async () => {
    const single = [...records, { text: "lone words", label: "hull", columns: {}, line: 99 }];
    const found = await doubtfulRows(single, nearRows({ train: single }), createTestHost());
    expect(found?.examined).toBe(30);
  });

  it("ends on request", async () => {
    const host = { ...createTestHost(), cancelled: () => true };
    expect(await failure(doubtfulRows(records, nearRows({ train: records }), host))).toMatchObject({
      code: "interrupted",
    });
  });
});

describe("isQuicklyExamined", () => {
  it("depends on the characters and the labels", () => {
    expect(isQuicklyExamined(records)).toBe(true);
    const long = records.map((record) => ({ ...record, text: record.text.padEnd(100_000) }));
    expect(isQuicklyExamined(long)).toBe(false);
  });
});
