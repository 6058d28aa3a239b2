/** Comparisons from files to tables, in one process: what is written, shared, kept, stopped and taken up again. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { L3MaskingError } from "../src/base/errors.js";
import type { CompareResult } from "../src/commands/compare/compare.js";
import { runTrain } from "../src/commands/train.js";
import { processorCount } from "../src/platform/machine.js";
import { comparisonNames, runNames } from "../src/run/settings/written-names.js";
import { compare, compareOptions, shortName, statuses } from "./fixtures/comparing.js";
import { failure } from "./fixtures/failure.js";
import { changedModel, readJson, readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, savedClassifier, type TestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");

const spread = z.object({ mean: z.number(), std: z.number().nullable(), n: z.number() });
const cellMetrics = z.object({ accuracy: spread, macro_f1: spread });
const rowSet = z.object({
  rows: z.number(),
  accuracy: z.number(),
  macro_f1: z.number(),
  per_label: z.record(z.string(), z.object({ f1: z.number(), support: z.number() })),
  confusion: z.array(z.array(z.number())),
});
/** What these tests look at in results.json. */
const resultsSchema = z.object({
  format: z.literal("l3masking-comparison"),
  partial: z.boolean(),
  command: z.string(),
  versions: z.record(z.string(), z.string()),
  machines: z.array(
    z.object({
      processors: z.number().min(1),
      versions: z.record(z.string(), z.string()),
      runs: z.number(),
    }),
  ),
  runs_seconds: z.number(),
  datasets: z.array(
    z.object({
      name: z.string(),
      labels: z.array(z.string()),
      rows: z.object({ leak_free: z.number() }),
    }),
  ),
  models: z.array(z.object({ name: z.string(), checkpoint_digest: z.string() })),
  runs: z.array(
    z.object({
      method: z.string(),
      task_weights: z.string().nullable(),
      seed: z.number(),
      folder: z.string(),
      best_step: z.number(),
      steps: z.number(),
      test: rowSet.nullable(),
      leak_free: rowSet.nullable(),
      dev_curve: z.array(z.object({ step: z.number(), macro_f1: z.number() })),
      training_curve: z.array(
        z.object({
          step: z.number(),
          main_loss: z.number(),
          cosines: z.object({ main: z.number() }).nullable(),
        }),
      ),
    }),
  ),
  unfinished: z.array(
    z.object({
      method: z.string(),
      seed: z.number(),
      state: z.string(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
  cells: z.array(
    z.object({ method: z.string(), seeds: z.array(z.number()), test: cellMetrics.nullable() }),
  ),
  paired: z.array(
    z.object({
      rows: z.string(),
      accuracy: z.object({ differences: z.array(z.number()) }),
    }),
  ),
  masking: z.array(z.object({ tokens: z.number(), texts: z.number(), mean: z.number() })),
  notes: z.array(z.string()),
});

const results = (folder: string) => resultsSchema.parse(readJson(join(folder, "results.json")));
const runFolders = (folder: string) => readdirSync(join(folder, "runs")).sort();

/** Every file of the runs with its bytes, but for metrics.json, which has times. */
function runFiles(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(join(folder, "runs"), { recursive: true, encoding: "utf8" });
  const kept = names.filter((name) => /journal|predictions|model\.safetensors/.test(name)).sort();
  return new Map(
    kept.map((name) => [name, readFileSync(join(folder, "runs", name)).toString("base64")]),
  );
}

describe("a comparison", () => {
  const folder = at("first");
  let host: TestHost;
  let result: CompareResult;

  beforeAll(async () => {
    host = createTestHost({ cacheFolder });
    result = await compare(compareOptions(bert, folder, { methods: ["l3", "rtm", "stl"] }), host);
  }, 120_000);

  it("trains every method with every seed, each run as `train` would", async () => {
    expect(runFolders(folder).map(shortName).sort()).toEqual(
      ["l3-seed0", "l3-seed1", "rtm-seed0", "rtm-seed1", "stl-seed0", "stl-seed1"].sort(),
    );
    const name = runFolders(folder).find((run) => shortName(run) === "l3-seed1") ?? "";
    expect(name).toMatch(/^sounds-bert-l3-equal-seed1-[0-9a-f]{8}$/);
    const options = { method: "l3", seed: 1, maxSteps: 6, evalSteps: 3 } as const;
    await train(trainOptions(bert, at("alone"), options), createTestHost({ cacheFolder }));
    for (const file of ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"]) {
      const bytes = readFileSync(join(folder, "runs", name, file));
      expect(bytes.equals(readFileSync(at(`alone/${file}`))), file).toBe(true);
    }
  });

  it("writes its files and nothing else", () => {
    // Those of Slurm and of a sweep come with them.
    const own = comparisonNames.filter((name) => name !== "slurm" && !name.startsWith("tuning."));
    const names = [...own, "report.html"];
    expect(readdirSync(folder).sort()).toEqual(names.sort());
    for (const run of runFolders(folder)) {
      expect(runNames).toEqual(expect.arrayContaining(readdirSync(join(folder, "runs", run))));
    }
  });

  it("scores the texts once for all runs", () => {
    // A cold cache was filled before the first run; no run scored anything.
    const firstRun = host.events.findIndex(({ type }) => type === "run");
    const scoring = host.events.flatMap((event, index) =>
      event.type === "progress" && event.task === "scoring" ? [index] : [],
    );
    expect(scoring.length).toBeGreaterThan(1);
    expect(Math.max(...scoring)).toBeLessThan(firstRun);
    const alone = createTestHost({ cacheFolder: at("cold") });
    return train(trainOptions(bert, at("cold-run"), { method: "l3", maxSteps: 1 }), alone).then(
      () => {
        expect(alone.runs("token-likelihood")).toBeGreaterThan(0);
        expect(host.runs("token-likelihood")).toBe(alone.runs("token-likelihood"));
      },
    );
  });

  it("writes results.json from the files of the runs", () => {
    const { datasets, models, runs, cells, paired, unfinished, masking } = results(folder);
    expect(datasets).toMatchObject([
      { name: "sounds", labels: ["animal", "engine", "water"], rows: { leak_free: 11 } },
    ]);
    expect(models).toMatchObject([{ name: "bert" }]);
    expect(unfinished).toEqual([]);
    expect(runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual([
      ...["stl 0", "stl 1", "rtm 0", "rtm 1", "l3 0", "l3 1"],
    ]);
    for (const run of runs) {
      const path = join(folder, run.folder);
      const metrics = metricsSchema.parse(readJson(join(path, "metrics.json")));
      const { evaluations, steps } = readJournal(path);
      expect(run).toMatchObject({ best_step: metrics.best_step, steps: 6 });
      expect(run.test?.accuracy).toBeCloseTo(metrics.test.accuracy, 12);
      expect(run.test?.macro_f1).toBeCloseTo(metrics.test.macro_f1, 12);
      expect(run.leak_free?.rows).toBe(11);
      expect(run.leak_free?.macro_f1).toBeCloseTo(metrics.test_unseen.macro_f1, 12);
      expect(run.dev_curve.map(({ macro_f1 }) => macro_f1)).toEqual(
        evaluations.map(({ measures }) => measures.macro_f1),
      );
      expect(run.training_curve.map(({ main_loss }) => main_loss)).toEqual(
        steps.map(({ main_loss }) => main_loss),
      );
      // Rows of the confusion counts are the labels' test rows; the diagonal is what was right.
      const confusion = run.test?.confusion ?? [];
      const support = Object.values(run.test?.per_label ?? {}).map((label) => label.support);
      expect(confusion.map((row) => row.reduce((a, b) => a + b))).toEqual(support);
      const right = confusion.reduce((sum, row, label) => sum + row[label], 0);
      expect(right / 12).toBeCloseTo(metrics.test.accuracy, 12);
    }
    const accuracies = (method: string) =>
      runs.filter((run) => run.method === method).map((run) => run.test?.accuracy ?? 0);
    expect(cells.map(({ method, seeds }) => [method, seeds])).toEqual([
      ["stl", [0, 1]],
      ["rtm", [0, 1]],
      ["l3", [0, 1]],
    ]);
    const [one, two] = accuracies("rtm");
    expect(cells[1].test?.accuracy.mean).toBeCloseTo((one + two) / 2, 12);
    expect(cells[1].test?.accuracy.std).toBeCloseTo(Math.abs(one - two) / Math.SQRT2, 12);
    // Three pairs, on all rows and on the leak-free ones.
    expect(paired.map(({ rows }) => rows)).toEqual([
      ...["test", "test", "test", "leak_free", "leak_free", "leak_free"],
    ]);
    const [l3, stl] = [accuracies("l3"), accuracies("stl")];
    expect(paired[0].accuracy.differences).toEqual([l3[0] - stl[0], l3[1] - stl[1]]);
    expect(masking).toMatchObject([{ texts: 36, mean: expect.closeTo(0.15, 6) }]);
  });

  it("records machine, versions, times of the runs and a command that gives the same", () => {
    const { machines, versions, runs_seconds, command } = results(folder);
    expect(Object.keys(versions)).toEqual(["l3masking", "onnxruntime-node"]);
    const [machine] = machines;
    expect(machines).toMatchObject([{ runs: 6 }]);
    expect(Object.keys(machine.versions)).toEqual(["l3masking", "node", "onnxruntime-node"]);
    expect(Object.values(machine.versions).every((version) => /^\d+\.\d+/.test(version))).toBe(
      true,
    );
    expect(runs_seconds).toBeGreaterThan(0);
    expect(command).not.toContain("--output-dir");
    expect(command).toContain("l3masking compare --model");
    expect(command).toContain("--methods l3,rtm,stl --task-weights equal --seeds 0-1");
    expect(command).toContain("--max-steps 6");
    expect(command).not.toContain("--gamma");
  });

  it("writes results.md with the tables, and what could not be shown", () => {
    const page = readFileSync(join(folder, "results.md"), "utf8");
    for (const text of [
      "| bert | STL |",
      "| bert | MTL RTM |",
      "| bert | MTL L3Masking |",
      "## Leak-free test rows",
      "sounds: 11 of 12 test rows",
      "2/2^2 = 0.5: 0.05 could not be reached by that test",
      "## What is masked",
    ]) {
      expect(page).toContain(text);
    }
    expect(result).toMatchObject({ finished: 6, failed: 0, outputDir: folder });
    expect(page).toContain(result.table);
    expect(result.files.every(existsSync)).toBe(true);
    expect(host.openSessions).toBe(0);
  });

  it("tells of every run at the beginning, and then how each goes", () => {
    const told = statuses(host);
    expect(told.slice(0, 6)).toEqual(
      ["stl-seed0", "stl-seed1", "rtm-seed0", "rtm-seed1", "l3-seed0", "l3-seed1"].map(
        (name) => `${name} waiting 0`,
      ),
    );
    expect(told.slice(6, 15)).toEqual([
      "stl-seed0 running 0",
      ...[1, 2, 3, 4, 5, 6].map((step) => `stl-seed0 running ${step}`),
      "stl-seed0 finished 6",
      "stl-seed1 running 0",
    ]);
  });

  it("is not repeated: the same command reads what is there", async () => {
    const names = ["results.json", "results.md", "report.html", "figures.csv", "plan.json"];
    const written = () => names.map((name) => readFileSync(join(folder, name), "utf8"));
    const before = written();
    const files = runFiles(folder);
    const train = () => Promise.reject(new Error("no run is due"));
    const again = createTestHost({ cacheFolder, train });
    await compare(compareOptions(bert, folder, { methods: ["l3", "rtm", "stl"] }), again);
    expect(written()).toEqual(before);
    expect(runFiles(folder)).toEqual(files);
    expect(again.runs("token-likelihood")).toBe(0);
  });

  it("grows: a further seed or method is all that is trained", async () => {
    const more = createTestHost({ cacheFolder });
    await compare(compareOptions(bert, folder, { methods: ["stl"], seeds: ["1-2"] }), more);
    const told = statuses(more);
    expect(told.slice(0, 3)).toEqual([
      ...["stl-seed1 reused 0", "stl-seed2 waiting 0", "stl-seed2 running 0"],
    ]);
    expect(results(folder).cells).toMatchObject([{ method: "stl", seeds: [1, 2] }]);
  });

  it("makes new runs with another setting, where it matters", async () => {
    const other = createTestHost({ cacheFolder });
    const options = { methods: ["stl", "l3"] as ("stl" | "l3")[], seeds: ["0"], gamma: 2 };
    await compare(compareOptions(bert, folder, options), other);
    const begun = statuses(other).filter((status) => status.endsWith("running 0"));
    expect(begun).toEqual(["l3-seed0 running 0"]);
    expect(runFolders(folder).filter((name) => shortName(name) === "l3-seed0").length).toBe(2);
  });
});

const metricsSchema = z.object({
  best_step: z.number(),
  test: z.object({ accuracy: z.number(), macro_f1: z.number() }),
  test_unseen: z.object({ macro_f1: z.number() }),
});

/** The results of a comparison that was stopped: those of the finished runs, and no tests. */
function expectPartial(folder: string, done: number, rest: number): void {
  if (done === 0) {
    for (const name of ["results.json", "results.md", "report.html", "figures.csv"]) {
      expect(existsSync(join(folder, name))).toBe(false);
    }
    return;
  }
  const { partial, runs, unfinished, paired, notes } = results(folder);
  expect([partial, runs.length, unfinished.length]).toEqual([true, done, rest]);
  expect(paired).toEqual([]);
  expect(notes).toEqual([expect.stringContaining("stopped early")]);
  const page = readFileSync(join(folder, "results.md"), "utf8");
  expect(page).toMatch(/^# Comparison\n\n\*\*Partial: /);
  expect(page).toContain(`${done} of ${done + rest} runs are finished`);
  expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("The comparison was stopped");
}

describe("a comparison that is stopped", () => {
  const whole = at("whole");
  const options = (name: string) => compareOptions(bert, at(name));

  beforeAll(async () => {
    await compare(compareOptions(bert, whole), createTestHost({ cacheFolder }));
  }, 120_000);

  it.each([
    ["in a run", "stl-seed1 running 4", 1, 1],
    ["between runs", "stl-seed1 finished 6", 2, 0],
    ["before any step", "stl-seed0 running 0", 0, 1],
  ])("%s goes on with the same command, to the same bytes", async (name, status, done, begun) => {
    const host = createTestHost({
      cacheFolder,
      stopAt: (event) =>
        event.type === "run" && `${shortName(event.name)} ${event.state} ${event.done}` === status,
    });
    const error = await failure(compare(options(name), host));
    expect(error).toMatchObject({ code: "interrupted", exitCode: 130 });
    expect(error.message).toContain(`stopped after ${done} of 4 runs`);
    expect(error.hint).toContain("Run the same command again");
    expect(runFolders(at(name)).length).toBe(done + begun);
    expectPartial(at(name), done, 4 - done);
    expect(host.openSessions).toBe(0);

    await compare(options(name), createTestHost({ cacheFolder }));
    expect(runFiles(at(name))).toEqual(runFiles(whole));
    expect(results(at(name))).toMatchObject({ partial: false, unfinished: [] });
    const commands = readJsonLines(at(`${name}/commands.jsonl`), z.object({ seconds: z.number() }));
    expect(commands.length).toBe(2);
  });

  it("while differences are tested has all runs, and no tests yet", async () => {
    const host = createTestHost({
      cacheFolder,
      stopAt: (event) => event.type === "progress" && event.task === "testing differences",
    });
    const error = await failure(compare(options("tests"), host));
    expect(error.message).toContain("stopped after 4 of 4 runs");
    expect(error.hint).toContain(at("tests/results.md"));
    expectPartial(at("tests"), 4, 0);
  });

  it("while scoring keeps the scores", async () => {
    const cold = at("cache-of-stopped");
    const scoring = { scoringTokens: 400 };
    const host = createTestHost({
      cacheFolder: cold,
      stopAt: (event) => event.type === "progress" && event.done > event.total / 2,
    });
    const given = { ...options("scoring"), ...scoring };
    expect(await failure(compare(given, host))).toMatchObject({ code: "interrupted" });
    const next = createTestHost({ cacheFolder: cold });
    await compare(given, next);
    const total = next.runs("token-likelihood") + host.runs("token-likelihood");
    expect(next.runs("token-likelihood")).toBeGreaterThan(0);
    expect(next.runs("token-likelihood")).toBeLessThan(total);
  });

  it("runs several at once, with the threads divided, and gives the same", async () => {
    let underWay = 0;
    let most = 0;
    const threads = new Set<number | undefined>();
    const inner = createTestHost({ cacheFolder });
    const host = createTestHost({
      cacheFolder,
      async train(settings, emit) {
        threads.add(settings.threads);
        underWay += 1;
        most = Math.max(most, underWay);
        try {
          return await runTrain(settings, { ...inner, emit });
        } finally {
          underWay -= 1;
        }
      },
    });
    await compare({ ...options("jobs"), jobs: 3 }, host);
    expect(most).toBe(Math.min(3, processorCount()));
    // The runtime of these tests has one thread, and none has less.
    expect([...threads]).toEqual([1]);
    expect(runFiles(at("jobs"))).toEqual(runFiles(whole));
  });
});

describe("a run that fails", () => {
  it("leaves the others alone, and is tried again", async () => {
    const given = compareOptions(bert, at("failing"));
    const fails = { now: true };
    const host: TestHost = createTestHost({
      cacheFolder,
      train(settings, emit) {
        if (fails.now && settings.method === "stl" && settings.seed === 1) {
          return Promise.reject(
            new L3MaskingError("training-diverged", "expected a finite loss", {
              hint: "Lower it.",
            }),
          );
        }
        return runTrain(settings, { ...createTestHost({ cacheFolder }), emit });
      },
    });
    const result = await compare(given, host);
    expect(result).toMatchObject({ finished: 3, failed: 1 });
    const { runs, unfinished, cells, paired } = results(at("failing"));
    expect(runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual(["stl 0", "l3 0", "l3 1"]);
    expect(unfinished).toEqual([
      {
        ...{ method: "stl", seed: 1, state: "failed" },
        error: { code: "training-diverged", message: "expected a finite loss" },
      },
    ]);
    expect(cells.map(({ seeds }) => seeds)).toEqual([[0], [0, 1]]);
    expect(paired.every(({ accuracy }) => accuracy.differences.length === 1)).toBe(true);
    const page = readFileSync(at("failing/results.md"), "utf8");
    expect(page).toContain("## Runs that are not finished");
    expect(page).toContain("training-diverged: expected a finite loss");
    expect(page).toContain("(n = 1)");

    fails.now = false;
    expect(await compare(given, host)).toMatchObject({ finished: 4, failed: 0 });
    expect(results(at("failing")).unfinished).toEqual([]);
  });

  it("of a strange kind is recorded too", async () => {
    const train = () => Promise.reject(new TypeError("x is no function"));
    const host = createTestHost({ cacheFolder, train });
    const given = compareOptions(bert, at("strange"), { methods: ["stl"], seeds: ["0"] });
    expect(await compare(given, host)).toMatchObject({ finished: 0, failed: 1, table: "" });
    expect(results(at("strange")).unfinished[0].error).toMatchObject({
      code: "worker-failed",
      message: expect.stringContaining("TypeError: x is no function"),
    });
    expect(readFileSync(at("strange/results.md"), "utf8")).toContain("No run has finished yet.");
  });
});

describe("task weights", () => {
  it("are one more axis, on which stl has one place", async () => {
    const given = compareOptions(bert, at("weights"), {
      methods: ["stl", "l3"],
      taskWeights: ["equal", "meta"],
      seeds: ["0"],
      devBatchSize: 6,
      maxSteps: 3,
    });
    await compare(given, createTestHost({ cacheFolder }));
    expect(runFolders(at("weights")).map((name) => name.replace(/-\w{8}$/, ""))).toEqual([
      ...["sounds-bert-l3-equal-seed0", "sounds-bert-l3-meta-seed0", "sounds-bert-stl-seed0"],
    ]);
    const { runs, paired } = results(at("weights"));
    expect(runs.map(({ method, task_weights }) => [method, task_weights])).toEqual([
      ["stl", null],
      ["l3", "equal"],
      ["l3", "meta"],
    ]);
    expect(runs.map(({ training_curve }) => training_curve[0].cosines === null)).toEqual([
      ...[true, true, false],
    ]);
    // Each against stl, and meta against equal; on all rows and on the leak-free ones.
    expect(paired.length).toBe(6);
    const page = readFileSync(at("weights/results.md"), "utf8");
    expect(page).toContain("| bert | STL |");
    expect(page).toContain("| bert | MTL L3Masking (meta) |");
    expect(page).toContain("MTL L3Masking (meta) - MTL L3Masking (equal)");
  });
});

describe("several data sets and models", () => {
  it("have a column each, and rows for each model", async () => {
    const other = await changedModel(bert, at("other-bert"), {
      tensors: (_, values) => values.map((value) => value * 0.99),
    });
    const lines = readFileSync(soundFiles.trainFile, "utf8").trimEnd().split("\n");
    // Without dev and test, parts of train are set aside for them.
    writeFileSync(at("noises.jsonl"), `${lines.slice(0, 33).join("\n")}\n`);
    const {
      trainFile: _,
      validationFile: __,
      testFile: ___,
      ...rest
    } = compareOptions(bert, at("two"));
    const given = {
      ...rest,
      dataset: [join(soundFiles.trainFile, ".."), at("noises.jsonl")],
      model: [bert, other],
      methods: ["stl" as const],
      seeds: ["0"],
      maxSteps: 2,
    };
    const { table } = await compare(given, createTestHost({ cacheFolder }));
    const [head, , ...rows] = table.split("\n");
    expect(head).toBe(
      "| model | method | sounds accuracy | sounds macro-F1 | noises accuracy | noises macro-F1 |",
    );
    expect(rows.map((row) => row.split("|")[1].trim())).toEqual(["bert", "other-bert"]);
    expect(rows.every((row) => !row.includes("| - |"))).toBe(true);
  });
});

describe("a comparison is refused before anything is trained", () => {
  it.each([
    ["no data", { trainFile: undefined }, "missing-setting", "texts to train on"],
    ["a range that goes back", { seeds: ["4-1"] }, "invalid-setting", "range of seeds"],
    ["too long texts", { maxLength: 4000 }, "invalid-setting", "max_length"],
    ["a model twice", { model: [bert, bert] }, "invalid-setting", "twice: it equals"],
    ["no head to score with", { model: [savedClassifier("bert")] }, "checkpoint-tensor", "head"],
  ])("with %s", async (name, change, code, text) => {
    const given = { ...compareOptions(bert, at(`refused-${name}`)), ...change };
    const host = createTestHost({ cacheFolder });
    const error = await failure(compare(given, host));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(statuses(host)).toEqual([]);
  });

  it("in the folder of a run", async () => {
    await train(trainOptions(bert, at("a-run"), { maxSteps: 1 }), createTestHost({ cacheFolder }));
    const error = await failure(
      compare(compareOptions(bert, at("a-run")), createTestHost({ cacheFolder })),
    );
    expect(error.code).toBe("output-exists");
  });

  it("with a finished run whose files were changed", async () => {
    const given = compareOptions(bert, at("changed"), { methods: ["stl"], seeds: ["0"] });
    await compare(given, createTestHost({ cacheFolder }));
    const [name] = runFolders(at("changed"));
    const path = at(`changed/runs/${name}/predictions-test.jsonl`);
    writeFileSync(path, readFileSync(path, "utf8").replace('"label"', '"lable"'));
    const error = await failure(compare(given, createTestHost({ cacheFolder })));
    expect(error).toMatchObject({ code: "data-format" });
    expect(error.message).toContain(`${path} line 1`);
    rmSync(at(`changed/runs/${name}`), { recursive: true });
    const result = await compare(given, createTestHost({ cacheFolder }));
    expect(result).toMatchObject({ finished: 1, failed: 0 });
  });
});
