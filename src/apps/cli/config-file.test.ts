import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { compareSchema, trainSchema } from "../../run/settings/schemas.js";
import { settingsFromFile } from "./config-file.js";
import { flagsOf } from "./flags.js";

const read = (text: string | undefined, path = "run.yaml") =>
  settingsFromFile(path, flagsOf(trainSchema), { readText: async () => text });

async function refusal(text: string | undefined, path?: string): Promise<L3MaskingError> {
  try {
    await read(text, path);
  } catch (error) {
    if (error instanceof L3MaskingError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("settingsFromFile", () => {
  it("reads YAML and JSON alike", async () => {
    const settings = { model: "m", maxLength: 64, learningRate: 1e-4, secondStage: true };
    const yaml = "model: m\nmaxLength: 64\nlearningRate: 1e-4 # a comment\nsecondStage: true\n";
    expect(await read(yaml)).toEqual(settings);
    expect(await read(JSON.stringify(settings), "run.json")).toEqual(settings);
    // JSON is YAML too.
    expect(await read(JSON.stringify(settings), "run.yml")).toEqual(settings);
  });

  it("takes the spellings of flags, and their aliases", async () => {
    expect(
      await read("max-length: 64\nnum_train_epochs: 2\nper-device-train-batch-size: 8"),
    ).toEqual({
      maxLength: 64,
      numTrainEpochs: 2,
      batchSize: 8,
    });
  });

  it("keeps the words that older YAML took for truth", async () => {
    expect(await read("textColumn: yes\nlabelColumn: no")).toEqual({
      textColumn: "yes",
      labelColumn: "no",
    });
  });

  it("makes lists of single values", async () => {
    const flags = flagsOf(compareSchema);
    const file = { readText: async () => "seeds: [0, 2-4]\nmethods: l3\nmodel: m" };
    expect(await settingsFromFile("c.yaml", flags, file)).toEqual({
      seeds: ["0", "2-4"],
      methods: ["l3"],
      model: ["m"],
    });
  });

  it("passes over the key that editors look for", async () => {
    expect(await read('{"$schema": "schemas/train.json", "seed": 1}', "a.json")).toEqual({
      seed: 1,
    });
  });

  it.each([
    ["a missing file", undefined, "file-missing", "run.yaml", "--config"],
    [
      "a wrong name",
      "lerningRate: 1",
      "unknown-setting",
      "run.yaml: there is no setting lerningRate",
      "Did you mean learningRate?",
    ],
    ["__proto__", "__proto__: { seed: 1 }", "unknown-setting", "no setting __proto__", "--help"],
    [
      "a setting in two spellings",
      "seed: 1\nmax-length: 3\nmaxLength: 4",
      "invalid-setting",
      "expected maxLength once",
      "Keep one",
    ],
    [
      "a name twice",
      "seed: 1\nseed: 2",
      "invalid-setting",
      "run.yaml:2:1 Map keys must be unique",
      "YAML",
    ],
    ["broken YAML", "seed: [1", "invalid-setting", "run.yaml:1:", "YAML"],
    ["two documents", "seed: 1\n---\nseed: 2", "invalid-setting", "run.yaml:", "YAML"],
    ["a list", "- seed", "invalid-setting", "got a list", "YAML"],
    ["a single word", "seed", "invalid-setting", 'got the string "seed"', "YAML"],
    ["an empty file", "", "invalid-setting", "got nothing", "YAML"],
  ] as const)("refuses %s", async (_name, text, code, message, hint) => {
    const error = await refusal(text);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it("refuses broken JSON with its place", async () => {
    const error = await refusal('{"seed": 1,\n"seed": 2}', "a.json");
    expect(error.code).toBe("invalid-setting");
    expect(error.message).toMatch(/a\.json.*2/);
  });

  it("refuses aliases that grow without end", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(10)
          .fill(i === 0 ? "x" : `*a${i - 1}`)
          .join(", ")}]`,
    );
    expect((await refusal(levels.join("\n"))).code).toBe("invalid-setting");
  });
});
