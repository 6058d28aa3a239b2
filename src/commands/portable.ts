/** The commands that a browser runs as well: they reach files, clocks and devices through the platform and their host alone. */
import { command } from "./command.js";

export const portable = {
  train: command({
    help: {
      summary: "Fine-tune a text classifier and write a run folder",
      operands: {
        syntax: "DATA",
        description:
          "Training file, or a folder with train, dev (or valid, validation) and test files",
        fills: "files",
      },
      examples: [
        "l3masking train messages.csv",
        "l3masking train messages.csv --resume",
        "l3masking train examples/sample-task --method stl --seed 1 --output-dir runs/stl-1",
        "l3masking train --dataset acl-arc --model roberta-base --preset published",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).trainSchema,
    load: async () => (await import("./train.js")).runTrain,
  }),
  score: command({
    help: {
      summary: "Write the log-likelihood of every token in every text",
      examples: [
        "l3masking score --input texts.jsonl --output scores.jsonl",
        "l3masking score --model roberta-base --input texts.csv --estimator block-7 --output fast.jsonl",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).scoreSchema,
    load: async () => (await import("./score.js")).runScore,
  }),
  predict: command({
    help: {
      summary: "Classify texts",
      examples: [
        "l3masking predict --model runs/l3/model --input texts.jsonl",
        "l3masking predict --model runs/l3/model --input texts.csv --output labels.csv",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).predictSchema,
    load: async () => (await import("./predict.js")).runPredict,
  }),
  evaluate: command({
    help: {
      summary: "Measure a classifier on labelled texts",
      examples: ["l3masking evaluate --model runs/l3/model --input test.jsonl"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).evaluateSchema,
    load: async () => (await import("./evaluate.js")).runEvaluate,
  }),
  explain: command({
    help: {
      summary: "Show texts token by token: surprisal, masks, and attributions to the label",
      operands: { syntax: "TEXT...", description: "Texts, each in quotes", fills: "texts" },
      examples: [
        'l3masking explain --model runs/l3/model "The impeller lost two vanes."',
        "l3masking explain --model runs/l3/model --input test.jsonl --output explained.html",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).explainSchema,
    load: async () => (await import("./explain.js")).runExplain,
  }),
  check: command({
    help: {
      summary: "Examine a data set before training: labels, lengths, duplicates, leaks",
      operands: {
        syntax: "FILE...",
        description:
          "Files of a data set: recognized by train, dev (or valid, validation) and test in their names, else taken in this order. Or one folder",
        fills: "files",
      },
      examples: [
        "l3masking check train.jsonl dev.jsonl test.jsonl",
        "l3masking check examples/sample-task --model roberta-base",
        "l3masking check --dataset acl-arc",
        "l3masking check data.csv --output check.html",
        "l3masking check data.csv --output rows.csv",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).checkSchema,
    load: async () => (await import("./check.js")).runCheck,
  }),
  report: command({
    help: {
      summary: "Write the HTML page of a training run or a comparison",
      operands: {
        syntax: "FOLDER",
        description: "The output folder of train or compare",
        fills: "folder",
      },
      examples: ["l3masking report comparisons/first", "l3masking report runs/l3 --output l3.html"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).reportSchema,
    load: async () => (await import("./report.js")).runReport,
  }),
  export: command({
    help: {
      summary: "Export a classifier as ONNX files for other programs, with a model card",
      operands: { syntax: "DIR", description: "Folder of a trained classifier", fills: "model" },
      examples: [
        "l3masking export runs/l3/model --input test.jsonl",
        "l3masking export runs/l3/model --precisions float32 --output-dir released",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).exportSchema,
    load: async () => (await import("./export.js")).runExport,
  }),
  scoreTexts: command({
    settings: async () => (await import("../run/settings/schemas.js")).scoreTextsSchema,
    load: async () => (await import("./score-texts.js")).runScoreTexts,
  }),
  openClassifier: command({
    settings: async () => (await import("../run/settings/schemas.js")).classifierSchema,
    load: async () => (await import("./classify.js")).runOpenClassifier,
  }),
  classify: command({
    settings: async () => (await import("./classify.js")).classifySchema,
    load: async () => (await import("./classify.js")).runClassify,
  }),
  readRows: command({
    settings: async () => (await import("./read-rows.js")).readRowsSchema,
    load: async () => (await import("./read-rows.js")).runReadRows,
  }),
  examine: command({
    settings: async () => (await import("../run/settings/schemas.js")).checkSchema,
    load: async () => (await import("./examine.js")).runExamine,
  }),
  readRun: command({
    settings: async () => (await import("./read-run.js")).readRunSchema,
    load: async () => (await import("./read-run.js")).runReadRun,
  }),
};

export type PortableCommand = keyof typeof portable;
