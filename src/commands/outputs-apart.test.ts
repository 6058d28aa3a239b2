import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost } from "../../test/fixtures/host.js";
import { recordsOf } from "../run/settings/schemas.js";
import type { Setting } from "../run/settings/setting.js";
import { type CommandName, commands, isCommand } from "./table.js";

const at = temporaryFolder();
const host = createTestHost({ cacheFolder: at("cache") });

/** Every command's settings that name a place to read, each with every one that names a place to write. */
const pairs = await Promise.all(
  Object.keys(commands)
    .filter(isCommand)
    .map(async (command) => {
      const records = recordsOf(await commands[command].settings());
      const read = records.filter(({ reads }) => reads);
      const written = records.filter(
        ({ writes }) => writes === "file" || namesIn(writes).length > 0,
      );
      return read.flatMap((input) => written.map((output) => ({ command, input, output })));
    }),
).then((all) => all.flat());

/** What a command needs beside the settings that are tried. */
const needed: Partial<Record<CommandName, Readonly<Record<string, unknown>>>> = {
  score: { input: "none.jsonl", output: at("none.jsonl") },
  predict: { model: "none", input: "none.jsonl" },
  evaluate: { model: "none", input: "none.jsonl" },
  explain: { model: "none" },
  report: { folder: "none" },
  pretrain: { text: ["none.txt"], outputDir: "none", maxSteps: 1 },
  export: { model: "none" },
};

/** The names that a command replaces in a folder. */
function namesIn(writes: Setting["writes"]): readonly string[] {
  return typeof writes === "object" ? writes : [];
}

/** The value of a setting that names a path: known data sets have names instead. */
function valueFor(record: Setting, path: string): unknown {
  return record.type.safeParse([path]).success ? [path] : path;
}

function run(command: CommandName, given: Readonly<Record<string, unknown>>) {
  return failure(commands[command].run({ ...needed[command], ...given }, host));
}

describe("no command writes over what it reads", () => {
  const named = pairs.map((pair) => ({
    ...pair,
    title: `${pair.command} --${pair.input.name} --${pair.output.name}`,
  }));

  it("is told of every command that reads and writes", () => {
    expect([...new Set(pairs.map(({ command }) => command))].sort()).toEqual(
      [
        "train",
        "compare",
        "score",
        "predict",
        "evaluate",
        "explain",
        "check",
        "examine",
        "report",
        "pretrain",
      ].sort(),
    );
  });

  it.each(named)("$title", async ({ title, command, input, output }) => {
    const folder = at(title.replaceAll(" ", ""));
    mkdirSync(folder);
    const [name] = namesIn(output.writes);
    const place = join(folder, name ?? "a.jsonl");
    const given = name === undefined ? place : folder;
    writeFileSync(place, "kept");
    symlinkSync(place, join(folder, "symbolic"));
    linkSync(place, join(folder, "hard"));
    const before = readdirSync(folder);
    for (const path of [
      place,
      `${folder}/./${place.slice(folder.length + 1)}`,
      join(folder, "symbolic"),
      join(folder, "hard"),
    ]) {
      const error = await run(command, {
        [input.name]: valueFor(input, path),
        [output.name]: given,
      });
      expect(error, path).toMatchObject({ code: "output-exists" });
      expect(error.message).toContain(path);
    }
    expect(readFileSync(place, "utf8")).toBe("kept");
    expect(readdirSync(folder)).toEqual(before);
  });

  it("in another case, where the file system sees no difference", async () => {
    writeFileSync(at("case.jsonl"), "kept");
    const seesNone = statSync(at("CASE.jsonl"), { throwIfNoEntry: false }) !== undefined;
    const error = await run("predict", { input: at("case.jsonl"), output: at("CASE.jsonl") });
    // Where it does, the next thing that is missing is the model.
    expect(error.code).toBe(seesNone ? "output-exists" : "hub-offline");
  });
});

describe("records of settings that are text", () => {
  /** Words of settings that name no file. */
  const words = [
    "textColumn",
    "labelColumn",
    "labelSeparator",
    "estimator",
    "texts",
    "label",
    "host",
    "repository",
    "commitMessage",
    "seeds",
    "slurmOptions",
  ];

  it("say whether they are read or written where they name a file or folder", async () => {
    for (const command of Object.keys(commands).filter(isCommand)) {
      for (const record of recordsOf(await commands[command].settings())) {
        const { name, reads, writes, placeholder = "" } = record;
        const isPath = reads === true || writes !== undefined;
        expect(isPath && reads === true && writes !== undefined, name).toBe(false);
        if (["file", "folder", "path"].includes(placeholder)) expect(isPath, name).toBe(true);
        if (!takesAnyText(record) || isPath) continue;
        expect(
          words,
          `${command}: does ${name} name a file? Then its record says reads or writes`,
        ).toContain(name);
      }
    }
  });

  function takesAnyText({ type }: Setting): boolean {
    const odd = "a/b c";
    return type.safeParse(odd).success || type.safeParse([odd]).success;
  }
});

describe("what earlier commands keep", () => {
  const score = (output: string) =>
    run("score", { input: at("texts.jsonl"), output, model: at("model") });
  const file = (name: string) => {
    mkdirSync(join(at(name), ".."), { recursive: true });
    writeFileSync(at(name), "kept");
    return at(name);
  };
  file("texts.jsonl");
  file("model/config.json");
  file("model/vocab.txt");
  file("run/config.json");
  file("run/journal.jsonl");
  file("compared/commands.jsonl");

  it.each([
    ["a model's weights", "model/model.safetensors"],
    ["a file of a model that is read", "model/vocab.txt"],
    ["a run's journal", "run/journal.jsonl"],
    ["a run's weights", "run/model/model.safetensors"],
    ["a run's split", "run/splits/dev.csv"],
    ["a comparison's run", "compared/runs/one/metrics.json"],
    ["what is cached", "cache/likelihoods/one.bin"],
  ])("%s stays", async (_, name) => {
    const output = file(name);
    const error = await score(output);
    expect(error).toMatchObject({ code: "output-exists" });
    expect(error.message).toContain(output);
    expect(readFileSync(output, "utf8")).toBe("kept");
  });

  it.each(["new.jsonl", "old.jsonl", "run/mine.jsonl", "model/scores.jsonl"])(
    "leaves %s to be written",
    async (name) => {
      if (name !== "new.jsonl") file(name);
      expect((await score(at(name))).code).not.toBe("output-exists");
    },
  );

  it("has pages that are written anew", async () => {
    file("run/report.html");
    const error = await run("report", { folder: at("run"), output: at("run/report.html") });
    expect(error.code).not.toBe("output-exists");
  });

  it("is not replaced by the half-written file of an output", async () => {
    const text = file("corpus.jsonl.partial");
    const given = { vanillaModel: text, input: at("texts.jsonl"), output: at("corpus.jsonl") };
    expect(await run("explain", given)).toMatchObject({ code: "output-exists" });
  });
});

describe("a folder to write in", () => {
  it("may hold the data, but not where the run's own files go", async () => {
    mkdirSync(at("project/model"), { recursive: true });
    writeFileSync(at("project/data.csv"), "text,label\n");
    writeFileSync(at("project/model/data.csv"), "text,label\n");
    const train = (trainFile: string) =>
      run("train", { trainFile, outputDir: at("project"), model: at("none") });
    const error = await train(at("project/model/data.csv"));
    expect(error).toMatchObject({ code: "output-exists" });
    expect(error.message).toContain(at("project/model"));
    writeFileSync(at("free.csv"), "text,label\n");
    mkdirSync(at("free"));
    const beside = await run("train", {
      trainFile: at("free.csv"),
      outputDir: at("free"),
      method: "tfidf",
    });
    expect(beside.code).not.toBe("output-exists");
  });

  it("is no model that is read", async () => {
    mkdirSync(at("base"));
    for (const name of ["config.json", "model.safetensors"]) writeFileSync(at(`base/${name}`), "");
    const given = { text: [at("none")], model: at("base"), outputDir: at("base"), resume: true };
    const error = await run("pretrain", given);
    expect(error).toMatchObject({ code: "output-exists" });
  });
});
