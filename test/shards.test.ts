/** Comparisons in parts: shards that share a folder or have their own, joined to the report of one machine. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { L3MaskingError } from "../src/base/errors.js";
import { parseShard } from "../src/commands/compare/shard.js";
import { type Ticket, ticketLine } from "../src/commands/compare/ticket.js";
import { runTrain } from "../src/commands/train.js";
import { type CompareOptions, resolveSettings, trainSchema } from "../src/run/settings/schemas.js";
import { compare, compareOptions, shortName, statuses } from "./fixtures/comparing.js";
import { failure } from "./fixtures/failure.js";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles } from "./fixtures/sounds.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");

const given = (folder: string, options: Partial<CompareOptions> = {}) =>
  compareOptions(bert, folder, { maxSteps: 2, evalSteps: 2, ...options });
const shard = (folder: string, part: string, host = createTestHost({ cacheFolder })) =>
  compare(given(folder, { shard: part }), host);
/** Nothing of the comparison is said: its plan says all. */
const merge = (parts: readonly string[], outputDir?: string) =>
  compare(
    { merge: [...parts], ...(outputDir !== undefined && { outputDir }) },
    createTestHost({ cacheFolder, train: () => Promise.reject(new Error("merge trains nothing")) }),
  );

const REPORT = ["results.json", "results.md", "report.html", "figures.csv"];
const report = (folder: string) =>
  REPORT.map((name) => readFileSync(join(folder, name), "utf8").replaceAll(folder, "FOLDER"));
const runs = (folder: string) => readdirSync(join(folder, "runs")).map(shortName).sort();

describe("shards in folders of their own", () => {
  beforeAll(async () => {
    for (const part of [1, 2]) await shard(at(`part-${part}`), `${part}/2`);
  }, 120_000);

  it("share the runs, the expensive ones evenly", () => {
    expect(runs(at("part-1"))).toEqual(["l3-seed0", "stl-seed0"]);
    expect(runs(at("part-2"))).toEqual(["l3-seed1", "stl-seed1"]);
  });

  it("write no report, and say what is next", async () => {
    const host = createTestHost({ cacheFolder });
    const result = await shard(at("part-1"), "1/2", host);
    expect(result).toMatchObject({ finished: 2, failed: 0, missing: 0, files: [] });
    expect(result.notes).toEqual([
      `part 1 of 2 is done. When all 2 are: l3masking compare --merge ${at("part-1")}`,
    ]);
    expect(host.notices("info")).toContain("part 1 of 2: 2 of 4 runs");
    expect(statuses(host)).toEqual(["l3-seed0 reused 0", "stl-seed0 reused 0"]);
    for (const name of REPORT) expect(existsSync(at(`part-1/${name}`))).toBe(false);
  });

  it("are joined to the report that one machine writes of the same runs, byte for byte", async () => {
    const result = await merge([at("part-1"), at("part-2")], at("joined"));
    expect(result).toMatchObject({ finished: 4, failed: 0, missing: 0, notes: [] });
    cpSync(at("joined/runs"), at("single/runs"), { recursive: true });
    await compare(given(at("single")), createTestHost({ cacheFolder }));
    expect(report(at("joined"))).toEqual(report(at("single")));
    expect(readFileSync(at("joined/plan.json"), "utf8")).toBe(
      readFileSync(at("single/plan.json"), "utf8"),
    );
  });

  it("are joined in any order, and as often as one likes", async () => {
    const first = report(at("joined"));
    await merge([at("part-2"), at("part-1"), at("joined")], at("joined"));
    expect(report(at("joined"))).toEqual(first);
    await merge([at("part-2"), at("part-1")], at("joined-again"));
    expect(report(at("joined-again"))).toEqual(first);
  });

  it("train what one machine would train", async () => {
    await compare(given(at("alone")), createTestHost({ cacheFolder }));
    for (const name of readdirSync(at("alone/runs"))) {
      for (const file of ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"]) {
        const bytes = (folder: string) => readFileSync(at(`${folder}/runs/${name}/${file}`));
        expect(bytes("joined").equals(bytes("alone")), `${name} ${file}`).toBe(true);
      }
    }
  });

  it("say which runs are missing, in a partial report", async () => {
    const result = await merge([at("part-1")], at("half"));
    expect(result).toMatchObject({ finished: 2, missing: 2 });
    expect(result.notes).toEqual([expect.stringMatching(/^not begun \(2 runs\): runs\/.*seed1/)]);
    expect(readFileSync(at("half/results.md"), "utf8")).toContain("2 of 4 runs are finished");
    await merge([at("part-2")], at("half"));
    expect(report(at("half"))).toEqual(report(at("joined")));
  });

  it("of different comparisons are refused", async () => {
    await compare(given(at("other"), { shard: "1/2", gamma: 2 }), createTestHost({ cacheFolder }));
    const error = await failure(merge([at("part-1"), at("other")], at("mixed")));
    expect(error).toMatchObject({ code: "runs-disagree", exitCode: 2 });
    expect(error.message).toContain("expected gamma to be");
    expect(existsSync(at("mixed/results.json"))).toBe(false);
    const same = await failure(
      compare(given(at("part-1"), { shard: "1/2", gamma: 2 }), createTestHost({ cacheFolder })),
    );
    expect(same).toMatchObject({ code: "runs-disagree" });
  });

  it("with runs of another version are refused, and nothing is written", async () => {
    cpSync(at("part-1"), at("older"), { recursive: true });
    const [name] = readdirSync(at("older/runs"));
    const path = at(`older/runs/${name}/metrics.json`);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/"onnxruntime-node": "[^"]+"/, '"onnxruntime-node": "1.2.3"'));
    const error = await failure(merge([at("older")]));
    expect(error).toMatchObject({ code: "runs-disagree" });
    expect(error.message).toContain("got 1 run of 1.2.3");
    expect(existsSync(at("older/results.json"))).toBe(false);
  });

  it("are not joined in the folder of a training run", async () => {
    const [name] = readdirSync(at("part-1/runs"));
    const taken = merge([at("part-1"), at("part-2")], at(`part-1/runs/${name}`));
    expect(await failure(taken)).toMatchObject({ code: "output-exists" });
  });

  it("need a folder to be joined in, and a plan", async () => {
    expect(await failure(merge([at("part-1"), at("part-2")]))).toMatchObject({
      code: "missing-setting",
      hint: "Add --output-dir.",
    });
    expect(await failure(merge([at("nowhere")], at("none")))).toMatchObject({
      code: "file-missing",
    });
  });
});

describe("shards in one folder", () => {
  it("lead to the same report, and a failed run does not stop the others", async () => {
    const fails = { now: true };
    const train = (settings: Parameters<typeof runTrain>[0]) =>
      fails.now && settings.method === "stl" && settings.seed === 1
        ? Promise.reject(new L3MaskingError("training-diverged", "expected a finite loss"))
        : runTrain(settings, createTestHost({ cacheFolder }));
    const host = () => createTestHost({ cacheFolder, train });
    const parts = ["1/2", "2/2"].map((part) => shard(at("shared"), part, host()));
    const results = await Promise.all(parts);
    expect(results.map(({ finished, failed }) => [finished, failed])).toEqual([
      [2, 0],
      [1, 1],
    ]);
    const merged = await merge([at("shared")]);
    expect(merged).toMatchObject({ finished: 3, failed: 1, missing: 0 });
    expect(merged.notes).toEqual([
      expect.stringMatching(/^failed, and tried again .*\(1 run\): runs\/.*stl-seed1/),
    ]);
    const page = readFileSync(at("shared/results.md"), "utf8");
    expect(page).toContain("training-diverged: expected a finite loss");

    // A repetition tries it again.
    fails.now = false;
    expect(await shard(at("shared"), "2/2", host())).toMatchObject({ finished: 2, failed: 0 });
    expect(await merge([at("shared")])).toMatchObject({ finished: 4, failed: 0, notes: [] });
  });

  it("stopped on request go on with the same command", async () => {
    const stopAt = () => true;
    const stopping = createTestHost({ cacheFolder, stopAt });
    expect(await failure(shard(at("stopped"), "1/1", stopping))).toMatchObject({
      code: "interrupted",
    });
    rmSync(at("stopped"), { recursive: true, force: true });
  });

  it("score the texts once", async () => {
    const cold = at("cold");
    const hosts = [1, 2].map(() => createTestHost({ cacheFolder: cold }));
    const parts = hosts.map((host, index) => shard(at("two words"), `${index + 1}/2`, host));
    const [{ notes }] = await Promise.all(parts);
    expect(notes[0]).toContain(`compare --merge '${at("two words")}'`);
    const scored = hosts.map((host) => host.runs("token-likelihood") > 0);
    expect(scored.filter(Boolean).length).toBe(1);
  });
});

describe("a part", () => {
  it.each(["0/2", "3/2", "2", "1/0", "a/b", "-1/2", "1/2/3"])("is not %s", (text) => {
    expect(() => parseShard(text)).toThrow(
      expect.objectContaining({ code: "invalid-setting", hint: expect.stringContaining("i/n") }),
    );
  });

  it("is i of n", () => {
    expect(parseShard("2/8")).toEqual({ index: 1, count: 8 });
  });
});

it("one command is for one purpose", async () => {
  const both = compare({ merge: [at("part-1")], status: at("part-1") }, createTestHost());
  expect(await failure(both)).toMatchObject({
    code: "invalid-setting",
    message: "expected --merge or --status, got both",
  });
});

describe("a ticket", () => {
  const settings = resolveSettings(trainSchema, {
    ...soundFiles,
    ...{ model: bert, method: "stl", maxSteps: 2, evalSteps: 2, maxLength: 32, batchSize: 12 },
  });
  const ticket = (data_digest: string): Ticket => ({
    ...{ format: "l3masking-ticket", version: 1, name: "run", digest: "d", data_digest, settings },
  });
  const run = (place: string, outputDir = at("tickets")) =>
    compare({ ticket: place, outputDir }, createTestHost({ cacheFolder }));

  it("is trained by itself, from a line of a file", async () => {
    const line = ticketLine(ticket("of other data"));
    writeFileSync(at("tickets.jsonl"), `${line}\n${line}\n`);
    // The run says by its first step that it reads other data.
    expect(await run(`${at("tickets.jsonl")}#2`)).toMatchObject({ finished: 0, failed: 1 });
    const folder = at("tickets/runs/run");
    expect(readJson(join(folder, "failure.json"))).toMatchObject({ code: "runs-disagree" });
    const { data_digest } = z
      .object({ data_digest: z.string() })
      .parse(readJson(join(folder, "config.json")));
    writeFileSync(at("one.json"), ticketLine(ticket(data_digest)));
    expect(await run(at("one.json"))).toMatchObject({ finished: 1, failed: 0 });
    const names = readdirSync(folder);
    expect(names).toContain("metrics.json");
    expect(names).not.toContain("failure.json");
    expect(names).not.toContain("progress.json");
  });

  it("needs the folder of the comparison", async () => {
    const alone = compare({ ticket: at("one.json") }, createTestHost({ cacheFolder }));
    expect(await failure(alone)).toMatchObject({ code: "missing-setting" });
  });
});
