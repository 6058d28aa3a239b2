/** A comparison of thousands of runs is planned, dealt and told of fast; scripts/many-runs.mjs measures it with more. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { compareSchema, resolveSettings } from "../../run/settings/schemas.js";
import type { ComparedInputs } from "./compare-data.js";
import { plannedRuns } from "./compare-runs.js";
import { planOf, writePlan } from "./comparison-plan.js";
import { dealt } from "./run-cost.js";
import { comparisonStatus } from "./status.js";

const at = temporaryFolder();

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const inputs: ComparedInputs & { readonly tokens: [] } = {
  datasets: names("data", 5).map((name) => ({
    ...{ name, files: { train: `${name}.csv`, dev: null, test: null }, notes: [] },
    ...{ labels: ["a", "b"], excluded: {}, digest: `of ${name}` },
    rows: { train: 800, dev: 100, test: 100, leak_free: 100 },
  })),
  models: names("model", 4).map((name) => ({
    ...{ name, folder: `models/${name}`, family: "bert", layers: 6, hidden_size: 384 },
    ...{ checkpoint_digest: `weights of ${name}`, tokenizer_digest: `words of ${name}` },
  })),
  masking: [],
  tokens: [],
  unlabelledDigest: undefined,
  generalDigest: undefined,
};

const settings = resolveSettings(compareSchema, {
  dataset: names("data", 5),
  model: names("model", 4),
  methods: ["stl", "l3"],
  seeds: ["0-49"],
});

/** Seconds of a processor that work takes; by the clock it depends on what else the machine does. */
function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

it("2,000 runs are planned within 2 s of a processor and told of within 1, so 10,000 within 10 and 5", () => {
  const sources = inputs.datasets.map(({ name, files }) => ({
    ...{ name, notes: [], trainFile: files.train },
  }));
  const folder = at("many");
  mkdirSync(folder);
  let existing: string[] = [];
  const plan = () => {
    const runs = plannedRuns(settings, { sources, ...inputs }, 2, existing);
    writePlan(folder, planOf(settings, inputs, { l3masking: "0.1.0" }, runs));
    return runs;
  };
  const planning = seconds(() => {
    existing = plan().map((run) => run.folder.slice("runs/".length));
  });
  expect(existing.length).toBe(2000);
  // With all folders there already.
  const again = seconds(plan);
  const dealing = seconds(() => {
    const runs = existing.map((name, cost) => ({ name, cost }));
    expect(dealt(runs, 100, 99).length).toBe(20);
  });
  for (const name of existing) {
    const run = join(folder, "runs", name);
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, "config.json"), "{}");
  }
  const telling = seconds(() => {
    expect(comparisonStatus(folder, 0)).toMatchObject({ planned: 2000, stopped: 2000 });
  });
  const figures = JSON.stringify({ planning, again, dealing, telling });
  expect(Math.max(planning, again), figures).toBeLessThan(2);
  expect(Math.max(dealing, telling), figures).toBeLessThan(1);
}, 120_000);
