/** `--method tfidf`: what it alone does. test/contract has what all linear methods do. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { train, trainOptions } from "../../../test/fixtures/training.js";

const at = temporaryFolder();
const options = (name: string) => trainOptions("no/such/model", at(name), { method: "tfidf" });

it("has no baseline, and is the same after a stop", async () => {
  const whole = await train(options("whole"), createTestHost());
  expect(whole.metrics.baseline).toBe(null);
  const stopping = { ...createTestHost(), cancelled: () => true };
  const error = await failure(train(options("stopped"), stopping));
  expect(error).toMatchObject({ code: "interrupted" });
  const again = await train({ ...options("stopped"), resume: true }, createTestHost());
  const { timing, ...rest } = again.metrics;
  expect(timing.parts).toBe(1);
  expect(whole.metrics).toMatchObject(rest);
});

it("holds the texts of a small file out in turn, and goes on between the folds", async () => {
  const { validationFile: _, testFile: __, ...one } = options("held");
  const between = createTestHost({
    stopAt: (event) => event.type === "progress" && event.done === 2,
  });
  expect(await failure(train(one, between))).toMatchObject({ code: "interrupted" });
  expect(existsSync(at("held/folds/tfidf-1.json"))).toBe(true);
  const { metrics } = await train({ ...one, resume: true }, createTestHost());
  expect(metrics.held_out).toMatchObject({ folds: 5, rows: 36, chosen: "tfidf", choice: null });
  expect(readJson(at("held/config.json"))).toMatchObject({ rows: { train: 36, dev: 0, test: 0 } });
  const predictions = readFileSync(at("held/predictions-held-out.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const right = predictions
    .map((line) => JSON.parse(line))
    .filter((row) => row.label === row.expected);
  expect(predictions).toHaveLength(36);
  expect(metrics.dev.accuracy).toBeCloseTo(right.length / 36, 12);
  expect(existsSync(at("held/folds"))).toBe(false);
  const differently = train({ ...one, resume: true, folds: 3 }, createTestHost());
  expect(await failure(differently)).toMatchObject({ code: "invalid-setting" });
});
