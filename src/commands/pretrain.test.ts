import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import {
  changedModel,
  lastStateFolder,
  readJson,
  temporaryFolder,
} from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { soundRows } from "../../test/fixtures/sounds.js";
import { readJournal } from "../../test/fixtures/training.js";
import { loadCheckpoint } from "../model/checkpoint/load.js";
import type { Host } from "../run/host/host.js";
import { type PretrainOptions, pretrainSchema, resolveSettings } from "../run/settings/schemas.js";
import type { PretrainResult } from "./pretrain.js";
import { runPretrain } from "./pretrain.js";
import { commands } from "./table.js";

const at = temporaryFolder();
const paragraphs = soundRows("train").map(({ text }) => text);
writeFileSync(at("text.txt"), paragraphs.join("\n\n"));
writeFileSync(
  at("validation.txt"),
  soundRows("dev")
    .map(({ text }) => text)
    .join("\n\n"),
);
writeFileSync(at("short.txt"), "a");

/** Changes a bit near the end of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 8] ^= 1;
  writeFileSync(path, bytes);
}

const options = (name: string, changed: Partial<PretrainOptions> = {}): PretrainOptions => ({
  tokenizer: tinyModel("bert"),
  text: [at("text.txt")],
  validationText: at("validation.txt"),
  outputDir: at(name),
  hiddenSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  maxPositions: 40,
  maxLength: 32,
  shortLength: 16,
  longShare: 0.2,
  batchTokens: 256,
  learningRate: 5e-3,
  dropout: 0.1,
  maxSteps: 12,
  evalSteps: 4,
  saveSteps: 4,
  ...changed,
});

const pretrain = (given: PretrainOptions, host: Host = createTestHost()) =>
  runPretrain(resolveSettings(pretrainSchema, given), host);

const sameBytes = (one: string, other: string) =>
  readFileSync(at(one)).equals(readFileSync(at(other)));

describe("pretrain", () => {
  let result: PretrainResult;
  const host = createTestHost();
  beforeAll(async () => {
    result = await pretrain(options("whole"), host);
  });

  it("writes its files, and closes what it opened", () => {
    for (const name of ["config.json", "journal.jsonl", "metrics.json", "state", "model"]) {
      expect(existsSync(at(`whole/${name}`)), name).toBe(true);
    }
    expect(readJson(at("whole/config.json"))).toMatchObject({
      settings: { hiddenSize: 32, mlmProbability: 0.15, warmupRatio: 0.06, seed: 0 },
      model: { family: "bert", maxPositions: 40, vocabularySize: 360 },
    });
    const { outputDir: _, ...metrics } = result;
    expect(readJson(at("whole/metrics.json"))).toEqual(metrics);
    expect(host.openSessions).toBe(0);
  });

  it("takes the loss down, on text that it has not seen too", async () => {
    const random = { initialization: "random" as const };
    await pretrain(options("longer", { maxSteps: 60, evalSteps: 30, ...random }));
    const { steps, evaluations } = readJournal(at("longer"));
    const of = (from: number, to?: number) =>
      steps.slice(from, to).reduce((sum, { auxiliary_loss }) => sum + (auxiliary_loss ?? 0), 0) / 5;
    // ln(360) = 5.9 is chance.
    expect(of(0, 5)).toBeGreaterThan(5);
    expect(of(-5)).toBeLessThan(4.5);
    expect(evaluations.map(({ step }) => step)).toEqual([30, 60]);
    expect(evaluations[1].loss).toBeLessThan(evaluations[0].loss);
    expect(evaluations[0].split).toBe("validation-text");
  });

  it("starts ahead with counted first values, and writes them as they are after no step", async () => {
    const [counted, random] = [
      await pretrain(options("counted", { maxSteps: 0 })),
      await pretrain(options("uncounted", { maxSteps: 0, initialization: "random" })),
    ];
    expect(counted.steps).toBe(0);
    const loss = ({ validation }: PretrainResult) => validation?.loss ?? Number.NaN;
    expect(loss(random)).toBeGreaterThan(5.5);
    expect(loss(counted)).toBeLessThan(5);
    expect(existsSync(at("counted/model/model.safetensors"))).toBe(true);
    expect(host.progress("reading").at(-1)).toMatchObject({ unit: "bytes" });
    expect(host.progress("counting").map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("goes from the short length over the usual one to the longest", () => {
    // Of 12 steps: 30 % at 16 tokens (16 rows), 20 % at 40 (6 rows), the others at 32 (8 rows).
    const rows = [256, 256, 256, 256, 256, 256, 256, 256, 256, 256, 240, 240];
    expect(readJournal(at("whole")).steps.map(({ tokens }) => tokens)).toEqual(rows);
    expect(result).toMatchObject({ steps: 12, tokens: rows.reduce((a, b) => a + b) });
  });

  it("shifts the asked share of windows over all of the position table", async () => {
    const firsts: number[] = [];
    const rows = new Set<number>();
    const shifted = createTestHost({
      onRun(graph, { positions }) {
        if (graph !== "masked-token-training" || positions.type !== "int32") return;
        firsts.push(positions.data[0]);
        for (const position of positions.data) rows.add(position);
      },
    });
    const share = { shiftedShare: 0.75, maxSteps: 60, shortShare: 1, longShare: 0 };
    await pretrain(options("shifted", { ...share, evalSteps: 60 }), shifted);
    // Windows of 16 in a table of 40: they begin at 0 in a quarter of the steps, else at 0 to 24.
    const moved = firsts.filter((first) => first > 0).length;
    expect(moved).toBeGreaterThan(33);
    expect(moved).toBeLessThan(54);
    expect([Math.min(...rows), Math.max(...rows)]).toEqual([0, 39]);
  });

  it("saves a model that loads, and scores as a vanilla model", async () => {
    const { spec, report } = await loadCheckpoint(at("whole/model"));
    expect(spec).toMatchObject({ hiddenDropout: 0.1, layers: 2, labels: undefined });
    expect(report.unexpected).toEqual([]);
    const given = { model: at("whole/model"), texts: ["baa", "moo moo"], maxLength: 16 };
    const scored = await commands.scoreTexts.run(
      given,
      createTestHost({ cacheFolder: at("cache") }),
    );
    expect(scored.map(({ logprob }) => logprob.filter((value) => value !== null).length)).toEqual(
      scored.map(({ ids }) => ids.length - 2),
    );
  });

  it("gives the same weights and journal when it goes on after an interruption", async () => {
    const stopped = createTestHost({
      stopAt: (event) => event.type === "step" && event.step === 6,
    });
    const error = await failure(pretrain(options("resumed"), stopped));
    expect(error).toMatchObject({ code: "interrupted", exitCode: 130 });
    expect(error.hint).toContain("--resume");
    expect(stopped.openSessions).toBe(0);
    expect(readJournal(at("resumed")).stop).toMatchObject({ step: 6, reason: "interrupted" });

    const resumed = await pretrain(options("resumed", { resume: true }));
    expect(resumed).toEqual({ ...result, outputDir: at("resumed") });
    for (const name of ["journal.jsonl", "model/model.safetensors"]) {
      expect(sameBytes(`resumed/${name}`, `whole/${name}`), name).toBe(true);
    }
    const tensors = (name: string) =>
      readFileSync(join(lastStateFolder(at(name)), "tensors.safetensors"));
    expect(tensors("resumed").equals(tensors("whole"))).toBe(true);
  });

  it("gives the same after a kill, which loses the steps since the last saved state", async () => {
    const stopped = createTestHost({
      stopAt: (event) => event.type === "step" && event.step === 8,
    });
    await failure(pretrain(options("killed"), stopped));
    // As if it had been killed in step 10, while it wrote a line.
    const lines = readFileSync(at("whole/journal.jsonl"), "utf8").split("\n");
    const untilStep9 = lines.slice(0, 11).join("\n");
    expect(untilStep9).toContain('"step":9,');
    writeFileSync(at("killed/journal.jsonl"), `${untilStep9}\n{"type":"step","st`);
    await pretrain(options("killed", { resume: true }));
    expect(sameBytes("killed/journal.jsonl", "whole/journal.jsonl")).toBe(true);
    expect(sameBytes("killed/model/model.safetensors", "whole/model/model.safetensors")).toBe(true);
  });

  it("is done at once when there is nothing left to do, and saves a model that was damaged since", async () => {
    cpSync(at("whole"), at("again"), { recursive: true });
    damage(at("again/model/model.safetensors"));
    const idle = createTestHost();
    const again = await pretrain(options("again", { resume: true }), idle);
    expect(again).toEqual({ ...result, outputDir: at("again") });
    expect(idle.runs("masked-token-training")).toBe(0);
    for (const name of ["journal.jsonl", "model/model.safetensors"]) {
      expect(sameBytes(`again/${name}`, `whole/${name}`), name).toBe(true);
    }
  });

  it("goes on from a checkpoint, with its sizes", async () => {
    const model = tinyModel("roberta");
    const given = options("from", { model, tokenizer: model, maxSteps: 2, dropout: 0 });
    const { validation } = await pretrain(given);
    expect(validation?.loss).toBeGreaterThan(0);
    const { spec } = await loadCheckpoint(at("from/model"));
    expect(spec).toMatchObject({ family: { name: "roberta" }, heads: 4, maxPositions: 66 });
  });

  it("makes a RoBERTa for a tokenizer of that family, saved in half precision if asked", async () => {
    const tokenizer = join(tinyModel("roberta"), "tokenizer.json");
    const given = options("roberta", { tokenizer, maxSteps: 1, dtype: "float16" });
    delete given.validationText;
    expect(await pretrain(given)).toMatchObject({ steps: 1, validation: null });
    const { spec, report } = await loadCheckpoint(at("roberta/model"));
    expect(spec).toMatchObject({
      family: { name: "roberta" },
      padId: 1,
      firstPosition: 2,
      maxPositions: 42,
    });
    expect(report.dtypes).toEqual(["F16"]);
  });
});

describe("pretrain refuses", () => {
  it("a folder that holds a run, and to go on where there is none", async () => {
    expect(await failure(pretrain(options("whole")))).toMatchObject({ code: "output-exists" });
    const error = await failure(pretrain(options("nothing", { resume: true })));
    expect(error).toMatchObject({ code: "checkpoint-missing" });
    expect(error.message).toContain(at("nothing/config.json"));
  });

  it("to go on where no state is intact, before it reads the texts", async () => {
    cpSync(at("whole"), at("damaged"), { recursive: true });
    const states = at("damaged/state");
    for (const name of readdirSync(states)) damage(join(states, name, "tensors.safetensors"));
    const host = createTestHost();
    const error = await failure(pretrain(options("damaged", { resume: true }), host));
    expect(error).toMatchObject({ code: "checkpoint-format" });
    expect(error.message).toContain(`expected an intact state in ${states}`);
    expect(host.progress("reading")).toEqual([]);
  });

  it.each([
    ["hiddenSize", { hiddenSize: 16 }, "32", "16"],
    ["learningRate", { learningRate: 1e-3 }, "0.005", "0.001"],
    ["validationText", { validationText: undefined }, "validation.txt", "nothing"],
  ])("to go on with another %s", async (name, changed, before, now) => {
    cpSync(at("whole"), at("changed"), { recursive: true });
    const given = { ...options("changed", { resume: true }), ...changed };
    const error = await failure(pretrain(JSON.parse(JSON.stringify(given))));
    expect(error).toMatchObject({ code: "invalid-setting" });
    for (const part of [name, before, now]) expect(error.message).toContain(part);
  });

  it.each([
    ["heads that do not divide the hidden size", { numAttentionHeads: 5 }, "invalid-setting"],
    ["a length beyond the positions", { maxLength: 41 }, "invalid-setting"],
    ["a text file that is missing", { text: ["no-such.txt"] }, "file-missing"],
    ["a tokenizer that is nowhere", { tokenizer: "other.json" }, "hub-offline"],
    ["a tokenizer file of another name", { tokenizer: "./other.json" }, "checkpoint-missing"],
    ["validation text too short to mask", { validationText: at("short.txt") }, "data-empty"],
  ] as const)("%s", async (_, changed, code) => {
    const { text, ...rest } = { text: undefined, ...changed };
    const given = options(`bad-${code}-${Object.keys(changed)}`, rest);
    const error = await failure(pretrain({ ...given, ...(text && { text: [...text] }) }));
    expect(error.code).toBe(code);
  });

  it("a tokenizer with ids that the model lacks", async () => {
    // A model of 300 ids with a tokenizer of its own; the one given has 360.
    const model = await changedModel(savedClassifier("bert"), at("smaller"), {
      config: { vocab_size: 300 },
      tensors: (name, values) =>
        name.includes("word_embeddings") ? values.slice(0, 300 * 32) : values,
    });
    const vocabulary = readFileSync(join(model, "vocab.txt"), "utf8").split("\n").slice(0, 300);
    for (const name of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]) {
      rmSync(join(model, name));
    }
    writeFileSync(join(model, "vocab.txt"), vocabulary.join("\n"));
    const error = await failure(pretrain(options("ids", { model })));
    expect(error).toMatchObject({ code: "checkpoint-config" });
    expect(error.message).toContain(
      `at most 300 ids (vocab_size of ${model}/config.json), got 360`,
    );
    await pretrain(options("own-ids", { model, tokenizer: model, maxSteps: 1 }));
  });

  it("weights that give no numbers, and says so", async () => {
    const model = await changedModel(tinyModel("bert"), at("nan"), {
      tensors: (name, values) =>
        name.endsWith("LayerNorm.bias") ? values.fill(Number.NaN) : values,
    });
    const host = createTestHost();
    const error = await failure(pretrain(options("of-nan", { model }), host));
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toContain("auxiliary task at step 1");
    expect(host.openSessions).toBe(0);
  });
});
