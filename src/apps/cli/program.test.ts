import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { L3MaskingError } from "../../base/errors.js";
import { type CommandName, type CommandResult, commands } from "../../commands/table.js";
import { resolveSettings } from "../../run/settings/resolve.js";
import type { Watch } from "../../thread/client.js";
import type { ServeResult } from "../serve/serve.js";
import { runCommandLine } from "./program.js";

const at = temporaryFolder();

type Answers = {
  readonly [Name in CommandName]?: (given: unknown, watch?: Watch) => Promise<CommandResult<Name>>;
};

interface Run {
  /** What commands that are called give, with their settings resolved. */
  readonly answers?: Answers;
  readonly serve?: () => Promise<ServeResult>;
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Called with the function that interrupts. */
  readonly onListen?: (interrupt: () => void) => void;
}

const unexpected = () => Promise.reject(new Error("not this one"));

/** Runs a command line without a process. */
async function run(
  line: string,
  { answers = {}, serve = unexpected, folders = {}, files = {}, onListen }: Run = {},
) {
  let out = "";
  let err = "";
  let listening = 0;
  let called = false;
  const started: string[] = [];
  const exitCode = await runCommandLine(
    line.split(" ").filter((word) => word !== ""),
    {
      version: "1.2.3",
      startWorker: (command) => started.push(command),
      async call(name, given, watch) {
        called = true;
        const settings = resolveSettings(await commands[name].settings(), given);
        const answer = answers[name];
        return answer === undefined ? unexpected() : await answer(settings, watch);
      },
      serve,
    },
    {
      stdout: {
        write: (text) => {
          out += text;
        },
        flush: async () => true,
        isTerminal: false,
        columns: 80,
      },
      stderr: {
        write: (text) => {
          err += text;
        },
        isTerminal: false,
        columns: 80,
      },
      environment: {},
      now: () => 0,
      onInterrupt(listener) {
        listening += 1;
        onListen?.(listener);
        return () => {
          listening -= 1;
        };
      },
      listFolder: async (path) => folders[path],
      readText: async (path) => files[path],
    },
  );
  expect(listening).toBe(0);
  return { exitCode, out, err, called, started };
}

/** A function that keeps what it was called with. */
function recorder<Result>(result: Result) {
  const calls: unknown[] = [];
  return {
    calls,
    call: async (options: unknown): Promise<Result> => {
      calls.push(options);
      return result;
    },
  };
}

const check = {
  text: "3 rows",
  check: {
    labels: [],
    splits: [],
    overlaps: [],
    spellings: [],
    smallestClass: undefined,
    warnings: [],
  },
};

describe("runCommandLine", () => {
  it("prints help and version without calling a command", async () => {
    const answered = { exitCode: 0, err: "", called: false, started: [] };
    expect(await run("--version")).toEqual({ ...answered, out: "1.2.3\n" });
    const help = await run("--help");
    expect(help).toMatchObject(answered);
    for (const name of ["train", "score", "predict", "evaluate", "check", "pretrain", "doctor"]) {
      expect(help.out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    }
  });

  it.each(["help train", "train --help", "train -h", "train data --seed 1 --help"])(
    "%s",
    async (line) => {
      const { out, ...ended } = await run(line);
      expect(ended).toEqual({ exitCode: 0, err: "", called: false, started: [] });
      expect(out).toContain("Masking:\n  --mlm-probability <number>");
      expect(out.replaceAll(/\s+/g, " ")).toContain(
        "Maximum length of a text, special tokens included; longer texts are truncated, and counted (default 128)",
      );
      expect(out.replaceAll(/\s+/g, " ")).toContain(
        "changes by less than this (nats; default 0.001)",
      );
      expect(out).toContain(
        `\n  --head-learning-rate <number>\n${" ".repeat(32)}Peak learning rate`,
      );
      expect(out).toMatch(/^ {2}l3masking train .* \\\n {6}--/m);
      const lines = out.split("\n");
      expect(lines.filter((shown) => shown.length > 80)).toEqual([]);
      expect(out).toContain("Examples:\n  l3masking train ");
    },
  );

  it("starts the worker of a command that has one before it reads the flags", async () => {
    expect((await run("train --no-such-flag")).started).toEqual(["train"]);
    expect((await run("completion bash")).started).toEqual([]);
    expect((await run("trian")).started).toEqual([]);
  });

  it("without a command prints help as an error", async () => {
    const { exitCode, out, err } = await run("");
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toContain("Usage: l3masking");
  });

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
    const done = { outputDir: "c", files: ["c/results.json"], finished: 14, failed: 1, table };
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
    const done = { outputDir: "c", files: [], finished: 2, failed: 0, table: "" };
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

  it.each([
    ["data-label", 3],
    ["checkpoint-pickle", 4],
    ["training-diverged", 5],
    ["interrupted", 130],
    ["runtime-failed", 1],
  ] as const)("an error %s gives exit code %d", async (code, exitCode) => {
    const doctor = () => Promise.reject(new L3MaskingError(code, "message"));
    expect(await run("doctor", { answers: { doctor } })).toMatchObject({
      exitCode,
      out: "",
      err: `error [${code}]: message\n`,
    });
  });

  it("shows a stranger's error as worker-failed", async () => {
    const doctor = () => Promise.reject(new TypeError("x is undefined"));
    const { exitCode, err } = await run("doctor", { answers: { doctor } });
    expect(exitCode).toBe(1);
    expect(err).toContain(
      "error [worker-failed]: the command failed unexpectedly: TypeError: x is undefined",
    );
  });

  it.each([
    ["completion bsh", "Did you mean bash?"],
    ["completion", "Name the shell"],
    ["completion bash zsh", "See --help."],
  ])("refuses %s", async (line, hint) => {
    const { exitCode, err } = await run(line);
    expect(exitCode).toBe(2);
    expect(err).toContain(hint);
  });

  it("ends well when a server is interrupted, and with 130 when other work is", async () => {
    const onListen = (interrupt: () => void) => interrupt();
    const serve = async () => ({ replies: { 200: 3, 400: 1 } });
    const served = await run("serve runs/a/model", { serve, onListen });
    expect(served).toMatchObject({
      exitCode: 0,
      out: "answered: 3 with status 200, 1 with status 400\n",
    });
    const answers = { check: async () => check };
    expect((await run("check a.csv", { answers, onListen })).exitCode).toBe(130);
  });

  it("doctor fails when a finding is not well", async () => {
    const bad = { subject: "runtime", ok: false, finding: "absent" };
    const { exitCode, out } = await run("doctor", { answers: { doctor: async () => [bad] } });
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "FAIL  runtime  absent\n" });
  });

  it("writes JSON lines with --json, errors of usage too", async () => {
    const doctor = async (_given: unknown, watch?: Watch) => {
      watch?.onEvent?.({ type: "notice", level: "info", text: "looking" });
      return [{ subject: "node", ok: true, finding: "20" }];
    };
    const { out, err } = await run("doctor --json", { answers: { doctor } });
    expect(err).toBe("");
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: "notice", level: "info", text: "looking" },
      { type: "result", result: [{ subject: "node", ok: true, finding: "20" }] },
    ]);
    const failed = await run("doctor --jsn --json");
    expect(JSON.parse(failed.out)).toEqual({
      type: "error",
      code: "unknown-setting",
      message: "there is no flag --jsn",
      hint: "Did you mean --json?",
    });
    expect(failed.err).toBe("");
  });

  it("asks the command to stop at an interrupt, says so, and ends with 130", async () => {
    let interrupt = (): void => expect.unreachable();
    const doctor = async (_given: unknown, watch?: Watch) => {
      expect(watch?.signal?.aborted).toBe(false);
      interrupt();
      expect(watch?.signal?.aborted).toBe(true);
      throw new L3MaskingError("interrupted", "stopped after step 3");
    };
    const onListen = (listener: () => void) => {
      interrupt = listener;
    };
    const { exitCode, err } = await run("doctor", { answers: { doctor }, onListen });
    expect(exitCode).toBe(130);
    expect(err).toBe(
      "stopping at the next safe point; interrupt again to stop immediately\nerror [interrupted]: stopped after step 3\n",
    );
  });

  it("ends with 130 too when the command could finish after the interrupt", async () => {
    let interrupt = (): void => expect.unreachable();
    const doctor = async () => {
      interrupt();
      return [{ subject: "node", ok: true, finding: "20" }];
    };
    const onListen = (listener: () => void) => {
      interrupt = listener;
    };
    const { exitCode, out } = await run("doctor", { answers: { doctor }, onListen });
    expect({ exitCode, out }).toEqual({ exitCode: 130, out: "ok    node  20\n" });
  });
});
