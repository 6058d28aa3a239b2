/** The script that records the program's outputs, with a program of a few lines in the place of ours. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "./fixtures/folders.js";

const script = fileURLToPath(new URL("../scripts/record-outputs.mjs", import.meta.url));
const at = temporaryFolder();

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** A program that evaluates with the numbers and words given, and takes a while of its own each time. */
function program(name: string, { loss = 0.25, key = "mainLoss", words = "done", kept = "a" } = {}) {
  const journal = `{"type":"step","${key}":${loss},"trainingSeconds":' + process.uptime() + '}`;
  writeFileSync(
    at(`${name}.cjs`),
    `const { writeFileSync } = require("node:fs");
     if (process.argv[2] === "evaluate" && process.argv.includes("--json")) {
       writeFileSync("journal.jsonl", '${journal}\\n');
       writeFileSync("weights.bin", "${kept}");
       console.log("${words} on <b> after " + process.uptime() + " s in " + process.cwd());
     }`,
  );
  return at(`${name}.cjs`);
}

function record(name: string, options: Parameters<typeof program>[1] = {}): string {
  const words = ["--program", program(name, options), "--only", "evaluate", "--only", "help"];
  expect(run("record", at(name), ...words)).toMatchObject({ status: 0 });
  return at(name);
}

const compared = (name: string) => run("compare", at("before"), at(name));

describe("scripts/record-outputs.mjs", () => {
  beforeAll(() => {
    record("before");
  });

  it("stores texts without times and folders of the machine, and binary files as digests", () => {
    const read = (path: string) => readFileSync(join(at("before"), "evaluate-json", path), "utf8");
    expect(read("stdout")).toBe("done on <b> after <duration> in <work>\n");
    expect(read("files/journal.jsonl")).toBe(
      '{"type":"step","mainLoss":0.25,"trainingSeconds":<measured>}\n',
    );
    expect(JSON.parse(read("command.json"))).toMatchObject({
      exitCode: 0,
      digests: {
        "weights.bin": {
          bytes: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        },
      },
    });
  });

  it("finds no difference between two recordings of one program", () => {
    record("again");
    expect(compared("again")).toEqual({
      status: 0,
      stdout: "NUMBERS: no difference\n\nSPELLINGS: no difference\n\nWORDS: no difference\n",
      stderr: "",
    });
  });

  it("lists keys of another spelling or name, and words, and lets them pass", () => {
    record("spelled", { key: "main_loss", words: "finished" });
    const { status, stdout } = compared("spelled");
    expect(stdout).toContain("SPELLINGS: 1\n");
    expect(stdout).toContain("step/mainLoss -> step/main_loss");
    expect(stdout).toContain("- done on");
    expect(stdout).toContain("+ finished on");
    expect(status).toBe(0);

    record("renamed", { key: "lossOfTask" });
    expect(compared("renamed")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("step/mainLoss -> step/lossOfTask"),
    });
  });

  it("fails where a number differs, however its key is spelled", () => {
    record("other", { key: "main_loss", loss: 0.2500001 });
    const { status, stdout } = compared("other");
    expect(stdout).toContain("NUMBERS: 1\n");
    expect(stdout).toContain("step/main_loss: 0.25 -> 0.2500001");
    expect(status).toBe(1);
  });

  it("fails where bytes, or a figure in a text, differ", () => {
    record("bytes", { kept: "b" });
    expect(compared("bytes")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("1 of 1 digests differ: bytes"),
    });
    record("figure", { words: "accuracy 33.33" });
    expect(run("compare", at("figure"), at("before"))).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("figures [33.33] -> []"),
    });
  });

  it("overwrites nothing, and says how it is used", () => {
    expect(run("record", at("before"), "--program", at("before.cjs"))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("is not empty"),
    });
    expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining("usage") });
  });
});
