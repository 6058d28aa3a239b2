/** What trackers get of whole runs: of train, also one that goes on, of compare and of pretrain; and that no run depends on them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { commands } from "../src/commands/table.js";
import { parseJournal } from "../src/results/records/journal.js";
import { pointRecord, readRecords } from "../src/results/trackers/event-records.js";
import { eventScalars, isShown, type Point } from "../src/results/trackers/scalars.js";
import type { RunEvent, TrainResult } from "../src/run/host/host.js";
import type { TrainOptions } from "../src/run/settings/schemas.js";
import { compare, compareOptions, shortName } from "./fixtures/comparing.js";
import { failure } from "./fixtures/failure.js";
import { copyAsKilled, readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { type MlflowRun, mlflowServer } from "./fixtures/mlflow-server.js";
import { soundFiles } from "./fixtures/sounds.js";
import { train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");

const options = (name: string, more: Partial<TrainOptions> = {}) =>
  trainOptions(bert, at(name), {
    ...{ method: "l3", maxSteps: 6, evalSteps: 2, saveSteps: 2 },
    ...{ reportTo: ["tensorboard"] },
    ...more,
  });

/** The points of a run's journal, as the trackers must have them. */
function journalPoints(folder: string): Point[] {
  const path = join(folder, "journal.jsonl");
  return parseJournal(readFileSync(path, "utf8"), path)
    .filter(isShown)
    .map((event) => ({
      step: event.step,
      scalars: eventScalars(event),
    }));
}

/** The records of the points in a folder's event files, as a reader finds them that looks at all of them. */
function filePoints(folder: string) {
  const records = readdirSync(folder)
    .sort()
    .flatMap((name) => readRecords(readFileSync(join(folder, name))));
  return records.filter(({ kind, step }) => kind === "summary" && step > 0);
}

/** Do the records hold these points, in this order, with each of their numbers? They may have the speed too. */
function expectPoints(folder: string, points: readonly Point[]): void {
  const records = filePoints(folder);
  expect(records.map(({ step }) => step)).toEqual(points.map(({ step }) => step));
  for (const [index, point] of points.entries()) {
    const { bytes, wallTime } = records[index];
    for (const scalar of point.scalars) {
      const alone = pointRecord(wallTime, { step: point.step, scalars: [scalar] });
      // Between the frame's head with time, step and length, and its tail.
      const value = Buffer.from(alone).subarray(-4 - scalar.tag.length - 7, -4);
      expect(Buffer.from(bytes).includes(value), `${scalar.tag} of step ${point.step}`).toBe(true);
    }
  }
}

/** Tag, step and value, sorted: what a server has of a run but for times. */
function told({ metrics }: Pick<MlflowRun, "metrics">) {
  return metrics
    .filter(({ key }) => key !== "train/tokens_per_second" && key !== "train/runtime")
    .map(({ key, step, value }) => `${key} ${step} ${value}`)
    .sort();
}
const words = (points: readonly Point[]) =>
  points
    .flatMap(({ step, scalars }) => scalars.map(({ tag, value }) => `${tag} ${step} ${value}`))
    .sort();

const afterStep = (step: number) => (event: RunEvent) =>
  event.type === "step" && event.step === step;

/** What test metrics become. */
function closing({ metrics }: TrainResult): Point {
  const { test, test_unseen: leakFree, best_step: step } = metrics;
  const scalars = [
    { tag: "test/loss", value: test?.loss ?? Number.NaN },
    { tag: "test/accuracy", value: test?.accuracy ?? Number.NaN },
    { tag: "test/macro_f1", value: test?.macro_f1 ?? Number.NaN },
    { tag: "test_leak_free/accuracy", value: leakFree?.accuracy ?? Number.NaN },
    { tag: "test_leak_free/macro_f1", value: leakFree?.macro_f1 ?? Number.NaN },
  ];
  return { step, scalars };
}

describe("train", () => {
  let plain: TrainResult;
  beforeAll(async () => {
    plain = await train(options("plain", { reportTo: ["none"] }), createTestHost({ cacheFolder }));
  });
  const sameFiles = ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"];
  const expectSame = (folder: string) => {
    for (const name of sameFiles) {
      const bytes = readFileSync(at(`${folder}/${name}`));
      expect(bytes.equals(readFileSync(at(`plain/${name}`))), name).toBe(true);
    }
  };

  it("tells both trackers everything, and the run is as without them", async () => {
    const { url, runs } = await mlflowServer();
    const host = createTestHost({
      cacheFolder,
      mlflow: { trackingUri: url, experimentName: "Default" },
    });
    const result = await train(options("told", { reportTo: ["tensorboard", "mlflow"] }), host);
    expectSame("told");
    expect(host.notices("warning")).toBe("");
    const { timing: _, ...metrics } = result.metrics;
    expect(plain.metrics).toMatchObject(metrics);
    const points = [...journalPoints(at("told")), closing(result)];
    expect(points.length).toBe(6 + 3 + 1);
    expectPoints(at("told/tensorboard"), points);
    const run = runs.get("run1");
    expect(told(run ?? { metrics: [] })).toEqual(words(points));
    expect(run).toMatchObject({ name: "told", statuses: ["RUNNING", "FINISHED"] });
    expect(run?.params.get("method")).toBe("l3");
    const speeds = run?.metrics.filter(({ key }) => key === "train/tokens_per_second");
    expect(speeds?.map(({ step }) => step)).toEqual([2, 4, 6]);
    const record = z.object({ settings: z.record(z.string(), z.unknown()) });
    expect(record.parse(readJson(at("told/config.json"))).settings).toMatchObject({
      reportTo: ["tensorboard", "mlflow"],
    });
  });

  it.each([
    ["stopped", 3],
    ["killed", 5],
  ])("%s and gone on with has every step once", async (how, step) => {
    const { url, runs } = await mlflowServer();
    const mlflow = { trackingUri: url, experimentName: "Default" };
    const given = options(how, { reportTo: ["tensorboard", "mlflow"] });
    const left = at(`${how}-left`);
    const first = createTestHost({
      ...{ cacheFolder, mlflow },
      stopAt(event) {
        if (!afterStep(step)(event)) return false;
        copyAsKilled(given.outputDir, left);
        return how === "stopped";
      },
    });
    // A killed run's copy lacks mlflow.json where the server was not asked yet; a stop waits for it.
    const outputDir = how === "stopped" ? given.outputDir : left;
    if (how === "stopped") await failure(train(given, first));
    else await train(given, first);
    const host = createTestHost({ cacheFolder, mlflow });
    const result = await train({ ...given, outputDir, resume: true }, host);
    expect(host.notices("warning")).toBe("");
    const points = [...journalPoints(outputDir), closing(result)];
    expectPoints(join(outputDir, "tensorboard"), points);
    expect(words(journalPoints(outputDir))).toEqual(words(journalPoints(at("plain"))));
    const run = [...runs.values()].at(-1);
    expect(told(run ?? { metrics: [] })).toEqual(words(points));
    if (how === "stopped") {
      expect(run?.statuses).toEqual(["RUNNING", "KILLED", "RUNNING", "FINISHED"]);
    }
  });

  it("may begin to tell when it goes on, and in another folder", async () => {
    await failure(
      train(
        options("late", { reportTo: ["none"] }),
        createTestHost({ cacheFolder, stopAt: afterStep(4) }),
      ),
    );
    const logging = { loggingDir: at("logs"), resume: true };
    const result = await train(options("late", logging), createTestHost({ cacheFolder }));
    expectPoints(at("logs"), [...journalPoints(at("late")), closing(result)]);
    expect(readdirSync(at("late"))).not.toContain("tensorboard");
  });

  it("is not disturbed by a tracking server that is away", async () => {
    const { url, close } = await mlflowServer();
    await close();
    const host = createTestHost({
      cacheFolder,
      mlflow: { trackingUri: url, experimentName: "Default" },
    });
    await train(options("away", { reportTo: ["mlflow"] }), host);
    expectSame("away");
    expect(host.notices("warning")).toMatch(/training continues.*\n.*values were not delivered/);
  });
});

describe("compare", () => {
  it("tells of each of its runs in a place of its own", async () => {
    const { url, runs } = await mlflowServer();
    const host = createTestHost({
      cacheFolder,
      mlflow: { trackingUri: url, experimentName: "sea" },
    });
    const more = { methods: ["stl" as const], loggingDir: at("compared-logs") };
    const reportTo = ["tensorboard" as const, "mlflow" as const];
    await compare(compareOptions(bert, at("compared"), { ...more, reportTo }), host);
    const folders = readdirSync(at("compared/runs")).sort();
    expect(folders.map(shortName)).toEqual(["stl-seed0", "stl-seed1"]);
    expect(readdirSync(at("compared-logs")).sort()).toEqual(folders);
    for (const folder of folders) {
      const steps = filePoints(at(`compared-logs/${folder}`)).map(({ step }) => step);
      expect(steps.slice(0, -1)).toEqual([1, 2, 3, 3, 4, 5, 6, 6]);
    }
    expect([...runs.values()].map(({ name }) => name).sort()).toEqual(folders);
  });

  it("refuses mlflow without a server before anything is read", async () => {
    const given = compareOptions("no such model", at("refused"), { reportTo: ["mlflow"] });
    const error = await failure(compare(given, createTestHost()));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain("MLFLOW_TRACKING_URI");
  });
});

describe("pretrain", () => {
  const given = {
    ...{ tokenizer: bert, text: [soundFiles.trainFile], validationText: soundFiles.testFile },
    ...{ outputDir: at("pretrained"), maxSteps: 6, evalSteps: 3, saveSteps: 2, hiddenSize: 8 },
    ...{ numHiddenLayers: 1, numAttentionHeads: 2, maxPositions: 64, batchTokens: 256 },
    ...{ maxLength: 32, reportTo: ["tensorboard"] },
  };

  it("tells of its steps and evaluations, also after a break with other trackers", async () => {
    const stopped = createTestHost({ cacheFolder, stopAt: afterStep(3) });
    await failure(commands.pretrain.run({ ...given, reportTo: ["none"] }, stopped));
    const { validation } = await commands.pretrain.run(
      { ...given, resume: true },
      createTestHost({ cacheFolder }),
    );
    const { loss = Number.NaN, accuracy = Number.NaN } = validation ?? {};
    const scalars = [
      { tag: "validation/loss", value: loss },
      { tag: "validation/accuracy", value: accuracy },
      { tag: "validation/perplexity", value: Math.exp(loss) },
    ];
    const points = [...journalPoints(at("pretrained")), { step: 6, scalars }];
    expectPoints(at("pretrained/tensorboard"), points);
    expect(words(points).filter((word) => word.startsWith("eval/perplexity")).length).toBe(2);
  });
});
