/**
 * Measures a comparison of many runs over simulated run folders: planning and `compare --status`, in seconds by the clock and of a
 * processor, and the memory of the process. `node scripts/many-runs.mjs 10000 /tmp/many`, after `npm run build`; the folder is left.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plannedRuns } from "../dist/commands/compare/compare-runs.js";
import { planOf, writePlan } from "../dist/commands/compare/comparison-plan.js";
import { comparisonStatus } from "../dist/commands/compare/status.js";
import { compareSchema, resolveSettings } from "../dist/run/settings/schemas.js";

const [count = "10000", folder = "many-runs"] = process.argv.slice(2);
const seeds = Math.ceil(Number(count) / 40);
const names = (prefix, number) => Array.from({ length: number }, (_, index) => prefix + index);

const datasets = names("data", 5).map((name) => ({
  ...{ name, files: { train: `${name}.csv`, dev: null, test: null }, notes: [] },
  ...{ labels: ["a", "b"], excluded: {}, digest: `of ${name}` },
  rows: { train: 800, dev: 100, test: 100, leak_free: 100 },
}));
const models = names("model", 4).map((name) => ({
  ...{ name, folder: `models/${name}`, family: "bert", layers: 6, hidden_size: 384 },
  ...{ checkpoint_digest: `weights of ${name}`, tokenizer_digest: `words of ${name}` },
}));
const inputs = { datasets, models, masking: [], tokens: [], unlabelledDigest: undefined };
const settings = resolveSettings(compareSchema, {
  ...{ dataset: names("data", 5), model: names("model", 4), methods: ["stl", "l3"] },
  seeds: [`0-${seeds - 1}`],
});

/** Prints what a piece of work took, and gives what it gave. */
function measured(title, work) {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const result = work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const memory = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  const processor = ((user + system) / 1e6).toFixed(2);
  console.log(`${title}: ${seconds} s, ${processor} s of a processor, ${memory} MiB of memory`);
  return result;
}

mkdirSync(join(folder, "runs"), { recursive: true });
const sources = datasets.map(({ name, files }) => ({ name, notes: [], trainFile: files.train }));
const runs = measured("planning", () => {
  const planned = plannedRuns(settings, { sources, ...inputs }, 2, []);
  writePlan(folder, planOf(settings, inputs, { l3masking: "0.1.0" }, planned));
  return planned;
});
console.log(`${runs.length} runs`);

// Of ten runs seven are stopped, one is running or stopped, one has failed and one is not begun.
const failure = { code: "training-diverged", message: "NaN", hint: null, attempt: 1 };
runs.forEach((run, index) => {
  if (index % 10 === 9) return;
  const path = join(folder, run.folder);
  mkdirSync(path, { recursive: true });
  const write = (name, content) => writeFileSync(join(path, name), JSON.stringify(content));
  write("config.json", {});
  if (index % 10 === 8) write("failure.json", failure);
  if (index % 100 === 7) {
    mkdirSync(join(path, "l3masking.lock/lease"), { recursive: true });
    write("l3masking.lock/lease/holder.json", {});
    write("progress.json", { done: 1, total: 10, seconds_left: 60 });
  }
});
for (const title of ["status", "status again"]) {
  const status = measured(title, () => comparisonStatus(folder, Date.now()));
  const { planned, running, failed, stopped, waiting } = status;
  const failures = failed.reduce((sum, group) => sum + group.count, 0);
  console.log({ planned, running: running.length, failed: failures, stopped, waiting });
}
