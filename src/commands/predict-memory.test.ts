import { closeSync, openSync, writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost } from "../../test/fixtures/host.js";
import { openRecords } from "../data/record-stream.js";
import { classifyRows } from "../run/inference/classify-rows.js";
import { summedCounts } from "../run/sources/text-counts.js";

const at = temporaryFolder();

setFlagsFromString("--expose-gc");
const collectGarbage: unknown = runInNewContext("gc");

/** Bytes of what is still in use. */
function liveBytes(): number {
  if (typeof collectGarbage !== "function") throw new Error("no garbage collector at hand");
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function writeRows(path: string, count: number): string {
  const file = openSync(path, "w");
  for (let start = 0; start < count; start += 1000) {
    const rows = Array.from({ length: Math.min(1000, count - start) }, (_, i) => {
      const id = start + i;
      return `{"id":${id},"text":"The pump number ${id} runs, but nothing comes out.","place":"hall ${id % 7}"}\n`;
    });
    writeSync(file, rows.join(""));
  }
  closeSync(file);
  return path;
}

/** One label for everything, at once. */
const classifier = {
  async predictPart(texts: readonly string[], onBatch: (done: number) => void) {
    onBatch(texts.length);
    const predictions = texts.map(() => ({ label: "a", probabilities: { a: 0.75, b: 0.25 } }));
    return { predictions, counts: summedCounts([]) };
  },
};

/** Most bytes in use while rows are classified, above those before; `keep` sees all that is made. */
async function growth(path: string, keep: (made: unknown) => void): Promise<number> {
  const host = { ...createTestHost(), emit: () => undefined };
  const before = liveBytes();
  const source = await openRecords(path, {});
  let most = 0;
  let windows = 0;
  await classifyRows(source, classifier, host, async (rows, predictions) => {
    keep([rows, predictions]);
    windows += 1;
    if (windows % 16 === 0) most = Math.max(most, liveBytes() - before);
    return true;
  });
  await source.close();
  return most;
}

const MEGABYTE = 2 ** 20;

describe("the memory of predict", () => {
  it("does not grow with the rows", async () => {
    const few = writeRows(at("few.jsonl"), 20_000);
    const many = writeRows(at("many.jsonl"), 200_000);
    const forget = () => undefined;
    const [ofFew, ofMany] = [await growth(few, forget), await growth(many, forget)];
    expect(ofMany - ofFew).toBeLessThan(4 * MEGABYTE);
    // It would show if rows were kept.
    const kept: unknown[] = [];
    expect(await growth(many, (made) => kept.push(made))).toBeGreaterThan(ofFew + 20 * MEGABYTE);
  });
});
