/** From the words of a command line, and a file, to the settings that a command gets. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check, recorder, run } from "../../../test/fixtures/command-line.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";

const at = temporaryFolder();

describe("the settings of a command", () => {
  it("takes the texts of explain from the words that belong to no flag", async () => {
    const result = {
      ...{ model: "m", vanilla_model: "v", masking: {}, seed: 2, mask_levels: [], left_out: 0 },
      ...{ attribution_input: "embeddings" as const, texts: [], output: "a.html" },
    };
    const { calls, call } = recorder(result);
    const { exitCode, out } = await run("explain one --model m two --output a.html --seed 2", {
      answers: { explain: call },
    });
    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: "explained 0 texts: a.html (open it in a browser)\n",
    });
    expect(calls[0]).toMatchObject({ texts: ["one", "two"], model: "m", seed: 2, samples: 3 });
    const twice = await run("explain one --model m --texts two");
    expect(twice.err).toContain("error [invalid-setting]: expected TEXT... or --texts, got both");
  });

  it("gives settings in their types, under their own names", async () => {
    const { calls, call } = recorder({ outputDir: "m", steps: 5, tokens: 10, validation: null });
    const { exitCode, err } = await run(
      "pretrain --tokenizer t --text a.txt b.txt --max_steps 5 --learning-rate 1e-3 --output-dir=m --resume --dtype float16",
      { answers: { pretrain: call } },
    );
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(calls[0]).toMatchObject({
      tokenizer: "t",
      text: ["a.txt", "b.txt"],
      maxSteps: 5,
      learningRate: 0.001,
      outputDir: "m",
      resume: true,
      dtype: "float16",
    });
  });

  it("takes lists with commas where the values have none, and ends with 5 if a run failed", async () => {
    const table = "| model |";
    const counts = { finished: 14, failed: 1, missing: 0 };
    const done = { outputDir: "c", files: ["c/results.json"], ...counts, table, notes: [] };
    const { calls, call } = recorder(done);
    const { exitCode, out } = await run(
      "compare a b,c --methods stl,l3 --seeds 0-2,7 9 --model m,1 n --output-dir=c --jobs 2",
      { answers: { compare: call } },
    );
    expect(calls[0]).toMatchObject({
      dataset: ["a", "b,c"],
      methods: ["stl", "l3"],
      seeds: ["0-2", "7", "9"],
      model: ["m,1", "n"],
      taskWeights: ["equal"],
      jobs: 2,
    });
    expect(exitCode).toBe(5);
    expect(out).toBe(
      "| model |\n\n14 runs finished, 1 failed; run the same command to retry\nc/results.json\n",
    );
    const fine = recorder({ ...done, failed: 0 });
    const given = "compare --dataset a --model m --output-dir c";
    expect((await run(given, { answers: { compare: fine.call } })).exitCode).toBe(0);
  });

  it.each([
    ["compare a --methods stl,l4 --model m --output-dir c", "methods.1"],
    ["compare a --seeds 0-x --model m --output-dir c", "a range such as 0-4"],
    ["compare a --dataset b --model m --output-dir c", "got both"],
  ])("refuses %s", async (line, text) => {
    const { exitCode, err } = await run(line);
    expect(exitCode).toBe(2);
    expect(err).toContain(text);
  });

  it("keeps --json out of the settings", async () => {
    const { calls, call } = recorder(check);
    const { exitCode } = await run("check a.csv --json", { answers: { check: call } });
    expect(exitCode).toBe(0);
    expect(calls[0]).not.toHaveProperty("json");
  });

  it("takes settings from a file, which operands and flags win over", async () => {
    const counts = { finished: 2, failed: 0, missing: 0 };
    const done = { outputDir: "c", files: [], ...counts, table: "", notes: [] };
    const { calls, call } = recorder(done);
    const files = {
      "c.yaml": [
        "# ACL-ARC, quickly",
        "model: [m, n]",
        "train-file: t.csv",
        "output_dir: c",
        "seeds: 3",
        "sharedPass: true",
        "learning-rate: 1e-4",
        "gamma: 0.5",
      ].join("\n"),
    };
    const line = "compare --config c.yaml --shared-pass=false --gamma 2";
    await run(line, { answers: { compare: call }, files });
    expect(calls[0]).toMatchObject({
      model: ["m", "n"],
      trainFile: "t.csv",
      outputDir: "c",
      seeds: ["3"],
      sharedPass: false,
      learningRate: 1e-4,
      gamma: 2,
    });
    const checked = recorder(check);
    await run("check a.csv --config k.json", {
      answers: { check: checked.call },
      files: { "k.json": '{"$schema": "x", "trainFile": "b.csv", "textColumn": "body"}' },
    });
    expect(checked.calls).toMatchObject([{ trainFile: "a.csv", textColumn: "body" }]);
  });

  it("refuses to write over the file that the settings came from", async () => {
    const config = at("settings.jsonl");
    writeFileSync(config, "input: texts.csv");
    const line = `score --config ${config} --output ${config}`;
    const { exitCode, err } = await run(line, { files: { [config]: "input: texts.csv" } });
    expect(exitCode).toBe(2);
    expect(err).toContain("error [output-exists]");
    expect(err).toContain(`--config ${config}`);
  });

  it("takes DATA as a file or a folder, flags first", async () => {
    const { calls, call } = recorder(check);
    const answers = { check: call };
    await run("check a.csv", { answers });
    await run("check dev.csv train.csv", { answers });
    await run("check data --test-file other.csv", {
      answers,
      folders: { data: ["train.csv", "test.csv", "dev.csv"] },
    });
    expect(calls).toMatchObject([
      { trainFile: "a.csv" },
      { trainFile: "train.csv", validationFile: "dev.csv" },
      { trainFile: "data/train.csv", validationFile: "data/dev.csv", testFile: "other.csv" },
    ]);
  });

  it.each([
    ["trian", "unknown-setting", "there is no command trian", "Did you mean train?"],
    [
      "xxxxxxxxxxxxx",
      "unknown-setting",
      "there is no command xxxxxxxxxxxxx",
      "Choose one of train,",
    ],
    ["train --modl m", "unknown-setting", "there is no flag --modl", "Did you mean --model?"],
    [
      "train --model",
      "missing-setting",
      "expected a value after --model, got none",
      "Write --model",
    ],
    [
      "train --seed x",
      "invalid-setting",
      'expected a number after --seed, got "x"',
      "Write --seed <integer>: Seed",
    ],
    [
      "predict --input d",
      "missing-setting",
      "the required setting model is missing",
      "Pass --model.",
    ],
    ["train d e --model m", "invalid-setting", "too many arguments for 'train'", "See --help."],
    [
      "train d --train-file e",
      "invalid-setting",
      "expected DATA or --train-file, got both",
      "Keep one",
    ],
    [
      "check a b --test-file c",
      "invalid-setting",
      "expected FILE... or --test-file, got both",
      "Keep one",
    ],
    ["score a --model m", "invalid-setting", "too many arguments", "See --help."],
    [
      "train d --model m --output-dir o --max-length 2",
      "invalid-setting",
      "setting maxLength",
      "Correct --max-length.",
    ],
    ["--verzion", "invalid-setting", "unknown option '--verzion'", "See --help."],
    ["-- train", "unknown-setting", "expected a command, got --", "Run l3masking --help"],
  ])("%s: exit code 2", async (line, code, message, hint) => {
    const { exitCode, out, err } = await run(line);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toContain(`error [${code}]: ${message}`);
    expect(err).toContain(`\nhint: ${hint}`);
    expect(err).not.toMatch(/\n {4}at /);
  });
});
