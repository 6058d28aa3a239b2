import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { singleTexts } from "../../../data/task.js";
import { bert } from "../../../model/families/bert.js";
import { type CardRun, type ModelCard, modelCard } from "./model-card.js";

const run: CardRun = {
  command: "l3masking train train.csv --model base --output-dir RUN",
  method: "l3",
  taskWeights: "equal",
  seed: 3,
  baseModel: "org/base",
  origin: { repository: "org/base", commit: "c".repeat(40) },
  checkpointDigest: "aa",
  dataDigest: "bb",
  rows: { train: 90, dev: 10, test: 20 },
  scores: [
    { rowSet: "dev", rows: 10, accuracy: 0.9, macro_f1: 0.85 },
    { rowSet: "test", rows: 20, accuracy: 0.75, macro_f1: 0.6125 },
  ],
  perLabel: { "a|b": { precision: 1, recall: 0.5, f1: 2 / 3, support: 4 } },
  confidence: { ece: 0.125, loss: 0.5 },
};

const card: ModelCard = {
  model: { family: bert, layers: 2, hiddenSize: 8, vocabularySize: 40 },
  task: singleTexts,
  labels: ["a|b", "`ticks`\n# not a heading"],
  maxLength: 16,
  run,
  files: [
    {
      name: "onnx/model.onnx",
      precision: "float32",
      bytes: 1_234_567,
      largest: 0.0000123,
      equalLabels: 31,
      texts: 32,
    },
  ],
  checkedOn: "32 texts",
};

const frontMatter = z.object({
  pipeline_tag: z.literal("text-classification"),
  base_model: z.string().optional(),
  "model-index": z
    .array(
      z.object({
        results: z.array(
          z.object({ metrics: z.array(z.object({ type: z.string(), value: z.number() })) }),
        ),
      }),
    )
    .optional(),
});

function partsOf(text: string) {
  const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  return { head: frontMatter.parse(parse(head)), body };
}

describe("a model card", () => {
  const { head, body } = partsOf(modelCard(card));

  it("has the front matter of the hub, with the scores on test", () => {
    expect(head.base_model).toBe("org/base");
    expect(head["model-index"]?.[0].results[0].metrics).toEqual([
      { type: "accuracy", value: 0.75 },
      { type: "f1", value: 0.6125 },
    ]);
  });

  it("tells method, data, scores, files and the command", () => {
    for (const fact of [
      "Multi-task learning with L3Masking: besides",
      "```sh\nl3masking train train.csv --model base --output-dir RUN\n```",
      "90 train, 10 dev, 20 test",
      "| test | 20 | 75.0 % | 61.3 % |",
      "expected calibration error 12.5 %",
      "| `onnx/model.onnx` | float32 | 1.2 | 0.000012 | 31 of 32 |",
      "fp32",
    ]) {
      expect(body).toContain(fact);
    }
  });

  it("shows names of labels as they are, in tables and lists", () => {
    expect(body).toContain("0. `a|b`");
    expect(body).toContain("| `a\\|b` | 100.0 % | 50.0 % | 66.7 % | 4 |");
    expect(body).toContain("1. `` `ticks` # not a heading ``");
    const headings = body.split("\n").filter((line) => line.startsWith("#"));
    expect(headings).not.toContain("# not a heading");
  });

  it("says how several labels a text are given, and measured", () => {
    const figures = { label_sets: { micro_f1: 0.8125, hamming_loss: 0.1 } };
    const task = { ...singleTexts, severalLabels: { kind: "lists" } as const };
    const scores = run.scores.map((of) => ({ ...of, figures }));
    const found = partsOf(modelCard({ ...card, task, run: { ...run, scores } })).body;
    expect(found).toContain("Gives a text any number of 2 labels");
    expect(found).toContain("| test | 20 | 75.0 % | 61.3 % | 81.3 % | 10.0 % |");
    expect(found).toContain("subset accuracy");
    expect(found).toContain("top_k=None");
    expect(found).toContain("top_k: null");
  });

  it("says how pairs of texts are classified", () => {
    const pairs = { ...card, task: { textColumns: ["question", "answer"] } };
    const found = partsOf(modelCard(pairs)).body;
    expect(found).toContain("Classifies a pair of texts, `question` and `answer`, into");
    expect(found).toContain('classify({"text": "The first text.", "text_pair"');
    expect(found).toContain('{ text_pair: "The second text." }');
    expect(body).not.toContain("text_pair");
  });

  it("says where nothing is known of the training", () => {
    const unknown = partsOf(modelCard({ ...card, run: undefined }));
    expect(unknown.head["model-index"]).toBeUndefined();
    expect(unknown.body).toContain("The training of this model is not recorded");
    expect(unknown.body).not.toContain("## Scores");
  });
});
