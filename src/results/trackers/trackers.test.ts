import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { mlflowServer } from "../../../test/fixtures/mlflow-server.js";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import { L3MaskingError } from "../../base/errors.js";
import { readRecords } from "./event-records.js";
import type { TrackedRun, TrackerNotice } from "./tracker.js";
import { type TrackerSettings, type Trackers, withTrackers } from "./trackers.js";

const at = temporaryFolder();

const step = (number: number) => stepEvent(number, { main_loss: 1, tokens: 600 });
const evaluation = (number: number) =>
  ({
    type: "evaluation",
    stage: 1,
    step: number,
    split: "dev",
    loss: 1,
    measures: { accuracy: 1 },
    best: true,
  }) as const;

function runIn(name: string): TrackedRun {
  const folder = at(name);
  mkdirSync(folder, { recursive: true });
  return { name: "run", key: "ab12", folder, settings: {}, resumed: false, journal: [] };
}

/** A clock that the test sets, in milliseconds; it began at half past ten. */
function surroundings(trackingUri?: string) {
  const notices: TrackerNotice[] = [];
  const clock = { now: 5_000 };
  return {
    notices,
    clock,
    emit: (notice: TrackerNotice) => notices.push(notice),
    cancelled: () => false,
    now: () => clock.now,
    time: () => new Date(Date.parse("2026-11-21T10:30:00Z") + clock.now - 5_000).toISOString(),
    mlflow: { experimentName: "Default", ...(trackingUri !== undefined && { trackingUri }) },
  };
}

const eventFile = (folder: string) => {
  const [name] = readdirSync(folder);
  return readRecords(readFileSync(join(folder, name)));
};

describe("withTrackers", () => {
  it("opens nothing where none is asked for", async () => {
    const result = await withTrackers({ reportTo: ["none"] }, surroundings(), async (trackers) => {
      expect(trackers.any).toBe(false);
      trackers.begin(runIn("none"));
      trackers.report(step(1));
      return 7;
    });
    expect(result).toBe(7);
    expect(readdirSync(at("none"))).toEqual([]);
  });

  it("refuses none beside others, and mlflow without a server, before any work", async () => {
    const work = () => expect.unreachable("no work is due");
    const refusal = (settings: TrackerSettings) =>
      failure(withTrackers(settings, surroundings(), work));
    expect(await refusal({ reportTo: ["none", "tensorboard"] })).toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("got none,tensorboard"),
    });
    expect(await refusal({ reportTo: ["mlflow"] })).toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("MLFLOW_TRACKING_URI"),
    });
  });

  it("tells that a logging folder is of no use without tensorboard", async () => {
    const around = surroundings();
    const settings: TrackerSettings = { reportTo: ["none"], loggingDir: at("unused") };
    await withTrackers(settings, around, async () => undefined);
    expect(around.notices[0].text).toContain("--logging-dir has no effect");
  });

  it("writes to the run's folder or the one given, with the time of day", async () => {
    const around = surroundings();
    const work = async (trackers: Trackers) => {
      trackers.begin(runIn("here"));
      around.clock.now += 1_500;
      trackers.report(step(1));
      trackers.report({ type: "stop", stage: 1, step: 1, reason: "steps", best_step: 1 });
      trackers.measure(1, [{ tag: "test/loss", value: 1 }]);
    };
    await withTrackers({ reportTo: ["tensorboard"] }, around, work);
    const records = eventFile(at("here/tensorboard"));
    expect(records.map(({ kind, step: done }) => [kind, done])).toEqual([
      ["other", 0],
      ["start", 0],
      ["summary", 0],
      ["summary", 1],
      ["summary", 1],
    ]);
    const [first, last] = [records[0], records[4]];
    expect(first.wallTime).toBe(Date.parse("2026-11-21T10:30:00Z") / 1000);
    expect(last.wallTime).toBe(first.wallTime + 1.5);
    const there: TrackerSettings = { reportTo: ["tensorboard"], loggingDir: at("there") };
    await withTrackers(there, around, work);
    expect(eventFile(at("there")).length).toBe(5);
  });

  it("measures the speed between two steps, with nothing else in between", async () => {
    const server = await mlflowServer();
    const around = surroundings(server.url);
    await withTrackers({ reportTo: ["mlflow", "tensorboard"] }, around, async (trackers) => {
      trackers.begin(runIn("speed"));
      const later = (milliseconds: number, event: Parameters<Trackers["report"]>[0]) => {
        around.clock.now += milliseconds;
        trackers.report(event);
      };
      later(100, step(1));
      later(200, step(2)); // 600 tokens in 0.2 s
      later(100, evaluation(2));
      later(500, step(3));
      later(400, step(4)); // 600 tokens in 0.4 s
    });
    const metrics = server.runs.get("run1")?.metrics ?? [];
    const speeds = metrics.filter(({ key }) => key === "train/tokens_per_second");
    expect(speeds.map(({ step: done, value }) => [done, value])).toEqual([
      [2, 3000],
      [4, 1500],
    ]);
    expect(server.runs.get("run1")?.statuses).toEqual(["RUNNING", "FINISHED"]);
  });

  it.each([
    ["interrupted", "KILLED"],
    ["training-diverged", "FAILED"],
  ] as const)("passes the error %s on and tells MLflow %s", async (code, status) => {
    const server = await mlflowServer();
    const given: TrackerSettings = { reportTo: ["mlflow"] };
    const error = new L3MaskingError(code, "the end", { hint: "Begin again some day." });
    const found = await failure(
      withTrackers(given, surroundings(server.url), async (trackers) => {
        trackers.begin(runIn(code));
        throw error;
      }),
    );
    expect(found).toBe(error);
    expect(server.runs.get("run1")?.statuses.at(-1)).toBe(status);
  });
});
