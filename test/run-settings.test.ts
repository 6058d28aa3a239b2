/** What reaches a run: a preset's values, further texts, a cheap estimator; and what its files tell of them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { runReport } from "../src/commands/report.js";
import { loadTokenizer } from "../src/text/load.js";
import { failure } from "./fixtures/failure.js";
import { readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { elementsNamed } from "./fixtures/markup.js";
import { soundRows, toJsonLines } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");

const recordSchema = z.object({
  settings: z.record(z.string(), z.unknown()),
  rows: z.record(z.string(), z.number()),
  unlabelled_digest: z.string().optional(),
});
const record = (folder: string) => recordSchema.parse(readJson(at(`${folder}/config.json`)));

describe("a preset", () => {
  it("decides what is not given; config.json has its name and every value", async () => {
    const { batchSize: _, ...options } = trainOptions(bert, at("preset"), { preset: "published" });
    await train({ ...options, maxSteps: 1 }, createTestHost());
    expect(record("preset").settings).toMatchObject({
      preset: "published",
      batchSize: 64,
      patience: 20,
      numTrainEpochs: 150,
      // Given, so not the preset's.
      learningRate: 3e-3,
      maxLength: 32,
      // Neither given nor the preset's.
      evalTokens: 1024,
    });
  });
});

describe("class weights", () => {
  it("change what is trained on where labels are unbalanced, not what is told of the loss", async () => {
    const rows = soundRows("train");
    const kept = rows.filter(({ label }, row) => label === "animal" || row < 9);
    writeFileSync(at("unbalanced.jsonl"), toJsonLines(kept));
    const firstStep = async (name: string, classWeights: "equal" | "balanced", file?: string) => {
      const options = { method: "stl", maxSteps: 1, batchSize: 16, classWeights } as const;
      const files = file === undefined ? {} : { trainFile: file };
      await train(trainOptions(bert, at(name), { ...options, ...files }), createTestHost());
      return readJournal(at(name)).steps[0];
    };
    const file = at("unbalanced.jsonl");
    const equal = await firstStep("unbalanced-equal", "equal", file);
    const balanced = await firstStep("unbalanced-balanced", "balanced", file);
    expect(balanced.main_loss).toBeCloseTo(Number(equal.main_loss), 5);
    expect(balanced.gradient_norms).not.toEqual(equal.gradient_norms);
    // Twelve texts of each of three labels: every weight is 1.
    const same = await firstStep("even-balanced", "balanced");
    expect(same).toEqual(await firstStep("even-equal", "equal"));
  });
});

describe("a shared pass", () => {
  const options = { method: "l3", maxSteps: 4, evalSteps: 2, sharedPass: true } as const;

  it("trains both tasks over each text once", async () => {
    const apart = { ...options, sharedPass: false };
    const host = createTestHost({ cacheFolder });
    await train(trainOptions(bert, at("shared"), options), host);
    await train(trainOptions(bert, at("apart"), apart), createTestHost({ cacheFolder }));
    expect(record("shared").settings.sharedPass).toBe(true);
    const [together, separate] = ["shared", "apart"].map((name) => readJournal(at(name)).steps);
    together.forEach((step, index) => {
      expect(step.main_loss).toBeGreaterThan(0);
      expect(step.auxiliary_loss).toBeGreaterThan(0);
      // The texts of a step are the same, and each is read once instead of twice; masks change no lengths.
      expect(step.tokens).toBeLessThan(0.75 * separate[index].tokens);
      expect(step.task_weights).toEqual({ main: 0.5, auxiliary: 0.5 });
    });
  });

  it("weights the losses as told", async () => {
    const fixed = { ...options, taskWeights: "fixed", auxiliaryWeight: 0.25, maxSteps: 1 } as const;
    await train(trainOptions(bert, at("fixed"), fixed), createTestHost({ cacheFolder }));
    const [step] = readJournal(at("fixed")).steps;
    expect(step.task_weights).toEqual({ main: 0.75, auxiliary: 0.25 });
  });

  it("has no effect where there is one task, and says so", async () => {
    const host = createTestHost();
    const alone = { method: "stl", maxSteps: 1 } as const;
    await train(trainOptions(bert, at("stl-shared"), { ...alone, sharedPass: true }), host);
    await train(trainOptions(bert, at("stl-alone"), alone), createTestHost());
    expect(readJournal(at("stl-shared")).events).toEqual(readJournal(at("stl-alone")).events);
    const notices = host.events.flatMap((event) => (event.type === "notice" ? [event.text] : []));
    expect(notices).toContain("stl has one task: --shared-pass has no effect");
  });

  it("is refused where each task needs a pass of its own", async () => {
    const refused = async (more: object) =>
      failure(train(trainOptions(bert, at("refused"), { ...options, ...more }), createTestHost()));
    const meta = await refused({ taskWeights: "meta" });
    expect(meta.code).toBe("invalid-setting");
    expect(meta.message).toMatch(/--shared-pass, got meta/);
    const further = await refused({ unlabeledFile: ["more.txt"] });
    expect(further.message).toMatch(/--shared-pass without --unlabeled-file/);
  });
});

describe("the page of a run", () => {
  it("shows what L3Masking selects, and has no such part for random masking", async () => {
    const page = async (method: "l3" | "rtm") => {
      const outputDir = at(`page-${method}`);
      const host = createTestHost({ cacheFolder });
      await train(trainOptions(bert, outputDir, { method, maxSteps: 1 }), host);
      const { output } = await runReport({ folder: outputDir }, host);
      const headings = elementsNamed(readFileSync(output, "utf8"), "h3").map(({ text }) => text);
      return { masking: existsSync(`${outputDir}/masking.json`), headings };
    };
    const [l3, rtm] = [await page("l3"), await page("rtm")];
    expect(l3.masking).toBe(true);
    expect(l3.headings).toContain("What is masked");
    expect(l3.headings).toContain("Some training texts, token by token");
    expect(rtm.masking).toBe(false);
    expect(rtm.headings).not.toContain("What is masked");
    const summary = z
      .object({ tokens: z.number(), mean: z.number(), budget: z.number() })
      .parse(readJson(at("page-l3/masking.json")));
    expect(summary.tokens).toBeGreaterThan(100);
    expect(summary.mean).toBeCloseTo(summary.budget, 2);
  });
});

describe("unlabelled texts", () => {
  const seen = soundRows("test")[0].text;
  const further = ["The kettle whistled in the yard.", "", seen, "A frog croaked twice."];
  writeFileSync(at("further.txt"), `${further.join("\n")}\n`);
  writeFileSync(at("more.csv"), "text,other\nThe brook murmured all night.,1\n");
  const unlabeledFile = [at("further.txt"), at("more.csv")];

  it("are scored and masked for the auxiliary task, and leave the main one alone", async () => {
    const host = createTestHost({ cacheFolder });
    const options = { method: "l3", maxSteps: 2 } as const;
    await train(trainOptions(bert, at("without"), options), host);
    const before = host.progress("scoring").at(-1)?.total ?? 0;
    const { metrics } = await train(
      trainOptions(bert, at("with"), { ...options, unlabeledFile }),
      host,
    );
    const tokenizer = await loadTokenizer(bert);
    const tokens = [...further, "The brook murmured all night."]
      .filter((text) => text !== "")
      // Two special tokens are not scored.
      .reduce((sum, text) => sum + tokenizer.encode(text, 32).ids.length - 2, 0);
    expect(host.progress("scoring").at(-1)?.total).toBe(before + tokens);

    const [alone, both] = [readJournal(at("without")), readJournal(at("with"))];
    expect(both.steps[0].main_loss).toBe(alone.steps[0].main_loss);
    expect(both.steps[0].auxiliary_loss).not.toBe(alone.steps[0].auxiliary_loss);

    expect(host.notices("info")).toContain(`4 rows of ${at("further.txt")} (txt)`);
    expect(host.notices("warning")).toContain(
      "4 texts for the auxiliary task (1 empty ones skipped); 0 also occur in train, 0 in dev, 1 in test",
    );
    expect(metrics.excluded).toMatchObject({ empty_texts_unlabelled: 1 });
    expect(record("with").rows).toEqual({ train: 36, dev: 12, test: 12, unlabelled: 4 });
    expect(record("with").unlabelled_digest).toMatch(/^[0-9a-f]{64}$/);
    expect(record("without")).not.toHaveProperty("unlabelled_digest");
  });

  it("may be all that the auxiliary task reads, sentence by sentence", async () => {
    writeFileSync(at("documents.txt"), "The owl called. Then it flew off!\nA door closed.\n");
    const documents = { unlabeledFile: [at("documents.txt")], unlabeledUnit: "sentence" } as const;
    const options = { method: "rtm", maxSteps: 1, auxiliaryTexts: "unlabeled" } as const;
    const host = createTestHost();
    const given = { ...options, ...documents, unlabeledFile: [...documents.unlabeledFile] };
    await train(trainOptions(bert, at("sentences"), given), host);
    expect(record("sentences").rows).toMatchObject({ unlabelled: 3 });
    const error = await failure(train(trainOptions(bert, at("none"), options), createTestHost()));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain("--unlabeled-file");
  });

  it("and training texts may be read with the spaces of the released code; classification reads texts as they are", async () => {
    const options = { method: "rtm", maxSteps: 1, batchSize: 36 } as const;
    for (const auxiliarySpacing of ["original", "published"] as const) {
      const given = { ...options, auxiliarySpacing };
      // BERT parts words at punctuation whatever the spaces.
      await train(
        trainOptions(tinyModel("roberta"), at(`spaced-${auxiliarySpacing}`), given),
        createTestHost(),
      );
    }
    const [plain, spaced] = [
      readJournal(at("spaced-original")),
      readJournal(at("spaced-published")),
    ];
    expect(spaced.steps[0].main_loss).toBe(plain.steps[0].main_loss);
    expect(spaced.steps[0].auxiliary_loss).not.toBe(plain.steps[0].auxiliary_loss);
    const shared = { ...options, auxiliarySpacing: "published", sharedPass: true } as const;
    const error = await failure(train(trainOptions(bert, at("both"), shared), createTestHost()));
    expect(error.message).toContain("--auxiliary-spacing original with --shared-pass");
  });

  it("are not read by stl, which says so", async () => {
    const host = createTestHost();
    const options = { unlabeledFile: [at("no/such/file.txt")], maxSteps: 1 };
    await train(trainOptions(bert, at("stl"), options), host);
    expect(host.notices("warning")).toContain("--unlabeled-file has no effect");
  });
});

describe("a cheap estimator", () => {
  it("is reported in metrics.json with cost and rank correlation; an exact one is not", async () => {
    const host = createTestHost({ cacheFolder });
    const options = { method: "l3", maxSteps: 1 } as const;
    const cheap = trainOptions(bert, at("cheap"), { ...options, estimator: "unmasked" });
    const { metrics } = await train(cheap, host);
    const report = metrics.estimator_report;
    // One copy of a text instead of one for each token but the two special ones.
    const tokenizer = await loadTokenizer(bert);
    const lengths = soundRows("train").map(({ text }) => tokenizer.encode(text, 32).ids.length);
    expect(report).toMatchObject({
      estimator: "unmasked",
      sample_texts: 16,
      model_tokens: lengths.reduce((sum, length) => sum + length, 0),
      exact_model_tokens: lengths.reduce((sum, length) => sum + length * (length - 2), 0),
    });
    expect(host.notices("info")).toContain("tokens through the model)");
    expect(readJson(at("cheap/metrics.json"))).toEqual(metrics);
    const exact = await train(trainOptions(bert, at("exact"), options), host);
    expect(exact.metrics).not.toHaveProperty("estimator_report");
  });
});
