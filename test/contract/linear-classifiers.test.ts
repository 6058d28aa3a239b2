/** What every kind of linear classifier does in the commands that take classifiers. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { explanationText } from "../../src/apps/cli/explanation-text.js";
import { plain } from "../../src/apps/cli/terminal.js";
import { runClassify, runOpenClassifier } from "../../src/commands/classify.js";
import { runEvaluate } from "../../src/commands/evaluate.js";
import { runExplain } from "../../src/commands/explain.js";
import { runExport } from "../../src/commands/export.js";
import { runPredict } from "../../src/commands/predict.js";
import { runPush } from "../../src/commands/push.js";
import type { Host } from "../../src/run/host/host.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  predictSchema,
  pushSchema,
  resolveSettings,
} from "../../src/run/settings/schemas.js";
import { failure } from "../fixtures/failure.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { createTestHost } from "../fixtures/host.js";
import {
  labels,
  rows,
  type SavedLinear,
  saveEmbedClassifier,
  saveTfidfClassifier,
} from "../fixtures/linear-classifiers.js";
import { toJsonLines } from "../fixtures/sounds.js";

const at = temporaryFolder();
const input = at("rows.jsonl");
writeFileSync(input, toJsonLines(rows));

interface Kind {
  readonly kind: string;
  readonly save: (folder: string) => Promise<SavedLinear>;
  readonly host: () => Host;
  /** Settings that it has no use for. */
  readonly refused: readonly { readonly given: object; readonly flag: string }[];
  /** What the terminal and the page say, and what they leave out. */
  readonly terminal: string;
  readonly page: string;
  readonly unsaid: RegExp;
}

const runtime = () => Promise.reject(new Error("no runtime is needed"));
const int8 = { given: { precision: "int8" }, flag: "--precision int8" };
const kinds: readonly Kind[] = [
  {
    kind: "tfidf",
    save: saveTfidfClassifier,
    host: () => ({ ...createTestHost(), runtime }),
    refused: [int8, { given: { maxLength: 64 }, flag: "--max-length" }],
    terminal: "word   attribution to sail",
    page: "word by word",
    unsaid: /mask|surprisal|token|vanilla/i,
  },
  {
    kind: "embed",
    save: saveEmbedClassifier,
    host: createTestHost,
    refused: [int8],
    terminal: "(the text as a whole)",
    page: "The text as a whole, by its embedding",
    unsaid: /surprisal/i,
  },
];

describe.each(kinds)("$kind", ({ kind, save, host, refused, terminal, page, unsaid }) => {
  const model = at(kind);
  let saved: SavedLinear;
  beforeAll(async () => {
    saved = await save(model);
  });

  it("predicts, with its temperature where that is asked for", async () => {
    const score = await saved.scoreOf("a sail");
    for (const [fittedTemperature, temperature] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const given = resolveSettings(classifierSchema, { model, fittedTemperature });
      expect(await runOpenClassifier(given, host())).toEqual(labels);
      const [{ label, probabilities }] = await runClassify({ texts: ["a sail"] });
      expect(label).toBe("sail");
      expect(probabilities.sail).toBeCloseTo(1 / (1 + Math.exp(-score / temperature)), 5);
    }
  });

  it("writes predictions of a file, and is measured on one", async () => {
    const output = at(`${kind}.jsonl`);
    await runPredict(resolveSettings(predictSchema, { model, input, output }), host());
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).label)).toEqual(rows.map(({ label }) => label));
    const measured = await runEvaluate(resolveSettings(evaluateSchema, { model, input }), host());
    expect(measured).toMatchObject({ rows: 4, accuracy: 1 });
  });

  it("explains texts by parts that sum to the score, in the terminal and on a page", async () => {
    const given = { model, texts: ["The sail, oiled"], label: "sail" };
    const result = await runExplain(resolveSettings(explainSchema, given), host());
    const [{ tokens, attribution, embedding_attribution: whole = 0 }] = result.texts;
    expect(tokens).toEqual(["The", "sail,", "oiled"]);
    const sum = attribution.reduce((a, b) => a + b, whole);
    expect(sum).toBeCloseTo((await saved.scoreOf("The sail, oiled")) - saved.intercept, 4);
    const shown = explanationText(result)(plain);
    expect(shown).toContain(terminal);
    expect(shown).not.toMatch(unsaid);
    const output = at(`${kind}.html`);
    await runExplain(resolveSettings(explainSchema, { ...given, output }), host());
    const written = readFileSync(output, "utf8").replace(/<style>[\s\S]*?<\/style>/, "");
    expect(written).toContain(page);
    expect(written).not.toMatch(/vanilla|surprisal/i);
  });

  it("refuses settings that it has no use for", async () => {
    for (const { given, flag } of refused) {
      const settings = resolveSettings(classifierSchema, { model, ...given });
      expect(await failure(runOpenClassifier(settings, host()))).toMatchObject({
        code: "invalid-setting",
        hint: `Leave ${flag} out.`,
      });
    }
    const given = { model, texts: ["a"], vanillaModel: "x", gamma: 2 };
    const error = await failure(runExplain(resolveSettings(explainSchema, given), host()));
    expect(error.message).toContain("--vanilla-model, --gamma");
  });

  it("refuses to be exported or pushed", async () => {
    const exported = runExport(resolveSettings(exportSchema, { model }), host());
    const pushed = runPush(resolveSettings(pushSchema, { model, repository: "a/b" }), host());
    for (const error of [await failure(exported), await failure(pushed)]) {
      expect(error).toMatchObject({ code: "checkpoint-config" });
      expect(error.message).toContain(`got a linear classifier in ${model}`);
    }
  });
});
