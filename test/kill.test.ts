/**
 * Commands that are killed (SIGKILL) at random moments and begun again, and what they leave in the end beside a run that
 * was let be. L3MASKING_KILLS=100 (npm run test:kill) kills a training run a hundred times; here it is a few times.
 *
 * What may differ: times (timing, wall), how many parts there were, and where things lie. All else is compared byte by byte.
 */
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { randomStream } from "../src/base/random.js";
import { lastStateFolder, readJson, temporaryFolder } from "./fixtures/folders.js";
import { tinyModel } from "./fixtures/host.js";
import { filesBelow, killAgainAndAgain, start } from "./fixtures/killing.js";
import { soundFiles } from "./fixtures/sounds.js";

const at = temporaryFolder();
const kills = Number(process.env.L3MASKING_KILLS ?? 8);
const MINUTES = 60_000;

const files = [
  ...["--train-file", soundFiles.trainFile, "--validation-file", soundFiles.validationFile],
  ...["--test-file", soundFiles.testFile, "--model", tinyModel("bert")],
];
const small = ["--max-length", "32", "--threads", "1", "--batch-size", "12"];
const rates = ["--learning-rate", "3e-3", "--head-learning-rate", "1e-2"];

const record = z.record(z.string(), z.unknown());

/** A JSON file without some of its fields. */
function without(path: string, ...names: string[]): Record<string, unknown> {
  const fields = record.parse(readJson(path));
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** Runs a command to its end, which must be a good one. */
async function letBe(words: readonly string[], cacheFolder: string): Promise<void> {
  const { exitCode, out, err } = await start(words, { cacheFolder }).ended;
  expect({ exitCode, err }, out).toEqual({ exitCode: 0, err: "" });
}

describe("train", () => {
  const words = (output: string) => [
    ...["train", ...files, ...small, ...rates, "--output-dir", at(output), "--method", "l3"],
    ...["--task-weights", "meta", "--dev-batch-size", "6", "--max-steps", "24"],
    ...["--eval-steps", "3", "--save-steps", "2", "--scoring-tokens", "400"],
    ...["--second-stage", "--second-stage-epochs", "3", "--second-stage-learning-rate", "1e-3"],
  ];
  const resumed = (output: string) => [
    ...words(output),
    ...(existsSync(at(`${output}/config.json`)) ? ["--resume"] : []),
  ];

  beforeAll(() => letBe(words("whole"), at("cache-whole")), 5 * MINUTES);

  it(
    `killed ${kills} times ends with the same weights, journal and metrics`,
    async () => {
      const random = randomStream(Number(process.env.L3MASKING_KILL_SEED ?? 0), "kill");
      let done = 0;
      for (let run = 0; done < kills; run++) {
        const output = `killed-${run}`;
        const cacheFolder = at(`cache-${run}`);
        const killing = { random, cacheFolder, underWay: '"type":"step"', milliseconds: 200 };
        const killed = await killAgainAndAgain(() => resumed(output), kills - done, killing);
        done += killed.kills;
        if (killed.end === undefined) await letBe(resumed(output), cacheFolder);
        const except = ["metrics.json", "config.json"];
        expect(filesBelow(at(output), except)).toEqual(filesBelow(at("whole"), except));
        expect(without(at(`${output}/metrics.json`), "timing")).toEqual(
          without(at("whole/metrics.json"), "timing"),
        );
        console.log(`train: ${killed.kills} kills in run ${run}, ${done} of ${kills} in all`);
      }
    },
    (5 + kills / 2) * MINUTES,
  );
});

describe("pretrain", () => {
  const words = (output: string) => [
    ...["pretrain", "--tokenizer", tinyModel("bert"), "--text", soundFiles.trainFile],
    ...["--validation-text", soundFiles.testFile, "--output-dir", at(output)],
    ...["--max-steps", "30", "--eval-steps", "4", "--save-steps", "3", "--hidden-size", "8"],
    ...["--num-hidden-layers", "1", "--num-attention-heads", "2", "--max-positions", "64"],
    ...["--batch-tokens", "256", "--max-length", "32", "--threads", "1"],
  ];
  const resumed = () => [
    ...words("pretrained"),
    ...(existsSync(at("pretrained/config.json")) ? ["--resume"] : []),
  ];

  it(
    "killed several times ends with the same weights, journal and metrics",
    async () => {
      const cacheFolder = at("cache-pretrain");
      await letBe(words("pretrained-whole"), cacheFolder);
      const random = randomStream(1, "kill");
      const killing = { random, cacheFolder, underWay: '"type":"step"', milliseconds: 150 };
      const most = Math.max(3, kills / 10);
      const { kills: done, end } = await killAgainAndAgain(resumed, most, killing);
      if (end === undefined) await letBe(resumed(), cacheFolder);
      // The states are numbered by how often one was saved, which a kill changes; the last one is what counts.
      const left = (output: string) => [
        ...[...filesBelow(at(output), ["metrics.json", "config.json"])].filter(
          ([name]) => !name.startsWith("state/"),
        ),
        ...filesBelow(lastStateFolder(at(output))),
      ];
      expect(left("pretrained")).toEqual(left("pretrained-whole"));
      expect(without(at("pretrained/metrics.json"), "outputDir")).toEqual(
        without(at("pretrained-whole/metrics.json"), "outputDir"),
      );
      expect(done).toBeGreaterThan(0);
    },
    10 * MINUTES,
  );
});

describe("compare", () => {
  const words = (output: string) => [
    ...["compare", ...files, ...small, ...rates, "--output-dir", at(output)],
    ...["--methods", "stl,l3", "--seeds", "0", "--max-steps", "20", "--eval-steps", "4"],
    ...["--bootstrap-samples", "100", "--jobs", "1"],
  ];

  it(
    "killed several times ends with the same runs and results",
    async () => {
      await letBe(words("compared-whole"), at("cache-compared-whole"));
      const cacheFolder = at("cache-compared");
      const killing = {
        ...{ random: randomStream(2, "kill"), cacheFolder },
        ...{ underWay: '"state":"running"', milliseconds: 600 },
      };
      const most = Math.max(2, kills / 10);
      const { end } = await killAgainAndAgain(() => words("compared"), most, killing);
      if (end === undefined) await letBe(words("compared"), cacheFolder);
      const except = ["metrics.json", "config.json"];
      expect(filesBelow(at("compared/runs"), except)).toEqual(
        filesBelow(at("compared-whole/runs"), except),
      );
      const results = (output: string) => {
        const fields = without(at(`${output}/results.json`), "runs_seconds", "cells");
        const runs = z.array(record).parse(fields.runs);
        return { ...fields, runs: runs.map((run) => ({ ...run, timing: 0 })) };
      };
      expect(results("compared")).toEqual(results("compared-whole"));
    },
    10 * MINUTES,
  );
});
