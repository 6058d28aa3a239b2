import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../test/fixtures/host.js";
import { elementsNamed } from "../../test/fixtures/markup.js";
import { soundFiles, toJsonLines } from "../../test/fixtures/sounds.js";
import type { Host } from "../run/host/host.js";
import { type CheckOptions, checkSchema, resolveSettings } from "../run/settings/schemas.js";
import { SHIPPED_MODEL } from "../run/settings/shipped-model.js";
import { runCheck } from "./check.js";

const at = temporaryFolder();

const check = (options: Partial<CheckOptions> = {}, host: Host = createTestHost()) =>
  runCheck(resolveSettings(checkSchema, { ...soundFiles, ...options }), host);

describe("check", () => {
  it("counts rows, labels and texts seen in training", async () => {
    const host = createTestHost();
    const { check: found, text } = await check({}, host);
    expect(found).toMatchObject({
      labels: ["animal", "engine", "water"],
      splits: [
        { name: "train", rows: 36 },
        { name: "dev", rows: 12 },
        { name: "test", rows: 12 },
      ],
    });
    expect(found.warnings[0].code).toBe("test-seen-in-train");
    expect(text).toContain("1 of 12 test rows");
    expect(host.notices()).toContain('text from "text" (--text-column), label from "label"');
  });

  it("counts lengths in the tokens of a model, by default of the shipped one", async () => {
    const byDefault = await check();
    expect(byDefault).toEqual(await check({ model: SHIPPED_MODEL }));
    expect(byDefault.text).toContain("tokens per text");
    const tokens = await check({ model: tinyModel("bert"), maxLength: 16 });
    expect(tokens.text).toContain("tokens per text");
    expect(tokens.text).toContain("rows cut at 16 tokens");
    expect(tokens.check.warnings.map(({ code }) => code)).toContain("truncation");
  });

  it("warns of texts in another language, and of labels that only case tells", async () => {
    const german = "Die Bilgenpumpe läuft, aber es kommt kein Wasser heraus, Nummer";
    const english = "the pump runs but no water comes out of it, number";
    const rows = Array.from({ length: 80 }, (_, row) => {
      const text = `${row < 40 ? german : english} ${row}`;
      return { text: row % 4 === 0 ? text.toUpperCase() : text, label: "ab"[row % 2] };
    });
    writeFileSync(at("german.jsonl"), toJsonLines(rows));
    const own = { validationFile: undefined, testFile: undefined };
    const found = await check({ trainFile: at("german.jsonl"), ...own });
    expect(found.check.foreign?.map(({ split }) => split)).toContain("train");
    expect(found.check.capitals).toMatchObject({ label: "a", otherShouting: 0 });
    expect(found.text).toContain("capitals tell of a label");
    // Its vocabulary is too small to tell a language by.
    const tiny = await check({ trainFile: at("german.jsonl"), ...own, model: tinyModel("bert") });
    expect(tiny.check.foreign).toBeUndefined();
  });

  it("writes the same as a page where asked to, also of data that training refuses", async () => {
    const output = at("check.html");
    const { text } = await check();
    expect(await check({ output })).toMatchObject({ text, output });
    const [body] = elementsNamed(readFileSync(output, "utf8"), "body");
    // The file says only which split it is, so the folder gives the name.
    expect(body.text).toContain("Check of sounds");
    expect(body.text).toContain("TEST TEXTS SEEN IN TRAINING: 1 of 12 test rows");
    writeFileSync(at("alone.jsonl"), toJsonLines([{ text: "baa", label: "animal" }]));
    const error = await failure(check({ trainFile: at("alone.jsonl"), output }));
    expect(error).toMatchObject({ code: "data-classes" });
    const [refused] = elementsNamed(readFileSync(output, "utf8"), "body");
    expect(refused.text).toContain(`Training would reject these data: ${error.message}`);
  });

  it("shows the folds in which training holds a small file out", async () => {
    const own = { validationFile: undefined, testFile: undefined };
    const found = await check(own);
    expect(found.check.splits.map(({ name, rows }) => [name, rows])).toEqual([["train", 36]]);
    expect(found.check.folds).toEqual({ rows: [8, 7, 7, 7, 7], neverHeldOut: 0 });
    expect(found.text.replace(/\s+/g, " ")).toContain("5 folds of 7 to 8 rows. With --folds 0");
    expect((await check()).check.folds).toBeUndefined();
  });

  it("refuses a page that cannot be written", async () => {
    const unwritable = await failure(check({ output: at("no/such/check.html") }));
    expect(unwritable).toMatchObject({ code: "invalid-setting" });
  });

  it("counts several labels a text one by one, and suggests to add or take away the doubtful ones", async () => {
    const animal = ["moo", "baa", "neigh", "cluck", "bark", "oink"];
    const water = ["splash", "drip", "gurgle", "wave", "spray", "brook"];
    const other = ["quiet", "night", "meadow", "road", "noon", "hill", "gate", "barn", "tree"];
    const pick = (words: readonly string[], row: number) =>
      [1, 2, 3].map((step) => words[(row * step + step) % words.length]).join(" ");
    // One row lacks its second label, and one has one too many.
    const rows = Array.from({ length: 80 }, (_, row) => {
      const [hasAnimal, hasWater] = [
        row % 4 === 0 || row % 4 === 2,
        row % 4 === 1 || row % 4 === 2,
      ];
      const words = [
        pick(other, row * 7 + (row >> 3)),
        ...(hasAnimal ? [pick(animal, row >> 2)] : []),
        ...(hasWater ? [pick(water, (row >> 2) + 1)] : []),
      ];
      const labels = [
        ...(hasAnimal ? ["animal"] : []),
        ...((hasWater && row !== 22) || row === 44 ? ["water"] : []),
      ];
      return { text: words.join(" "), labels: labels.join(";") };
    });
    writeFileSync(
      at("sets.csv"),
      ["text,labels", ...rows.map((r) => `"${r.text}",${r.labels}`), ""].join("\n"),
    );
    const host = createTestHost();
    const options = { trainFile: at("sets.csv"), validationFile: undefined, testFile: undefined };
    const found = await check({ ...options, output: at("sets-rows.csv") }, host);
    expect(host.notices()).toMatch(
      /several labels a text from "labels".*--label-separator none reads each cell as one label/,
    );
    const { labels, splits, doubtful, severalLabels } = found.check;
    expect([severalLabels, labels]).toEqual([true, ["animal", "water"]]);
    expect(splits[0].labelRows).toEqual([40, 40]);
    expect(splits[0].labelsPerText).toEqual({ mean: 1, most: 2, none: 20 });
    const suggested = new Map(
      doubtful?.rows.map(({ record, suggested: set }) => [record.line, set]),
    );
    expect(suggested.get(24)).toBe("animal; water");
    expect(suggested.get(46)).toBe("animal");
    const corrected = readFileSync(at("sets-rows.csv"), "utf8");
    expect(corrected).toContain("animal; water");
    const plain = await failure(check({ ...options, labelSeparator: "none" }));
    expect(plain).toMatchObject({
      code: "data-label",
      message: expect.stringContaining("20 of 80"),
    });
  });

  it("shows the page, then throws what would stop training", async () => {
    writeFileSync(at("one.jsonl"), toJsonLines([{ text: "baa", label: "animal" }]));
    const host = createTestHost();
    const error = await failure(check({ trainFile: at("one.jsonl") }, host));
    expect(error).toMatchObject({ code: "data-classes" });
    expect(host.notices()).toContain("train has only one label (animal)");
  });
});

describe("rows to correct", () => {
  const csv = [
    "id,message,topic",
    ...Array.from({ length: 24 }, (_, i) => {
      const [topic, words] = [
        ["engine", "diesel piston exhaust"],
        ["sails", "genoa batten luff"],
      ][i % 2];
      return `${i},the ${words} of berth ${i} again,${i === 4 ? "sails" : topic}`;
    }),
    "24,the genoa batten luff of berth 7 again!,Sails",
  ].join("\n");
  const columns = { textColumn: "message", labelColumn: "topic" };

  it("are a copy of the file with those to look at first, which can be checked again", async () => {
    writeFileSync(at("messages.csv"), csv);
    const output = at("rows.csv");
    const host = createTestHost();
    const found = await check(
      {
        trainFile: at("messages.csv"),
        validationFile: undefined,
        testFile: undefined,
        ...columns,
        output,
      },
      host,
    );
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(26);
    expect(lines[0]).toBe(
      "\uFEFFline,message,topic,suggested_label,reason,probability,other_lines,id",
    );
    expect(lines[1]).toMatch(
      /^6,the diesel piston exhaust of berth 4 again,sails,engine,doubtful label/,
    );
    expect(lines.find((line) => line.startsWith("26,"))).toContain("nearly equal text");
    expect(found.toCorrect).toBeGreaterThan(1);
    // The only row of "Sails" is always trained on, and with it the row that it nearly repeats.
    expect(found.check.doubtful?.examined).toBe(23);
    expect(found.text).toContain("Doubtful labels: ");
    expect(host.progress("examining labels").at(-1)).toMatchObject({ done: 5, total: 5 });
    const again = await check({
      trainFile: output,
      validationFile: undefined,
      testFile: undefined,
      ...columns,
      output: at("more.csv"),
    });
    expect(again.check.labels).toEqual(found.check.labels);
    expect(readFileSync(at("more.csv"), "utf8").split("\n")[0]).toBe(lines[0]);
  });

  it("have no other ending, and labels may be left unexamined", async () => {
    writeFileSync(at("kept.csv"), csv);
    const own = {
      trainFile: at("kept.csv"),
      validationFile: undefined,
      testFile: undefined,
      ...columns,
    };
    const other = await failure(check({ ...own, output: at("rows.txt") }));
    expect(other).toMatchObject({ code: "invalid-setting" });
    const quick = await check({ ...own, doubtfulLabels: false });
    expect(quick.check.doubtful).toBeUndefined();
    expect(quick.text).toContain("--doubtful-labels");
  });

  it("are on the page too", async () => {
    writeFileSync(at("page.csv"), csv);
    const output = at("page.html");
    await check({
      trainFile: at("page.csv"),
      validationFile: undefined,
      testFile: undefined,
      ...columns,
      output,
    });
    const [body] = elementsNamed(readFileSync(output, "utf8"), "body");
    expect(body.text).toContain("Doubtful labels");
    expect(body.text).toContain("the diesel piston exhaust of berth 4 again");
    expect(body.text).toContain("Nearly equal texts");
  });
});

describe("data that are hardly any", () => {
  const rows = (
    count: number,
    label: (row: number) => string,
    text = (row: number) => `text ${row}`,
  ) => Array.from({ length: count }, (_, row) => ({ text: text(row), label: label(row) }));
  const outcome = async (name: string, data: readonly object[]) => {
    writeFileSync(at(`${name}.jsonl`), toJsonLines(data));
    const host = createTestHost();
    const own = { trainFile: at(`${name}.jsonl`), validationFile: undefined, testFile: undefined };
    return check(own, host).then(
      ({ text }) => text,
      (error: Error) => `${error.message}\n${host.notices()}`,
    );
  };
  const ab = (row: number) => "ab"[row % 2];

  it.each([
    ["a label with one row", [...rows(30, ab), { text: "lone", label: "c" }], "c (1)"],
    ["two rows", rows(2, ab), "expected a label with at least 2 different texts"],
    ["one label", rows(30, () => "a"), "train has only one label (a)"],
    ["equal texts", rows(30, ab, () => "alike"), "train has 1 text with more than one label"],
    [
      "a long text",
      [{ text: "word ".repeat(2e5), label: "a" }, ...rows(30, ab)],
      "rows cut at 128 tokens 1 (3.2 %)",
    ],
    ["10 000 labels", rows(10_000, (row) => `id${row}`), "10,000 labels in 10,000 rows"],
  ])("are told of in words: %s", async (name, data, words) => {
    expect((await outcome(name, data)).replace(/\s+/g, " ")).toContain(words);
  });
});

describe("check of a known data set", () => {
  const checkOf = (options: CheckOptions, host = createTestHost({ cacheFolder: at("cache") })) =>
    runCheck(resolveSettings(checkSchema, options), host);

  it("tells source, terms and notes before it looks for the files", async () => {
    const host = createTestHost({ cacheFolder: at("cache") });
    const error = await failure(checkOf({ dataset: "acl-arc", dataDir: at("nothing") }, host));
    expect(error.code).toBe("dataset-missing");
    const told = host.notices();
    expect(told).toContain("data set acl-arc: ACL-ARC citation intent");
    expect(told).toContain("source: github.com/usk-Kimura/L3Masking");
    expect(told).toContain("terms: ");
    expect(told).toContain("! 52 of the 139 test rows");
    expect(told).toContain("Extends: the paper builds on");
  });

  it("says that Ohsumed and IMDb have no download", async () => {
    for (const dataset of ["ohsumed", "imdb"] as const) {
      const error = await failure(checkOf({ dataset }));
      expect(error).toMatchObject({ code: "dataset-missing" });
      expect(error.message).toContain(`${dataset} has no automatic download`);
    }
  });

  it("looks in the cache folder that is named", async () => {
    const error = await failure(checkOf({ dataset: "imdb", cacheDir: at("elsewhere") }));
    expect(error.message).toContain(at("elsewhere"));
  });

  it("refuses files beside a name, a folder without a name, and neither", async () => {
    const both = await failure(checkOf({ dataset: "imdb", testFile: "t.csv" }));
    expect(both).toMatchObject({ code: "invalid-setting" });
    expect(both.message).toBe("expected either --dataset or files, got --dataset imdb and t.csv");
    const folder = await failure(checkOf({ ...soundFiles, dataDir: "d" }));
    expect(folder).toMatchObject({ code: "invalid-setting" });
    const neither = await failure(checkOf({}));
    expect(neither).toMatchObject({ code: "missing-setting" });
    expect(neither.hint).toContain("--dataset");
  });
});
