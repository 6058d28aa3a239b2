/** Sweeps: several values of settings tried on dev, what is best measured with other seeds; stopped, resumed, in shards and joined. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseCsv } from "../src/data/formats/delimited.js";
import { parseComparison } from "../src/results/records/comparison.js";
import type { CompareOptions } from "../src/run/settings/schemas.js";
import { compare, compareOptions, statuses } from "./fixtures/comparing.js";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");

const given = (folder: string, options: Partial<CompareOptions> = {}) =>
  compareOptions(bert, folder, {
    ...{ maxSteps: 2, evalSteps: 2, seeds: ["0-1"], sweepSeeds: ["50-51"] },
    ...{ gamma: [0.5, 2], learningRate: [1e-3, 1e-2] },
    ...options,
  });
const results = (folder: string) =>
  parseComparison(readFileSync(join(folder, "results.json"), "utf8"), "results.json");
const REPORT = [
  "results.json",
  "results.md",
  "results.csv",
  "tuning.csv",
  "tuning.tex",
  "report.html",
  "figures.csv",
];
const report = (folder: string) =>
  REPORT.map((name) => readFileSync(join(folder, name), "utf8").replaceAll(folder, "FOLDER"));

const config = z.object({
  settings: z.object({
    method: z.string(),
    seed: z.number(),
    gamma: z.number(),
    learningRate: z.number(),
  }),
});
const metrics = z.object({ dev: z.object({ macro_f1: z.number() }) });

/** What each run's own files say. */
function trained(folder: string) {
  return readdirSync(join(folder, "runs")).map((name) => {
    const path = join(folder, "runs", name);
    const { settings } = config.parse(readJson(join(path, "config.json")));
    const { dev } = metrics.parse(readJson(join(path, "metrics.json")));
    return { ...settings, dev: dev.macro_f1 };
  });
}

describe("a sweep", () => {
  const folder = at("one");
  beforeAll(async () => {
    await compare(given(folder), createTestHost({ cacheFolder }));
  }, 120_000);

  it("trains every combination that a method looks at, and what is chosen with other seeds", () => {
    const runs = trained(folder);
    const of = (method: string, ...seeds: number[]) =>
      runs.filter((run) => run.method === method && seeds.includes(run.seed));
    expect(runs).toHaveLength((2 + 4) * 2 + 2 * 2);
    expect(new Set(of("stl", 50, 51).map((run) => run.learningRate))).toEqual(
      new Set([1e-3, 1e-2]),
    );
    expect(of("stl", 50, 51)).toHaveLength(4);
    expect(new Set(of("l3", 50, 51).map((run) => `${run.gamma} ${run.learningRate}`)).size).toBe(4);
    expect(of("l3", 0, 1)).toHaveLength(2);
  });

  it("chooses the highest mean on dev, the first of equal ones", () => {
    const runs = trained(folder);
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const method of ["stl", "l3"]) {
      const [final] = runs.filter((run) => run.method === method && run.seed === 0);
      const tried = [0.5, 2].flatMap((gamma) =>
        [1e-3, 1e-2].map((learningRate) => ({ gamma, learningRate })),
      );
      const devs = tried.map(({ gamma, learningRate }) =>
        mean(
          runs
            .filter((run) => run.method === method && run.seed >= 50)
            .filter(
              (run) =>
                run.learningRate === learningRate && (method === "stl" || run.gamma === gamma),
            )
            .map(({ dev }) => dev),
        ),
      );
      const best = tried[devs.indexOf(Math.max(...devs))];
      expect(final.learningRate).toBe(best.learningRate);
      if (method === "l3") expect(final.gamma).toBe(best.gamma);
    }
  });

  it("reports test figures of what was chosen alone, and dev figures of all that was tried", () => {
    const { runs, cells, sweep, partial, masking } = results(folder);
    expect(partial).toBe(false);
    expect(runs.map(({ method, seed }) => `${method} ${seed}`)).toEqual([
      "stl 0",
      "stl 1",
      "l3 0",
      "l3 1",
    ]);
    expect(cells.map(({ method }) => method)).toEqual(["stl", "l3"]);
    expect(sweep?.cells).toHaveLength(6);
    expect(sweep?.cells.filter(({ chosen }) => chosen).map(({ method }) => method)).toEqual([
      "stl",
      "l3",
    ]);
    expect(sweep?.cells.every((cell) => !("test" in cell) && cell.seeds.length === 2)).toBe(true);
    const [l3] = sweep?.cells.filter((cell) => cell.chosen && cell.method === "l3") ?? [];
    expect(cells[1].swept).toEqual(l3.swept);
    expect(masking).toMatchObject([{ strategy: "l3", gamma: l3.swept.gamma }]);
    const table = parseCsv(readFileSync(join(folder, "tuning.csv"), "utf8"), "tuning.csv");
    expect(table.rows).toHaveLength(6 * 2);
    expect(table.columns).toContain("learningRate");
  });

  it("is not repeated, and goes on with further values", async () => {
    const host = createTestHost({ cacheFolder });
    await compare(given(folder), host);
    expect(statuses(host).every((line) => / reused /.test(line))).toBe(true);
    const more = createTestHost({ cacheFolder });
    await compare(
      given(folder, { methods: ["stl"], learningRate: [1e-3, 1e-2, 3e-2], gamma: 1 }),
      more,
    );
    const begun = new Set(statuses(more).filter((line) => line.endsWith("finished 2")));
    expect([...begun].filter((line) => /seed5/.test(line))).toHaveLength(2);
  }, 60_000);
});

it("is stopped and goes on, while it chooses too, to the same report", async () => {
  const folder = at("stopped");
  await compare(given(at("unstopped")), createTestHost({ cacheFolder }));
  let started = 0;
  const host = createTestHost({ cacheFolder });
  const stopping = {
    ...host,
    cancelled: () => started > 3,
    emit: (event: Parameters<typeof host.emit>[0]) => {
      if (event.type === "run" && event.state === "running" && event.done === 0) started += 1;
      host.emit(event);
    },
  };
  await expect(compare(given(folder), stopping)).rejects.toMatchObject({ code: "interrupted" });
  const half = results(folder);
  expect(half.partial).toBe(true);
  expect(half.sweep?.cells.some(({ chosen }) => chosen)).toBe(false);
  await compare(given(folder), createTestHost({ cacheFolder }));
  const [resumed, whole] = [results(folder), results(at("unstopped"))];
  for (const part of ["cells", "paired", "sweep"] as const) {
    const untimed = (value: unknown) =>
      JSON.stringify(value).replaceAll(/"training_seconds":[^,}]*/g, "");
    expect(untimed(resumed[part])).toBe(untimed(whole[part]));
  }
}, 120_000);

it("runs in shards of one folder, first those that choose, then what they chose, and is joined", async () => {
  const folder = at("shards");
  const part = (i: number) =>
    compare(given(folder, { shard: `${i}/2` }), createTestHost({ cacheFolder }));
  const first = await part(1);
  expect(first.notes[0]).toContain("the same commands train what these runs chose");
  const status = await compare({ status: folder }, createTestHost({ cacheFolder }));
  expect(status.status).toMatchObject({ planned: 12, choosing: ["gamma", "learningRate"] });
  await part(2);
  const between = await compare({ merge: [folder] }, createTestHost({ cacheFolder }));
  expect(between.notes.join("\n")).toContain(
    "what is chosen is trained by the same compare commands",
  );
  expect(results(folder)).toMatchObject({ partial: true, runs: [] });
  await part(1);
  await part(2);
  const joined = await compare({ merge: [folder] }, createTestHost({ cacheFolder }));
  expect(joined).toMatchObject({ finished: 16, failed: 0, missing: 0 });
  await compare(given(at("again"), {}), createTestHost({ cacheFolder }));
  expect(results(folder).sweep?.cells.map(({ chosen }) => chosen)).toEqual(
    results(at("again")).sweep?.cells.map(({ chosen }) => chosen),
  );
}, 180_000);

it("runs in shards of folders of their own, joined between the two parts", async () => {
  const part = (i: number, folder: string) =>
    compare(given(folder, { shard: `${i}/2` }), createTestHost({ cacheFolder }));
  await part(1, at("own-1"));
  await part(2, at("own-2"));
  const merge = () =>
    compare(
      { merge: [at("own-1"), at("own-2")], outputDir: at("own") },
      createTestHost({ cacheFolder }),
    );
  await merge();
  await part(1, at("own"));
  await part(2, at("own"));
  const joined = await merge();
  expect(joined).toMatchObject({ finished: 16, missing: 0 });
  const before = report(at("own"));
  await compare(given(at("own")), createTestHost({ cacheFolder }));
  expect(report(at("own"))).toEqual(before);
}, 180_000);

it("does not choose what failed, and tries it again", async () => {
  const folder = at("failing");
  const host = createTestHost({ cacheFolder });
  const inThread = host.inThread.bind(host);
  const failing: typeof host = {
    ...host,
    inThread: (command, settings, onEvent) => {
      const { learningRate } = z.object({ learningRate: z.number() }).parse(settings);
      if (learningRate === 1e-2) return Promise.reject(new Error("broken"));
      return inThread(command, settings, onEvent);
    },
  };
  const options = { methods: ["stl" as const], gamma: 1 };
  const result = await compare(given(folder, options), failing);
  expect(result.failed).toBe(2);
  const { sweep, unfinished } = results(folder);
  expect(sweep?.cells).toMatchObject([
    { failed: 0, chosen: true },
    { failed: 2, chosen: false, dev: null },
  ]);
  expect(unfinished.map(({ state, tuning }) => [state, tuning])).toEqual([
    ["failed", true],
    ["failed", true],
  ]);
  await compare(given(folder, options), createTestHost({ cacheFolder }));
  expect(results(folder).sweep?.cells.map(({ failed }) => failed)).toEqual([0, 0]);
}, 60_000);

describe("what cannot be swept", () => {
  const refused = (options: Partial<CompareOptions>) =>
    compare(given(at("refused"), options), createTestHost({ cacheFolder }));

  it("is a seed that would choose and measure", async () => {
    await expect(refused({ sweepSeeds: ["1"] })).rejects.toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("got 1 in --sweep-seeds and in --seeds"),
    });
    expect(existsSync(at("refused/runs"))).toBe(false);
  });

  it("is a grid of thousands of runs, which says how long it would take and offers to draw from it", async () => {
    const values = Array.from({ length: 20 }, (_, index) => 0.01 * (index + 1));
    await expect(
      refused({ methods: ["l3"], gamma: values, learningRate: values, weightDecay: [0, 0.1] }),
    ).rejects.toMatchObject({
      code: "invalid-setting",
      message: expect.stringMatching(
        /at most 1000 runs to choose by, got 1.600 runs \(800 combinations.* about .* on this machine/,
      ),
      hint: expect.stringContaining("--sweep-samples"),
    });
  });

  it("is told where no method looks at it", async () => {
    const host = createTestHost({ cacheFolder });
    await compare(given(at("idle"), { methods: ["stl"], learningRate: 1e-3, seeds: ["0"] }), host);
    expect(host.notices("warning")).toContain("--gamma: no method that is compared looks at it");
    expect(results(at("idle")).sweep?.cells).toEqual([]);
  });
});
