/** `--method tfidf`: what it alone does. test/contract has what all linear methods do. */
import { expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
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
