import { readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { type CompareOptions, compareSchema, resolveSettings } from "../../run/settings/schemas.js";
import { type Plan, planOf, readPlan, requireSamePlan, writePlan } from "./comparison-plan.js";

const at = temporaryFolder();

const versions = { l3masking: "0.1.0", node: "20.19.0", "onnxruntime-node": "1.30.0" };

const dataset = {
  ...{ name: "d", files: { train: "d.csv", dev: null, test: null }, notes: [], labels: ["a", "b"] },
  ...{ rows: { train: 8, dev: 2, test: 0, leak_free: 0 }, excluded: {}, digest: "data" },
};
const model = {
  ...{ name: "m", folder: "models/m", family: "bert", layers: 2, hidden_size: 32 },
  ...{ checkpoint_digest: "weights", tokenizer_digest: "words" },
};
const run = {
  ...({ dataset: "d", model: "m", method: "stl", task_weights: null, seed: 0 } as const),
  ...{ folder: "runs/d-m-stl-seed0-01234567", digest: "0123456789" },
};

function plan(options: Partial<CompareOptions> = {}, change: Partial<Plan> = {}): Plan {
  const settings = resolveSettings(compareSchema, { trainFile: "d.csv", model: ["m"], ...options });
  const inputs = { datasets: [dataset], models: [model], masking: [], tokens: [] };
  const planned = planOf(
    settings,
    { ...inputs, unlabelledDigest: undefined, generalDigest: undefined },
    versions,
    [],
  );
  return { ...planned, runs: [run], ...change };
}

describe("plan.json", () => {
  it("says nothing of where and on what the work is done", () => {
    const elsewhere = { outputDir: "x", threads: 3, jobs: 2, cacheDir: "c", shard: "1/2" };
    expect(plan(elsewhere)).toEqual(plan());
    expect(Object.keys(plan().versions)).toEqual(["l3masking", "onnxruntime-node"]);
    expect(plan({ gamma: 2 })).not.toEqual(plan());
    expect(plan({ bootstrapSamples: 200 })).not.toEqual(plan());
  });

  it("is read as it was written, with or without runs", () => {
    for (const [name, written] of Object.entries({ one: plan(), none: plan({}, { runs: [] }) })) {
      const folder = at(name);
      writePlan(at("."), written);
      expect(readPlan(at("."))).toEqual(written);
      expect(folder).toContain(name);
    }
  });

  it("is refused where it is damaged", () => {
    writeFileSync(at("plan.json"), '{"format":"l3masking-plan"}');
    expect(() => readPlan(at("."))).toThrow(expect.objectContaining({ code: "data-format" }));
  });
});

describe("requireSamePlan", () => {
  const check = (other: Plan) => requireSamePlan(["a", plan()], ["b", other]);

  it("lets paths differ: digests say that the files are the same", () => {
    check(plan({ trainFile: "/elsewhere/d.csv", model: ["/models/m"] }));
  });

  it.each([
    ["settings", plan({ gamma: 2 }), "gamma"],
    ["a setting more", plan({ maxSteps: 5 }), "maxSteps"],
    ["data", plan({}, { datasets: [{ ...dataset, digest: "x" }] }), "data set d to be data"],
    ["a model", plan({}, { models: [{ ...model, checkpoint_digest: "x" }] }), "the model m"],
    ["a tokenizer", plan({}, { models: [{ ...model, tokenizer_digest: "x" }] }), "tokenizer of m"],
    [
      "versions",
      plan({}, { versions: { l3masking: "0.2.0" } }),
      "version of l3masking to be 0.1.0",
    ],
    ["the number of runs", plan({}, { runs: [] }), "number of runs to be 1"],
    ["a run", plan({}, { runs: [{ ...run, digest: "x" }] }), "digest of run 1"],
  ])("refuses other %s, naming both folders", async (_, other, text) => {
    const error = await failure(Promise.resolve().then(() => check(other)));
    expect(error).toMatchObject({ code: "runs-disagree" });
    expect(error.message).toContain(text);
    expect(error.message).toContain("as in a");
    expect(error.message).toContain("in b");
    expect(error.hint).toContain("same settings, files and version");
  });
});

it("leaves nothing but plan.json", () => {
  writePlan(at("."), plan());
  expect(readdirSync(at(".")).filter((name) => name.startsWith("plan.json"))).toEqual([
    "plan.json",
  ]);
});
