import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareSchema,
  pretrainSchema,
  sweepingSchema,
  trainSchema,
} from "../../run/settings/schemas.js";
import { canonicalWords } from "./arguments.js";
import { jsonFlag } from "./flag.js";
import { flagsOf } from "./flags.js";

const trainFlags = [...flagsOf(trainSchema), jsonFlag];
const pretrainFlags = [...flagsOf(pretrainSchema), jsonFlag];
const train = (line: string) => canonicalWords(line.split(" "), trainFlags);
const pretrain = (line: string) => canonicalWords(line.split(" "), pretrainFlags);

function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("canonicalWords", () => {
  it("joins flags and values", () => {
    expect(train("data --max-length 64 --seed=3 --json")).toEqual([
      "data",
      "--max-length=64",
      "--seed=3",
      "--json=true",
    ]);
  });

  it("takes _ for -, and aliases for their setting", () => {
    expect(
      train("--max_seq_length 64 --model_name_or_path m --per-device-train-batch-size=8"),
    ).toEqual(["--max-length=64", "--model=m", "--batch-size=8"]);
  });

  it("takes --no-NAME for a switch that is off", () => {
    expect(train("--no-shared-pass --no_resume")).toEqual([
      "--shared-pass=false",
      "--resume=false",
    ]);
    expect(refusal(() => train("--no-shared-pass --shared-pass"))).toMatchObject({
      code: "invalid-setting",
    });
    // Only switches can be off, and they are off or on, not something.
    for (const line of ["--no-model", "--no-shared-pass=true"]) {
      expect(refusal(() => train(line))).toMatchObject({ code: "unknown-setting" });
    }
  });

  it("parts several values by commas where a setting may be swept, and takes one word", () => {
    const flags = flagsOf(sweepingSchema);
    const words = [
      "--gamma",
      "0.5,1,2",
      "data.csv",
      "--second-stage",
      "true,FALSE",
      "--seeds",
      "0",
    ];
    expect(canonicalWords(words, flags)).toEqual([
      ...["--gamma=0.5", "--gamma=1", "--gamma=2", "data.csv"],
      ...["--second-stage=true", "--second-stage=false", "--seeds=0"],
    ]);
    expect(train("--gamma 0.5,1")).toEqual(["--gamma=0.5,1"]);
  });

  it("takes another program's options as a value, and our own flags never", () => {
    const flags = flagsOf(compareSchema);
    const options = "--partition=low --time=30";
    const words = ["--slurm-options", options, "--executor", "slurm"];
    expect(canonicalWords(words, flags)).toEqual([
      `--slurm-options=${options}`,
      "--executor=slurm",
    ]);
    expect(canonicalWords(["--slurm-options", "-p low"], flags)).toEqual([
      "--slurm-options=-p low",
    ]);
    expect(refusal(() => canonicalWords(["--slurm-options", "--wait"], flags))).toMatchObject({
      code: "missing-setting",
    });
  });

  it("leaves _ in values alone", () => {
    expect(train("--text_column=my_text --model a_b")).toEqual([
      "--text-column=my_text",
      "--model=a_b",
    ]);
  });

  it("keeps everything after the first = as the value", () => {
    expect(train("--model=a=b")).toEqual(["--model=a=b"]);
  });

  it("reads a negative number and a lone dash as values", () => {
    expect(train("--gamma -1 --model -")).toEqual(["--gamma=-1", "--model=-"]);
  });

  it("lets a list end at the next flag", () => {
    expect(pretrain("--text a.txt b.txt --max-steps 5")).toEqual([
      "--text=a.txt",
      "--text=b.txt",
      "--max-steps=5",
    ]);
  });

  it("turns switches on and off", () => {
    expect(pretrain("--resume")).toEqual(["--resume=true"]);
    expect(pretrain("--resume True x")).toEqual(["--resume=true", "x"]);
    expect(pretrain("--resume=false x")).toEqual(["--resume=false", "x"]);
    expect(pretrain("--resume runs/a")).toEqual(["--resume=true", "runs/a"]);
  });

  it("leaves help, and all words after --, alone", () => {
    expect(train("-h --help")).toEqual(["-h", "--help"]);
    expect(train("--seed 1 -- --odd_name -x")).toEqual(["--seed=1", "--", "--odd_name", "-x"]);
  });

  it.each([
    ["--modl m", "unknown-setting", "there is no flag --modl", "Did you mean --model?"],
    ["-m m", "unknown-setting", "there is no flag --m", "See --help for the flags."],
    [
      "--zzzzzzzzzzzzzzzzzz",
      "unknown-setting",
      "there is no flag --zzzzzzzzzzzzzzzzzz",
      "See --help for the flags.",
    ],
    [
      "--seed",
      "missing-setting",
      "expected a value after --seed, got none",
      "Write --seed <integer>",
    ],
    [
      "--model --seed 1",
      "missing-setting",
      "expected a value after --model, got none",
      "Write --model <folder>",
    ],
    [
      "--seed 1 --seed=2",
      "invalid-setting",
      "expected --seed once, got it twice",
      "Keep one of the two.",
    ],
    [
      "--model a --model_name_or_path b",
      "invalid-setting",
      "expected --model once, got it twice",
      "Keep one",
    ],
    [
      "--json=maybe",
      "invalid-setting",
      'expected true or false after --json, got "maybe"',
      "Write --json alone",
    ],
  ])("refuses %s", (line, code, message, hint) => {
    expect(refusal(() => train(line))).toMatchObject({
      name: "L3MaskingError",
      code,
      message,
      hint: expect.stringContaining(hint),
    });
  });

  it("refuses a list without values", () => {
    expect(refusal(() => pretrain("--text --max-steps 5"))).toMatchObject({
      code: "missing-setting",
    });
  });

  it("is idempotent, and spelling does not matter", () => {
    const valued = trainFlags.filter(({ kind }) => kind !== "switch");
    const assignment = fc.record({
      flag: fc.constantFrom(...valued),
      value: fc.stringMatching(/^[a-z0-9][a-z0-9_=.-]*$/),
      pick: fc.nat(),
      joined: fc.boolean(),
      underscores: fc.boolean(),
    });
    const assignments = fc.uniqueArray(assignment, { selector: ({ flag }) => flag.name });
    fc.assert(
      fc.property(assignments, (given) => {
        const words = given.flatMap(({ flag, value, pick, joined, underscores }) => {
          const names = [flag.name, ...flag.aliases];
          const name = names[pick % names.length];
          const spelled = `--${underscores ? name.replaceAll("-", "_") : name}`;
          return joined ? [`${spelled}=${value}`] : [spelled, value];
        });
        const expected = given.map(({ flag, value }) => `--${flag.name}=${value}`);
        expect(canonicalWords(words, trainFlags)).toEqual(expected);
        expect(canonicalWords(expected, trainFlags)).toEqual(expected);
      }),
    );
  });
});
