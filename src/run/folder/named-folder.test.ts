import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import {
  type CompareOptions,
  compareSchema,
  resolveSettings,
  type TrainOptions,
  trainSchema,
} from "../settings/schemas.js";
import { withComparisonFolder, withRunFolder } from "./named-folder.js";
import { createRunFolder } from "./run-folder.js";

const at = temporaryFolder();
const start = process.cwd();
let number = 0;

// The folders are below the current one.
beforeEach(() => {
  number += 1;
  mkdirSync(at(String(number)));
  process.chdir(at(String(number)));
});
afterEach(() => process.chdir(start));

const settingsOf = (options: Partial<TrainOptions>) =>
  resolveSettings(trainSchema, { model: "m", ...options });

/** As paths are written here, on any system. */
const slashes = (text: string) => text.replaceAll("\\", "/");

function place(options: Partial<TrainOptions>) {
  const host = createTestHost();
  const { outputDir } = withRunFolder(settingsOf(options), host);
  return { outputDir: slashes(outputDir), told: slashes(host.notices()) };
}

const refusal = (work: () => unknown) => failure((async () => work())());

/** A run's folder as its command leaves it. */
function leave(folder: string, options: Partial<TrainOptions>, finished: boolean): void {
  // Completed by a recipe.
  const settings = { patience: 10, batchSize: 32, ...options, outputDir: folder };
  createRunFolder(folder, { settings: settingsOf(settings) });
  if (finished) writeFileSync(`${folder}/metrics.json`, "{}");
}

describe("withRunFolder", () => {
  it("keeps the folder that is given, and says nothing", () => {
    const given = { trainFile: "messages.csv", outputDir: "mine" };
    expect(place(given)).toEqual({ outputDir: "mine", told: "" });
    expect(place({ ...given, resume: true })).toEqual({ outputDir: "mine", told: "" });
  });

  it.each([
    [{ trainFile: "messages.csv" }, "runs/messages"],
    [{ trainFile: "data/my mails (May).csv.gz" }, "runs/my-mails-May"],
    [{ trainFile: "examples/sample-task/train.jsonl" }, "runs/sample-task"],
    [{ trainFile: "Zürich.tsv" }, "runs/Zürich"],
    [{ trainFile: ".csv" }, "runs/csv"],
    [{ trainFile: "!.csv" }, "runs/data"],
    [{ dataset: "acl-arc" as const }, "runs/acl-arc"],
  ])("names a new run after its data: %j", (options, expected) => {
    expect(place(options)).toEqual({ outputDir: expected, told: `the run goes to ${expected}` });
  });

  it("counts on from the highest number, finished or not, whatever is in between", () => {
    const messages = { trainFile: "messages.csv" };
    leave("runs/messages", messages, true);
    expect(place(messages).outputDir).toBe("runs/messages-2");
    leave("runs/messages-9", messages, true);
    for (const other of ["runs/messages-old", "runs/messages-010", "runs/mess"]) mkdirSync(other);
    expect(place(messages).outputDir).toBe("runs/messages-10");
    expect(place({ trainFile: "mess.csv" }).outputDir).toBe("runs/mess-2");
  });

  it("refuses to name a run without data", async () => {
    expect(await refusal(() => place({}))).toMatchObject({ code: "missing-setting" });
  });

  it("resumes the newest unfinished run of the same data and settings, and says which", () => {
    const messages = { trainFile: "messages.csv" };
    leave("runs/messages", messages, false);
    leave("runs/messages-2", messages, false);
    leave("runs/messages-3", { ...messages, seed: 7 }, false);
    leave("runs/messages-4", messages, true);
    leave("runs/messages-5", { trainFile: "other/messages.csv" }, false);
    const resumed = (options: Partial<TrainOptions>) =>
      place({ ...messages, resume: true, ...options });
    expect(resumed({})).toEqual({
      outputDir: "runs/messages-2",
      told: "going on with the run in runs/messages-2",
    });
    expect(resumed({ trainFile: "./messages.csv" }).outputDir).toBe("runs/messages-2");
    expect(resumed({ seed: 7 }).outputDir).toBe("runs/messages-3");
    expect(resumed({ patience: 10 }).outputDir).toBe("runs/messages-2");
    expect(resumed({ trainFile: "other/messages.csv" }).outputDir).toBe("runs/messages-5");
    // None has these settings: going on with the newest is refused where what differs can be told.
    expect(resumed({ seed: 8 }).outputDir).toBe("runs/messages-3");
    // A new run is told of the one that could be resumed.
    const { outputDir, told } = place(messages);
    expect(outputDir).toBe("runs/messages-6");
    expect(told).toContain("the run in runs/messages-2 is not finished");
  });

  it("refuses to resume where nothing is unfinished, naming the finished runs", async () => {
    const resumed = () => place({ trainFile: "messages.csv", resume: true });
    expect(await refusal(resumed)).toMatchObject({
      code: "checkpoint-missing",
      message: "expected an unfinished run of messages.csv in runs, found no run of it",
    });
    leave("runs/messages", { trainFile: "messages.csv" }, true);
    expect(await refusal(resumed)).toMatchObject({
      code: "checkpoint-missing",
      message: expect.stringContaining("only finished ones: runs/messages"),
    });
  });
});

describe("withComparisonFolder", () => {
  it.each<[Partial<CompareOptions>, string]>([
    [{ dataset: ["messages.csv"] }, "comparisons/messages"],
    [{ trainFile: "data/messages.csv" }, "comparisons/messages"],
    [
      { dataset: ["examples/sample-task/", "acl-arc", "x.csv"] },
      "comparisons/sample-task-and-2-more",
    ],
    [{ dataset: ["x.csv"], outputDir: "mine" }, "mine"],
  ])("is the same every time: %j", (options, expected) => {
    const settings = resolveSettings(compareSchema, { model: ["m"], ...options });
    mkdirSync("comparisons/messages", { recursive: true });
    const { outputDir } = withComparisonFolder(settings, createTestHost());
    expect(slashes(outputDir)).toBe(expected);
  });

  it("refuses to name a comparison without data", async () => {
    const settings = resolveSettings(compareSchema, { model: ["m"] });
    const error = await refusal(() => withComparisonFolder(settings, createTestHost()));
    expect(error).toMatchObject({ code: "missing-setting" });
  });
});
