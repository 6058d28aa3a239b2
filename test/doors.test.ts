/**
 * What CONTRIBUTING.md says of adding things, tried: a copy of the sources gets one of each in the files that the page asks
 * for and in no others. The copy is compiled, so that types ask for nothing more, and its command line is used.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { methods } from "../src/method/methods.js";
import { doors, type Edit } from "./fixtures/doors.js";
import { soundFiles } from "./fixtures/sounds.js";

const root = fileURLToPath(new URL("../", import.meta.url));

let copy: string;
const at = (...path: readonly string[]) => join(copy, ...path);
const read = (...path: readonly string[]) => readFileSync(at(...path), "utf8");

function make({ file, before, instead, text }: Edit): void {
  const piece = before ?? instead;
  expect(existsSync(at(file)), file).toBe(piece !== undefined);
  const [start, ...ends] = piece === undefined ? [""] : read(file).split(piece);
  expect(ends.length, `${piece} in ${file}`).toBe(piece === undefined ? 0 : 1);
  writeFileSync(at(file), [start, text, before, ...ends].join(""));
}

interface Ended {
  readonly exitCode: unknown;
  /** Standard output, then standard error. */
  readonly printed: string;
}

/** Runs Node in the copy until it ends. */
function node(...words: readonly string[]): Promise<Ended> {
  const env = { ...process.env, L3MASKING_CACHE: at("cache"), NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: copy, env }, (error, out, err) =>
      resolve({ exitCode: error === null ? 0 : error.code, printed: out + err }),
    );
  });
}

/** What it prints where it ends well. */
async function printed(...words: readonly string[]): Promise<string> {
  const ended = await node(...words);
  expect(ended, ended.printed).toMatchObject({ exitCode: 0 });
  return ended.printed;
}

const main = "dist/apps/cli/main.js";

/** What a comparison and its runs have in common. */
const settings = [
  ...["--train-file", soundFiles.trainFile, "--validation-file", soundFiles.validationFile],
  ...["--test-file", soundFiles.testFile, "--model", join(root, "test/golden/models/bert")],
  ...["--max-length", "32", "--batch-size", "12", "--max-steps", "3", "--threads", "1"],
  ...["--metric-for-best-model", "weighted_recall", "--device", "slow"],
];

let comparing: string;
/** The run of a method, as a folder. */
function runOf(method: string): string {
  const found = readdirSync(at("compared/runs")).find((name) => name.includes(`bert-${method}-`));
  return join("compared/runs", found ?? expect.unreachable(`no run of ${method}`));
}

beforeAll(async () => {
  // In the checkout, so that packages are found.
  mkdirSync(join(root, "build"), { recursive: true });
  copy = mkdtempSync(join(root, "build/doors-"));
  const isSource = (path: string) => !/\.(test|cases)\.ts$/.test(path);
  cpSync(join(root, "src"), at("src"), { recursive: true, filter: isSource });
  for (const name of ["package.json", "tsconfig.json", "tsconfig.build.json"]) {
    cpSync(join(root, name), at(name));
  }
  for (const { edits, records = [] } of doors) [...edits, ...records].forEach(make);
  await printed(join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json");
  writeFileSync(at("settings.yaml"), "rarity: high\n");
  comparing = await printed(
    ...[main, "compare", ...settings, "--config", "settings.yaml", "--methods", "stl,mtl-rare"],
    ...["--seeds", "0", "--bootstrap-samples", "100", "--output-dir", "compared"],
    ...["--executor", "one"],
  );
}, 600_000);
afterAll(() => rmSync(copy, { recursive: true }));

it.each(doors)("CONTRIBUTING.md counts the files: $adds", ({ adds, edits }) => {
  const page = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const section = page.split("\n**").find((text) => text.startsWith(adds));
  const files = new Set(edits.map(({ file }) => file));
  expect(section).toContain(["", "One file", "Two files", "Three files"][files.size]);
});

describe("setting, method and measure", () => {
  it("are in the help", async () => {
    const help = (await printed(main, "train", "--help")).replace(/\s+/g, " ");
    expect(help).toContain(
      "--rare-share <choice> How rare a rare token is (low, middle, high; default low)",
    );
    expect(help).toContain("mtl-rare: rare token masking (default auto)");
    expect(help).toContain("(accuracy, macro_f1, weighted_recall;");
  });

  it("are in documentation and schemas", async () => {
    const page = await printed("dist/apps/cli/settings-docs.js");
    expect(page).toContain(
      "| `--rare-share` (`--rarity`) | `low`, `middle`, `high` | `low` | How rare a rare token is | a guess |",
    );
    expect(page).toContain("`l3`, `mtl-rare`");
    await printed("dist/apps/cli/settings-schemas.js");
    const { properties } = JSON.parse(read("train.json"));
    expect(properties.rareShare).toMatchObject({
      enum: ["low", "middle", "high"],
      default: "low",
      description: "How rare a rare token is",
    });
    expect(properties.method.enum).toContain("mtl-rare");
    expect(properties.metricForBestModel.enum).toContain("weighted_recall");
  });

  it("are completed", async () => {
    const script = await printed(main, "completion", "bash");
    expect(script).toContain('"train --rare-share") values="low middle high"');
    expect(script).toContain(
      `"train --method") values="${["auto", ...methods.map(({ name }) => name), "mtl-rare"].join(" ")}"`,
    );
  });

  it("are in the model card", async () => {
    const model = join(runOf("mtl-rare"), "model");
    await printed(
      ...[main, "export", model, "--precisions", "float32", "--threads", "1"],
      ...["--output-dir", "exported"],
    );
    const card = read("exported/README.md");
    expect(card).toContain("Multi-task learning with rare tokens masked more often.");
    expect(card).toContain("--method mtl-rare");
    expect(card).toContain("--rare-share high");
    expect(card).toContain("type: recall");
    expect(card).toContain("largest logit");
  });

  it("are in the page of a run", async () => {
    await printed(main, "report", runOf("mtl-rare"), "--output", "run.html");
    const page = read("run.html");
    expect(page).toContain("MTL Rare");
    expect(page).toContain("masks rare tokens more often");
    expect(page).toContain("weighted recall");
    expect(page).toContain("argest logit");
    expect(page).toContain("rareShare");
  });
});

describe("a setting", () => {
  it("comes from a file of settings and reaches, through compare, the code that reads it", () => {
    expect(comparing).toContain("rare tokens: high");
    const record = JSON.parse(read(runOf("mtl-rare"), "config.json"));
    expect(record.settings).toHaveProperty("rareShare", "high");
  });

  it("is checked, with the nearest value as a hint", async () => {
    const given = ["--rare-share", "hihg", "--output-dir", "other"];
    expect(await node(main, "train", ...settings, ...given)).toEqual({
      exitCode: 2,
      printed: expect.stringContaining("Did you mean high?"),
    });
  });

  it("makes another value another run, of the methods that it matters to", async () => {
    const resume = (method: string) => {
      const run = ["--method", method, "--seed", "0", "--output-dir", runOf(method), "--resume"];
      return node(main, "train", ...settings, ...run);
    };
    expect(await resume("stl")).toEqual({
      exitCode: 0,
      printed: expect.stringContaining("is finished"),
    });
    expect(await resume("mtl-rare")).toEqual({
      exitCode: 2,
      printed: expect.stringContaining('expected rareShare to be "high"'),
    });
  });
});

describe("a strategy, and the method that masks by it", () => {
  it("masks by what it needs", async () => {
    const { createStrategy } = await import(at("src/method/masking/probabilities.ts"));
    const given = { budget: 0.25, calibration: "exact", exponent: 1 };
    const { needs, probabilities } = createStrategy("rare", given);
    expect(needs).toBe("frequencies");
    const wordIds = Int32Array.of(-1, 0, 1, -1);
    const frequencies = [Number.NaN, 0.75, 0.25, Number.NaN];
    expect([...probabilities({ wordIds }, frequencies)]).toEqual([0, 0.125, 0.375, 0]);
  });

  it("is trained, and its masks are recorded", () => {
    expect(JSON.parse(read(runOf("mtl-rare"), "metrics.json"))).toHaveProperty(
      "method",
      "mtl-rare",
    );
    expect(JSON.parse(read(runOf("mtl-rare"), "masking.json"))).toHaveProperty("strategy", "rare");
  });

  it("has a title, a look and an explanation in the tables and page of a comparison", () => {
    expect(comparing).toContain("| MTL Rare |");
    expect(read("compared/results.md")).toContain("| MTL Rare - STL |");
    const page = read("compared/report.html");
    expect(page).toContain("MTL Rare");
    expect(page).toContain("Multi-task learning with rare tokens masked more often.");
    expect(page).toContain("masks rare tokens more often");
  });
});

describe("a measure of labels", () => {
  it("is measured at every evaluation, on dev and on test", () => {
    const metrics = JSON.parse(read(runOf("stl"), "metrics.json"));
    for (const split of ["dev", "test", "test_unseen"]) {
      // A recall weighted by rows is the accuracy.
      expect(metrics[split].weighted_recall).toBeCloseTo(metrics[split].accuracy, 12);
    }
    expect(read(runOf("stl"), "journal.jsonl")).toMatch(/"measures":\{[^}]*"weighted_recall":/);
  });

  it("is in the tables, the tests of differences and the page of a comparison", () => {
    const { cells, paired } = JSON.parse(read("compared/results.json"));
    expect(cells[0].dev).toHaveProperty("weighted_recall");
    expect(JSON.stringify(paired)).toContain("weighted_recall");
    expect(read("compared/results.md")).toContain("| MTL Rare - STL | weighted recall |");
    const page = read("compared/report.html");
    expect(page).toContain("Recall, each label counted by its rows.");
    expect(page).toContain("Weighted recall on dev");
  });
});

it("a measure of probabilities is measured at every temperature, and by evaluate", async () => {
  const { confidence } = JSON.parse(read(runOf("stl"), "metrics.json"));
  for (const split of ["dev", "test"]) {
    for (const temperature of ["plain", "at_temperature"]) {
      expect(confidence[split][temperature]).toHaveProperty("largest_logit");
    }
  }
  const model = ["--model", join(runOf("stl"), "model"), "--threads", "1"];
  const evaluated = await printed(main, "evaluate", ...model, "--input", soundFiles.testFile);
  expect(evaluated).toMatch(/largest logit -?[\d.]+/);
});

it("a model family is among those that a checkpoint may be of", async () => {
  mkdirSync(at("unknown"));
  writeFileSync(at("unknown/config.json"), '{"model_type": "gpt2"}');
  const given = ["--model", "unknown", "--input", soundFiles.testFile, "--output", "s.jsonl"];
  expect((await node(main, "score", ...given)).printed).toMatch(
    /one of squeezebert, bert, [^"]*got/,
  );
});

it("a device runs the graphs", () => {
  const { machine } = JSON.parse(read(runOf("stl"), "metrics.json"));
  expect(machine.device).toBe("slow");
});

it("an executor trains the runs of a comparison", () => {
  expect(comparing).toContain("one by one");
});

it("a command is listed and prints its result", async () => {
  expect(await printed(main, "greet", "--whom", "you")).toContain('"greeting": "Hello, you"');
  expect(await printed(main, "--help")).toContain("greet [options]");
});

it("an event is written into the journal, which the page of a run is made from", () => {
  expect(read(runOf("stl"), "journal.jsonl")).toContain('"text":"off it goes"');
});
