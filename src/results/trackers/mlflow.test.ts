import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { type MlflowFixture, mlflowServer } from "../../../test/fixtures/mlflow-server.js";
import { stepEvent } from "../../../test/fixtures/step-event.js";
import { endMilliseconds, openMlflow } from "./mlflow.js";
import { eventScalars, type Point } from "./scalars.js";
import type { RunEnd, TrackedRun, TrackerNotice } from "./tracker.js";

const at = temporaryFolder();
const patience = {
  attempts: 3,
  pauseMilliseconds: 2,
  stallMilliseconds: 400,
  longestPauseMilliseconds: 1000,
};

const point = (step: number): Point => ({ step, scalars: eventScalars(stepEvent(step)) });
/** Numbers of a step. */
const width = point(1).scalars.length;

interface Options {
  readonly run?: Partial<TrackedRun>;
  /** How much faster than the real clock the run's is, so that bounded waits are short here. */
  readonly haste?: number;
  readonly cancelled?: () => boolean;
  readonly token?: string;
  readonly experimentName?: string;
}

function open(url: string, folder: string, options: Options = {}) {
  mkdirSync(at(folder), { recursive: true });
  const notices: TrackerNotice[] = [];
  const run: TrackedRun = {
    name: "l3-seed1",
    key: "ab12",
    folder: at(folder),
    settings: { method: "l3", seed: 1 },
    resumed: false,
    journal: [],
    ...options.run,
  };
  const { haste = 20, token, experimentName = "Default" } = options;
  const tracker = openMlflow(
    run,
    () => 1_764_100_800_123.5,
    {
      emit: (notice) => notices.push(notice),
      cancelled: options.cancelled ?? (() => false),
      now: () => performance.now() * haste,
      mlflow: { trackingUri: url, experimentName, ...(token !== undefined && { token }) },
    },
    patience,
  );
  const warnings = () => notices.filter(({ level }) => level === "warning").map(({ text }) => text);
  return { ...tracker, notices, warnings };
}

async function track(url: string, folder: string, steps: readonly number[], options?: Options) {
  const tracker = open(url, folder, options);
  for (const step of steps) tracker.add(point(step));
  await tracker.finish("finished");
  return tracker;
}

const onlyRun = (server: MlflowFixture) => {
  expect(server.runs.size).toBe(1);
  const run = server.runs.get("run1");
  if (run === undefined) throw new Error("no run1");
  return run;
};
const stepsOf = (run: { metrics: { key: string; step: number }[] }, key = "train/loss") =>
  run.metrics.filter((metric) => metric.key === key).map(({ step }) => step);

describe("openMlflow", () => {
  it("creates a run with its settings, delivers its numbers and tells how it ended", async () => {
    const server = await mlflowServer();
    const settings = { method: "l3", seed: 1, files: "x".repeat(600), absent: undefined };
    const { notices } = await track(server.url, "whole", [1, 2], { run: { settings } });
    const run = onlyRun(server);
    expect(run).toMatchObject({ experiment: "0", name: "l3-seed1" });
    expect(run.statuses).toEqual(["RUNNING", "FINISHED"]);
    expect(Object.fromEntries(run.tags)).toEqual({
      "mlflow.runName": "l3-seed1",
      "mlflow.source.name": "l3masking",
      "l3masking.run": "ab12",
    });
    expect(Object.fromEntries(run.params)).toEqual({
      method: "l3",
      seed: "1",
      files: `${"x".repeat(497)}...`,
    });
    expect(run.metrics.length).toBe(2 * width);
    expect(run.metrics.filter(({ key }) => key === "train/main_loss")).toEqual([
      { key: "train/main_loss", value: 1, timestamp: 1_764_100_800_124, step: 1 },
      { key: "train/main_loss", value: 0.5, timestamp: 1_764_100_800_124, step: 2 },
    ]);
    expect(JSON.parse(readFileSync(at("whole/mlflow.json"), "utf8"))).toEqual({
      tracking_uri: server.url,
      experiment_id: "0",
      run_id: "run1",
    });
    expect(notices).toEqual([
      {
        type: "notice",
        level: "info",
        text: `mlflow: ${server.url}/#/experiments/0/runs/run1`,
      },
    ]);
  });

  it.each([
    ["failed", "FAILED"],
    ["stopped", "KILLED"],
  ] as const)("calls a run that %s %s", async (end: RunEnd, status) => {
    const server = await mlflowServer();
    await open(server.url, status).finish(end);
    expect(onlyRun(server).statuses).toEqual(["RUNNING", status]);
  });

  it("keeps the limits of a request", async () => {
    const server = await mlflowServer();
    const settings = Object.fromEntries(Array.from({ length: 230 }, (_, i) => [`name${i}`, i]));
    const steps = Array.from({ length: 400 }, (_, index) => index + 1);
    const tracker = await track(server.url, "many", steps, { run: { settings } });
    expect(tracker.warnings()).toEqual([]);
    const run = onlyRun(server);
    expect(run.params.size).toBe(230);
    expect(stepsOf(run)).toEqual(steps);
    const batches = server.requests.filter(({ path }) => path === "runs/log-batch").length;
    expect(batches).toBeGreaterThanOrEqual(3 + Math.ceil((400 * width) / 1000));
    expect(batches).toBeLessThan(20);
  });

  it("creates the experiment, or finds one that another run created meanwhile", async () => {
    const server = await mlflowServer();
    await track(server.url, "created", [1], { experimentName: "sea" });
    expect(server.experiments.get("sea")).toBe("1");
    let raced = false;
    const busy = await mlflowServer((path) => {
      if (path === "experiments/create" && !raced) busy.experiments.set("sea", "7");
      raced ||= path === "experiments/create";
      return false;
    });
    await track(busy.url, "raced", [1], { experimentName: "sea" });
    expect(raced).toBe(true);
    expect(onlyRun(busy).experiment).toBe("7");
  });

  it("shows who asks in every request, and nobody the secret", async () => {
    const server = await mlflowServer();
    const { notices } = await track(server.url, "secret", [1], { token: "hush" });
    expect(new Set(server.requests.map(({ authorization }) => authorization))).toEqual(
      new Set(["Bearer hush"]),
    );
    expect(JSON.stringify(notices)).not.toContain("hush");
    expect(readFileSync(at("secret/mlflow.json"), "utf8")).not.toContain("hush");
  });
});

describe("a run that goes on", () => {
  const journal = [1, 2, 3].map((step) => stepEvent(step));
  const resumed = { run: { resumed: true, journal } };

  it("keeps its run, and no step is there twice", async () => {
    const server = await mlflowServer();
    // It had told of step 5 when it was killed, but its last state is of step 3.
    const first = open(server.url, "resumed");
    for (const step of [1, 2, 3, 4, 5]) first.add(point(step));
    await first.finish("stopped");
    const params = server.requests.length;
    const second = await track(server.url, "resumed", [4, 5, 6, 7], resumed);
    expect(second.warnings()).toEqual([]);
    const run = onlyRun(server);
    expect(stepsOf(run)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(run.statuses).toEqual(["RUNNING", "KILLED", "RUNNING", "FINISHED"]);
    // Asked for, updated, one batch, updated: settings are not sent again.
    expect(server.requests.slice(params).map(({ path }) => path)).toEqual([
      "runs/get",
      "runs/update",
      "runs/log-batch",
      "runs/update",
    ]);
  });

  it("delivers from the journal what the server did not get", async () => {
    const server = await mlflowServer();
    await track(server.url, "lacking", [1]);
    await track(server.url, "lacking", [4], resumed);
    expect(stepsOf(onlyRun(server))).toEqual([1, 2, 3, 4]);
  });

  it("begins anew where there is no note, or a damaged one", async () => {
    const server = await mlflowServer();
    await track(server.url, "unnoted", [4], resumed);
    expect(stepsOf(onlyRun(server))).toEqual([1, 2, 3, 4]);
    writeFileSync(at("unnoted/mlflow.json"), "{");
    await track(server.url, "unnoted", [4], resumed);
    expect(server.runs.size).toBe(2);
  });

  it("begins anew at another server, or where its run was deleted", async () => {
    const [one, other] = [await mlflowServer(), await mlflowServer()];
    await track(one.url, "moved", [1, 2, 3]);
    await track(other.url, "moved", [4], resumed);
    expect(stepsOf(onlyRun(other))).toEqual([1, 2, 3, 4]);
    other.runs.clear();
    await track(other.url, "moved", [4], resumed);
    expect(stepsOf(onlyRun(other))).toEqual([1, 2, 3, 4]);
  });

  it("is not taken for an earlier run of the same folder that it does not go on with", async () => {
    const server = await mlflowServer();
    await track(server.url, "anew", [1, 2]);
    await track(server.url, "anew", [1, 2]);
    expect([...server.runs.values()].map((run) => stepsOf(run))).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});

/** A port of this machine at which nobody answers. */
async function deserted(): Promise<string> {
  const { url, close } = await mlflowServer();
  await close();
  return url;
}

const answer =
  (status: number, body = "") =>
  (_path: string, response: ServerResponse) => {
    response.writeHead(status).end(body);
    return true;
  };

describe("a server that fails", () => {
  it("is told of once where it is away, and what was not delivered is counted", async () => {
    const url = await deserted();
    const tracker = open(url, "away");
    for (const step of [1, 2, 3]) {
      tracker.add(point(step));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await tracker.finish("finished");
    expect(tracker.warnings()).toEqual([
      `mlflow: ${url}: no connection (ECONNREFUSED); training continues, undelivered values are kept and retried`,
      `mlflow: ${url}: ${3 * width} of ${3 * width} values were not delivered (no connection (ECONNREFUSED))`,
    ]);
  });

  it("gets everything once it is back", async () => {
    let isBack = false;
    const server = await mlflowServer((_, response) => {
      if (!isBack) response.destroy();
      return !isBack;
    });
    const tracker = open(server.url, "back");
    tracker.add(point(1));
    await expect.poll(() => tracker.warnings().length).toBe(1);
    isBack = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    tracker.add(point(2));
    await tracker.finish("finished");
    expect(tracker.warnings().length).toBe(1);
    expect(stepsOf(onlyRun(server))).toEqual([1, 2]);
  });

  it("that is only busy now and then is not told of", async () => {
    const seen = new Map<string, number>();
    const server = await mlflowServer((path, response) => {
      const times = (seen.get(path) ?? 0) + 1;
      seen.set(path, times);
      return times <= 2 && path !== "runs/create" ? answer(503)(path, response) : false;
    });
    const tracker = await track(server.url, "busy", [1, 2]);
    expect(tracker.warnings()).toEqual([]);
    expect(stepsOf(onlyRun(server))).toEqual([1, 2]);
    expect(onlyRun(server).statuses).toEqual(["RUNNING", "FINISHED"]);
  });

  it.each([
    ["denies", answer(403, '{"error_code":"PERMISSION_DENIED","message":"not you"}'), "not you"],
    ["is none of MLflow", answer(200, "<html>"), "not JSON"],
    ["answers something else", answer(200, "{}"), "that is not MLflow's"],
    ["sends elsewhere", answer(302), "HTTP status 302"],
  ])("is left alone where it %s", async (_, interference, reason) => {
    const server = await mlflowServer(interference);
    const tracker = open(server.url, "refused");
    await expect.poll(() => tracker.warnings().length).toBe(1);
    for (const step of [1, 2]) tracker.add(point(step));
    await tracker.finish("finished");
    const [first, last, ...more] = tracker.warnings();
    expect(first).toContain(reason);
    expect(first).toContain("nothing more is sent");
    expect(last).toContain(`${2 * width} of ${2 * width} values were not delivered`);
    expect(more).toEqual([]);
    expect(server.requests.length).toBe(1);
  });

  it("is told of where all was delivered but the end of the run", async () => {
    const server = await mlflowServer((path, response) =>
      path === "runs/update" ? answer(400)(path, response) : false,
    );
    const { warnings } = await track(server.url, "endless", [1]);
    expect(warnings()).toEqual([
      `mlflow: ${server.url}: all values were delivered, but not the end of the run (HTTP status 400)`,
    ]);
  });

  it.each([
    ["usual", false, endMilliseconds.usual],
    ["stopped", true, endMilliseconds.stopped],
  ] as const)("does not keep a run from its end (%s)", async (name, cancelled, limit) => {
    const server = await mlflowServer(() => true);
    const haste = 50;
    const tracker = open(server.url, `silent-${name}`, { haste, cancelled: () => cancelled });
    tracker.add(point(1));
    const begin = performance.now();
    await tracker.finish(cancelled ? "stopped" : "finished");
    const milliseconds = performance.now() - begin;
    expect(milliseconds).toBeGreaterThan(0.5 * (limit / haste));
    expect(milliseconds).toBeLessThan(limit / haste + 1500);
    expect(tracker.warnings().at(-1)).toContain(`${width} of ${width} values were not delivered`);
  });

  it("has only so many values waiting for it", async () => {
    const url = await deserted();
    const tracker = open(url, "full", { haste: 1 });
    const scalars = Array.from({ length: 1000 }, (_, i) => ({ tag: `train/${i}`, value: i }));
    for (let step = 1; step <= 102; step++) tracker.add({ step, scalars });
    await tracker.finish("finished");
    expect(tracker.warnings().at(-1)).toContain("102000 of 102000 values were not delivered");
  });

  it("is no matter where the note cannot be written", async () => {
    const server = await mlflowServer();
    mkdirSync(at("unwritable/mlflow.json"), { recursive: true });
    const { warnings } = await track(server.url, "unwritable", [1]);
    expect(warnings()).toEqual([
      expect.stringMatching(/mlflow\.json.*if the run is resumed, it appears there as a new one/),
    ]);
    expect(stepsOf(onlyRun(server))).toEqual([1]);
  });
});
