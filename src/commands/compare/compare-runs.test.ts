import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { type CompareOptions, compareSchema, resolveSettings } from "../../run/settings/schemas.js";
import { candidates, plannedRuns, type RunInputs, seedList } from "./compare-runs.js";

const settings = (options: Partial<CompareOptions> = {}) =>
  resolveSettings(compareSchema, { model: ["models/m"], outputDir: "out", ...options });

const data = (name: string, digest = `data of ${name}`) => ({
  source: { name, trainFile: `${name}/train.jsonl`, testFile: `${name}/test.jsonl`, notes: [] },
  digest,
});

const checkpoint = (name: string) => ({
  name,
  folder: `models/${name}`,
  checkpoint_digest: `weights of ${name}`,
  tokenizer_digest: `tokenizer of ${name}`,
});

const inputsOf = (
  texts: readonly ReturnType<typeof data>[],
  models: RunInputs["models"],
): RunInputs => ({ sources: texts.map(({ source }) => source), datasets: texts, models });

const plan = (options: Partial<CompareOptions> = {}, existing: readonly string[] = []) =>
  plannedRuns(settings(options), inputsOf([data("a")], [checkpoint("m")]), 2, existing);

const digests = (options: Partial<CompareOptions>) => plan(options).map(({ digest }) => digest);

describe("seedList", () => {
  it("takes numbers and ranges, sorts them, and takes each once", () => {
    expect(seedList(["0-4"])).toEqual([0, 1, 2, 3, 4]);
    expect(seedList(["7", "1-2", "2", "0"])).toEqual([0, 1, 2, 7]);
    expect(seedList(["3-3"])).toEqual([3]);
  });

  it("refuses a range that goes back, and says how to write it", () => {
    expect(() => seedList(["4-0"])).toThrow(
      expect.objectContaining({ code: "invalid-setting", hint: "Write 0-4." }),
    );
  });

  it("refuses more seeds than anybody waits for, before it makes a list of them", () => {
    for (const seeds of [["0-10000"], ["0-9999", "10000"], ["0-99999999999999999999"]]) {
      expect(() => seedList(seeds)).toThrow("expected at most 10000 seeds");
    }
    expect(seedList(["0-9999"])).toHaveLength(10_000);
  });

  it("is given only what the settings let through", () => {
    for (const seeds of [["1.5"], ["-1"], ["a"], ["1-"], []]) {
      expect(() => settings({ seeds })).toThrow(L3MaskingError);
    }
  });
});

describe("candidates", () => {
  it("are in the order of the table, whatever was given", () => {
    const names = candidates(settings({ methods: ["l3", "stl", "rtm", "l3"] }));
    expect(names.map(({ method, task_weights }) => [method, task_weights])).toEqual([
      ["stl", null],
      ["rtm", "equal"],
      ["l3", "equal"],
    ]);
  });

  it("has stl once for all task weights", () => {
    const twice = { methods: ["stl", "l3"] as const, taskWeights: ["equal", "equal"] as const };
    const given = { methods: [...twice.methods], taskWeights: [...twice.taskWeights] };
    expect(candidates(settings(given)).map(({ method }) => method)).toEqual(["stl", "l3"]);
  });
});

describe("plannedRuns", () => {
  it("are data sets x models x candidates x seeds, in this order", () => {
    const runs = plannedRuns(
      settings({ methods: ["stl", "l3"], seeds: ["0-1"] }),
      inputsOf([data("a"), data("b")], [checkpoint("m"), checkpoint("n")]),
      3,
      [],
    );
    expect(runs.length).toBe(16);
    expect(runs.slice(0, 6).map((run) => [run.dataset, run.model, run.method, run.seed])).toEqual([
      ["a", "m", "stl", 0],
      ["a", "m", "stl", 1],
      ["a", "m", "l3", 0],
      ["a", "m", "l3", 1],
      ["a", "n", "stl", 0],
      ["a", "n", "stl", 1],
    ]);
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(16);
    expect(new Set(runs.map(({ folder }) => folder)).size).toBe(16);
    expect(runs[6].settings).toMatchObject({
      trainFile: "a/train.jsonl",
      testFile: "a/test.jsonl",
      model: "models/n",
      method: "l3",
      seed: 0,
      threads: 3,
      resume: false,
      weightDecay: 0.01,
    });
    const own = ["dataset", "dataDir", "methods", "seeds", "jobs", "bootstrapSamples"];
    expect(own.filter((name) => name in runs[0].settings)).toEqual([]);
  });

  it("have folders that a reader understands, which end in eight digits of the digest", () => {
    const [stl, rtm] = plan({ methods: ["stl", "rtm"], seeds: ["3"] });
    expect(stl.folder).toBe(`runs/a-m-stl-seed3-${stl.digest.slice(0, 8)}`);
    expect(rtm.folder).toBe(`runs/a-m-rtm-equal-seed3-${rtm.digest.slice(0, 8)}`);
    const odd = plannedRuns(settings(), inputsOf([data("my data/ü")], [checkpoint("m")]), 1, []);
    expect(odd[0].folder).toMatch(/^runs\/my_data_-m-tfidf-seed0-[0-9a-f]{8}$/);
  });

  it("keep the folder they have, though a data set is called otherwise now", () => {
    const [before] = plan();
    const name = before.folder.replace("runs/a-", "old-name-");
    const [after] = plan({}, ["other-00000000", name]);
    expect(after.folder).toBe(`runs/${name}`);
  });

  it("are the same runs with other threads, jobs, folders and resamples", () => {
    const changed = {
      ...{ threads: 7, jobs: 3, outputDir: "elsewhere", bootstrapSamples: 500 },
      ...{ cacheDir: "c", scoringTokens: 10, evalTokens: 20, saveSteps: 5 },
    };
    expect(digests(changed)).toEqual(digests({}));
  });

  it("are other runs with another setting, where it matters to the method", () => {
    const before = plan();
    const changedMethods = (options: Partial<CompareOptions>) =>
      new Set(
        plan(options)
          .filter((run, i) => run.digest !== before[i].digest)
          .map((r) => r.method),
      );
    expect(changedMethods({ learningRate: 1e-3 })).toEqual(new Set(["stl", "rtm", "l3"]));
    expect(changedMethods({ mlmProbability: 0.3 })).toEqual(new Set(["rtm", "l3"]));
    expect(changedMethods({ gamma: 2 })).toEqual(new Set(["l3"]));
    expect(changedMethods({ estimator: "unmasked" })).toEqual(new Set(["l3"]));
    expect(changedMethods({ maxSteps: 9 })).toEqual(new Set(["stl", "rtm", "l3"]));
  });

  it("are other runs with other texts or another checkpoint", () => {
    const stl = { methods: ["stl" as const] };
    const [before] = plan(stl);
    const other = (given: ReturnType<typeof data>[], checkpoints: RunInputs["models"]) =>
      plannedRuns(settings(stl), inputsOf(given, checkpoints), 1, [])[0].digest;
    expect(other([data("a", "other")], [checkpoint("m")])).not.toBe(before.digest);
    expect(other([data("a")], [checkpoint("n")])).not.toBe(before.digest);
    // Names and places do not matter: digests stand for the contents.
    const moved = { ...data("z"), digest: "data of a" };
    expect(other([moved], [{ ...checkpoint("m"), folder: "moved" }])).toBe(before.digest);
  });

  it("are other runs with other texts for the auxiliary task, but for methods with one task", () => {
    const inputs = inputsOf([data("a")], [checkpoint("m")]);
    const runs = (unlabelledDigest?: string) =>
      plannedRuns(settings({ seeds: ["0"] }), { ...inputs, unlabelledDigest }, 1, []);
    const changed = runs("u").map(({ digest }, index) => digest !== runs()[index].digest);
    expect(changed).toEqual([false, false, true, true]);
  });

  it("cannot be the same twice", () => {
    const twice = [data("a", "same"), data("b", "same")];
    expect(() => plannedRuns(settings(), inputsOf(twice, [checkpoint("m")]), 1, [])).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining("b with m twice: it equals a with m"),
      }),
    );
  });
});
