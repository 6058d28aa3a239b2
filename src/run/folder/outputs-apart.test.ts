/** Any spelling of any output against any spelling of any input; what the commands do with it: commands/outputs-apart.test.ts. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, sep } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { requireOutputsApart } from "./outputs-apart.js";

const at = temporaryFolder();
for (const folder of ["data/model/deep", "other"]) mkdirSync(at(folder), { recursive: true });
const files = [
  "a.csv",
  "b.csv",
  "model/a.csv",
  "model/deep/b.csv",
  "c.csv.partial",
  "model.partial",
];
for (const name of files) writeFileSync(at(`data/${name}`), name);
symlinkSync(at("data"), at("linked"));
symlinkSync(at("data/model"), at("other/inner"));
symlinkSync(at("data/a.csv"), at("data/soft.csv"));
symlinkSync("../data/model/a.csv", at("other/soft.csv"));
linkSync(at("data/b.csv"), at("other/hard.csv"));

const folder = fc.constantFrom(
  "data",
  "./data/",
  "other/../data",
  "linked",
  "linked/model/..",
  "data/model",
  "other/inner",
  "other/inner/deep/",
  "other",
);
/** As it is typed: no path function takes its dots away. */
const spelled = (names: readonly string[]) =>
  fc.tuple(folder, fc.constantFrom(...names)).map(([place, name]) => `${at("")}/${place}/${name}`);
const names = ["a.csv", "b.csv", "c.csv", "soft.csv", "hard.csv", "model/a.csv", "deep/b.csv"];
const input = spelled([...names, "c.csv.partial", "model.partial"]).filter(existsSync);

const record = (name: string, use: object) => ({ name, ...use });
const refused = (action: () => void) => {
  try {
    action();
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: "output-exists" });
    return true;
  }
};
const sameFile = (a: string, b: string) => {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && first.ino === second?.ino;
};

describe("requireOutputsApart", () => {
  it("refuses an output that is, or is first written to, the file of an input, and no other", () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(input, input, spelled(names), (train, test, output) => {
        const isOver = [output, `${output}.partial`].some((place) =>
          [train, test].some((read) => sameFile(place, read)),
        );
        const found = refused(() =>
          requireOutputsApart({
            records: [
              record("trainFile", { reads: true }),
              record("texts", { reads: true }),
              record("output", { writes: "file" }),
            ],
            values: { trainFile: train, texts: [test], output },
          }),
        );
        seen.add(found);
        expect(found).toBe(isOver);
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(seen.size).toBe(2);
  });

  it("refuses a folder of which it would replace a part that holds an input, and no other", () => {
    const seen = new Set<boolean>();
    const outputs = folder.map((place) => `${at("")}/${place}`).filter(existsSync);
    fc.assert(
      fc.property(input, outputs, (read, output) => {
        const replaced = ["model", "a.csv"]
          .flatMap((name) => [name, `${name}.partial`])
          .map((name) => join(output, name))
          .filter(existsSync);
        const isOver = replaced.some(
          (place) =>
            sameFile(place, read) || realpathSync(read).startsWith(`${realpathSync(place)}${sep}`),
        );
        const found = refused(() =>
          requireOutputsApart({
            records: [
              record("trainFile", { reads: true }),
              record("outputDir", { writes: ["model", "a.csv"] }),
            ],
            values: { trainFile: read, outputDir: output },
          }),
        );
        seen.add(found);
        expect(found).toBe(isOver);
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(seen.size).toBe(2);
  });

  it("refuses the folder of a model that is read, whose config alone it would replace", () => {
    mkdirSync(at("base"));
    for (const name of ["config.json", "pytorch_model.bin"]) writeFileSync(at(`base/${name}`), "");
    const records = [
      record("model", { reads: true }),
      record("outputDir", { writes: ["config.json", "state"] }),
    ];
    const values = { model: at("base"), outputDir: at("base/.") };
    expect(refused(() => requireOutputsApart({ records, values }))).toBe(true);
    const other = { ...values, outputDir: at("other") };
    expect(refused(() => requireOutputsApart({ records, values: other }))).toBe(false);
  });

  it("leaves the files of a model to it, also those in its folders, but not what lies deeper", () => {
    mkdirSync(at("own/onnx/kept"), { recursive: true });
    const own = ["tokenizer.json", "onnx/model.onnx"];
    const others = ["onnx/kept/scores.json", "predictions.jsonl"];
    for (const name of [...own, ...others]) writeFileSync(at(`own/${name}`), "");
    const records = [record("output", { writes: "file" })];
    const writes = (name: string) =>
      refused(() => requireOutputsApart({ records, values: { output: at(`own/${name}`) } }));
    expect(own.filter(writes)).toEqual(own);
    expect(others.filter(writes)).toEqual([]);
  });
});
