/** Texts of which a model knows less than half of the words, in every command that reads texts with a tokenizer. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { soundFiles, toJsonLines } from "../../test/fixtures/sounds.js";
import type { Host } from "../run/host/host.js";
import { type CommandName, commands } from "./table.js";

const at = temporaryFolder();
const model = savedClassifier("bert");
const vanillaModel = tinyModel("bert");

/** Words of more than 100 letters are unknown to every BERT. */
const foreign = Array.from({ length: 12 }, (_, word) => `${word}`.padStart(101, "w")).join(" ");
const known = "the dog barks";
const others = Array.from({ length: 5 }, () => known);

const file = (name: string, content: string): string => {
  writeFileSync(at(name), content);
  return at(name);
};
const rows = (...texts: string[]) => toJsonLines(texts.map((text) => ({ text, label: "animal" })));
const unknown = file("unknown.jsonl", rows(foreign, known));
const plain = file("unknown.txt", `${foreign}\n${known}\n`);
const odd = file("odd.jsonl", rows(foreign, ...others));

const run = (command: CommandName, given: object, host: Host = createTestHost()) =>
  commands[command].run(given, host);

const output = at("output.jsonl");
const outputDir = at("run");
const vanilla = { model: vanillaModel, maxLength: 32 };
const training = { ...vanilla, ...soundFiles, outputDir, method: "rtm", maxSteps: 1 };

const cases: readonly (readonly [CommandName, object])[] = [
  ["predict", { model, input: unknown, output }],
  ["evaluate", { model, input: unknown, output }],
  ["explain", { model, vanillaModel, texts: [foreign] }],
  ["score", { ...vanilla, input: unknown, output }],
  ["scoreTexts", { ...vanilla, texts: [foreign] }],
  ["perplexity", { ...vanilla, text: [plain] }],
  ["pretrain", { tokenizer: vanillaModel, text: [plain], outputDir, maxSteps: 1 }],
  ["train", { ...training, trainFile: unknownSplit("train") }],
  ["train", { ...training, testFile: unknownSplit("test") }],
  ["train", { ...training, unlabeledFile: [plain] }],
];

/** Rows of every label, each of them foreign. */
function unknownSplit(name: string): string {
  const labels = ["animal", "engine", "water"];
  const texts = Array.from({ length: 30 }, (_, row) => ({
    text: `${foreign} ${name} ${row}`,
    label: labels[row % 3],
  }));
  return file(`${name}-unknown.jsonl`, toJsonLines(texts));
}

describe("texts that are mostly unknown words", () => {
  it.each(cases)("%s refuses them and writes nothing", async (command, given) => {
    const error = await failure(run(command, given));
    expect(error).toMatchObject({ code: "texts-unknown", exitCode: 3 });
    expect(error.message).toMatch(/expected a model that knows most words of .*, got one to which/);
    expect(existsSync(output)).toBe(false);
    expect(existsSync(outputDir)).toBe(false);
  });

  it("are refused by a classifier in memory, which then goes on", async () => {
    const host = createTestHost();
    await run("openClassifier", { model }, host);
    const error = await failure(run("classify", { texts: [foreign] }, host));
    expect(error).toMatchObject({ code: "texts-unknown" });
    expect(await run("classify", { texts: [foreign, ...others] }, host)).toHaveLength(6);
    expect(await run("classify", { texts: ["w".repeat(101)] }, host)).toHaveLength(1);
  });

  it("are refused before a row is written, wherever in a file they stand", async () => {
    const many = Array.from({ length: 1100 }, () => "moo");
    const written: string[] = [];
    const write = async (text: string) => written.push(text) > 0;
    const long = file("many.jsonl", rows(...many, ...many.slice(0, 100).map(() => foreign)));
    const host = createTestHost({ write });
    const error = await failure(run("predict", { model, input: long }, host));
    expect(error.message).toContain("got one to which 1200 of 2300 are unknown");
    expect(written).toEqual([]);
    expect(host.progress("reading").at(-1)).toMatchObject({ done: 1200, total: 1200 });
  });
});

it("an odd text among others is classified as they are", async () => {
  await run("predict", { model, input: odd, output: at("odd-out.jsonl") });
  expect(readFileSync(at("odd-out.jsonl"), "utf8").trimEnd().split("\n")).toHaveLength(6);
});

it("a linear classifier has no tokenizer to which words are unknown", async () => {
  const folder = at("linear");
  const host = createTestHost();
  await run("train", { ...soundFiles, outputDir: folder, method: "tfidf" }, host);
  const given = { model: `${folder}/model`, input: unknown, output: at("linear-out.jsonl") };
  expect(await run("predict", given, host)).toMatchObject({ rows: 2 });
});
