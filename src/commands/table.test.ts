import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../base/errors.js";
import type { Host } from "../run/host/host.js";
import { commands } from "./table.js";

const host: Host = {
  emit: () => expect.unreachable("no event is due before the settings are checked"),
  cancelled: () => false,
  ending: () => false,
  now: () => 0,
  today: () => "1 January 2026",
  time: () => "2026-01-01T10:30:00.000Z",
  runtime: () => Promise.reject(new L3MaskingError("runtime-missing", "none in this test")),
  availableMemory: () => ({ bytes: 2 ** 30, bound: "machine" }),
  inThread: () => Promise.reject(new L3MaskingError("runtime-missing", "none in this test")),
  atEnd: () => undefined,
  cacheFolder: "/nowhere",
  hub: { cacheFolder: "/nowhere", endpoint: "https://hub.invalid", offlineBy: "HF_HUB_OFFLINE=1" },
  queue: {},
  mlflow: { experimentName: "Default" },
};

const withSettings = [
  "train",
  "compare",
  "score",
  "predict",
  "evaluate",
  "explain",
  "check",
  "report",
  "pretrain",
  "export",
  "push",
  "worker",
  "perplexity",
  "scoreTexts",
  "openClassifier",
  "classify",
  "readRows",
  "examine",
  "readRun",
] as const;

describe("commands", () => {
  it("are these", () => {
    expect(Object.keys(commands).sort()).toEqual([...withSettings, "doctor"].sort());
  });

  it.each(withSettings)("%s refuses a setting that does not exist", async (name) => {
    const given = {
      model: "m",
      folder: "f",
      input: "i",
      output: "o",
      outputDir: "d",
      trainFile: "t",
      tokenizer: "t",
      text: ["t"],
      texts: [],
      repository: "a/b",
      queue: "redis://127.0.0.1",
      maxSteps: 1,
      nonsense: 1,
      ...(name === "compare" && { model: ["m"] }),
    };
    await expect(commands[name].run(given, host)).rejects.toMatchObject({
      code: "unknown-setting",
    });
  });

  it.each(withSettings)("%s refuses missing settings", async (name) => {
    await expect(commands[name].run({}, host)).rejects.toMatchObject({ code: "missing-setting" });
  });

  it("scoreTexts refuses texts that are none", async () => {
    await expect(
      commands.scoreTexts.run({ model: "m", texts: ["a", 1] }, host),
    ).rejects.toMatchObject({
      message: expect.stringContaining("texts.1"),
    });
  });
});
