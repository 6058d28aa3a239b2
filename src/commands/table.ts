/**
 * Every command by name. A thread serves this table; in a program that has a thread of its own it can be called directly.
 *
 * It stands by itself, so that the list of commands is printed fast: settings and commands are loaded when they are asked
 * for, and their types are all that is known of them here.
 */
import { type Command, command } from "./command.js";

/** In the order of the help. */
const records = {
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
  compare: command({
    help: {
      summary: "Train methods x seeds x data sets x models, and test their differences",
      operands: {
        syntax: "DATA...",
        description: "Data sets, like those after --dataset",
        fills: "dataset",
      },
      examples: [
        "l3masking compare examples/sample-task --methods stl,l3",
        "l3masking compare --dataset a b --model m n --methods stl,l3 --seeds 0-2 --jobs 2 --output-dir comparisons/two",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).compareSchema,
    load: async () => (await import("./compare/compare.js")).runCompare,
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
  pretrain: command({
    help: {
      summary: "Pretrain a small model with masked-token prediction",
      examples: [
        "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine",
        "l3masking pretrain --tokenizer tokenizer.json --text corpus.txt --max-steps 20000 --output-dir models/mine --resume",
      ],
    },
    settings: async () => (await import("../run/settings/schemas.js")).pretrainSchema,
    load: async () => (await import("./pretrain.js")).runPretrain,
  }),
  perplexity: command({
    help: {
      summary: "Measure a masked language model on plain text",
      examples: ["l3masking perplexity --text corpus.txt"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).perplexitySchema,
    load: async () => (await import("./perplexity.js")).runPerplexity,
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
  push: command({
    help: {
      summary: "Upload a model folder to the Hugging Face hub",
      operands: { syntax: "DIR", description: "Folder of a model", fills: "model" },
      examples: ["l3masking push runs/l3/model --repository org/name"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).pushSchema,
    load: async () => (await import("./push.js")).runPush,
  }),
  worker: command({
    help: {
      summary: "Train runs that compare puts into a queue, on this machine",
      examples: [
        "l3masking worker --queue redis://10.0.0.3:6379",
        "l3masking worker --queue rediss://queue.example:6379 --jobs 2 --max-idle 600",
      ],
      endsByInterrupt: true,
    },
    settings: async () => (await import("../run/settings/schemas.js")).workerSchema,
    load: async () => (await import("./worker.js")).runWorker,
  }),
  doctor: command({
    help: {
      summary: "Check that everything the package needs is installed and works",
      examples: ["l3masking doctor", "l3masking doctor --time-devices"],
    },
    settings: async () => (await import("../run/settings/schemas.js")).doctorSchema,
    load: async () => (await import("./doctor.js")).runDoctor,
  }),
  // Calls of the library alone.
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

export type CommandName = keyof typeof records;

/** What each command gives back. */
type CommandResults = {
  readonly [Name in CommandName]: Awaited<ReturnType<(typeof records)[Name]["run"]>>;
};

export type CommandResult<Name extends CommandName> = CommandResults[Name];

export const commands: { readonly [Name in CommandName]: Command<CommandResult<Name>> } = records;

export function isCommand(name: unknown): name is CommandName {
  return typeof name === "string" && Object.hasOwn(commands, name);
}
