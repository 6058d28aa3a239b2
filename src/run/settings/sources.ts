/** Settings that name models, data and texts, and say how they are read. */
import { z } from "zod";
import { knownDatasetNames } from "../../data/known/known-datasets.js";
import { integer, list, text } from "./kinds.js";
import { PUBLISHED, setting } from "./setting.js";

const heading = "Model and files";

const model = {
  heading,
  placeholder: "folder",
  aliases: ["modelNameOrPath"],
  identity: "none",
} as const;
const represented = { heading, placeholder: "file", identity: "represented" } as const;
const inputFile = { heading, placeholder: "file", identity: "none" } as const;
const shownText = { heading, placeholder: "text", identity: "none" } as const;

const models = [
  setting({
    name: "model",
    commands: ["train", "score", "scoreTexts"],
    type: text(),
    description:
      "Checkpoint to start from, also the vanilla model that scores: a folder, or a repository of the hub such as FacebookAI/roberta-base, with @REVISION for another branch, tag or commit than main (docs/models.md)",
    heading,
    placeholder: "folder",
    aliases: ["modelNameOrPath"],
    identity: "represented",
  }),
  setting({
    name: "model",
    ...model,
    commands: ["predict", "evaluate", "explain", "serve", "classifier", "export"],
    type: text(),
    description: "Trained classifier: a folder, or a repository of the hub (docs/models.md)",
  }),
  setting({
    name: "model",
    ...model,
    commands: ["perplexity"],
    type: text(),
    description: "Masked language model: a folder, or a repository of the hub (docs/models.md)",
  }),
  setting({
    name: "model",
    ...model,
    commands: ["check"],
    type: text().optional(),
    description:
      "Checkpoint whose tokenizer counts lengths, a folder or a repository of the hub; words are counted where absent",
  }),
];

const datasets = [
  setting({
    name: "dataset",
    commands: ["train", "check"],
    type: z.enum(knownDatasetNames).optional(),
    description: "Known public data set, in place of files (docs/datasets.md)",
    heading,
    identity: "represented",
  }),
  setting({
    name: "dataDir",
    commands: ["train", "compare", "check"],
    type: text().optional(),
    description:
      "Folder of the known data set's files (train, dev, test .jsonl or .jsonl.gz), or of a subfolder of its name; cache and download where absent",
    heading,
    placeholder: "folder",
    identity: "represented",
  }),
  setting({
    name: "trainFile",
    ...represented,
    commands: ["train", "check"],
    type: text().optional(),
    description:
      "Labelled training texts (jsonl, json, csv, tsv, parquet; also .gz); needed without --dataset",
  }),
  setting({
    name: "validationFile",
    ...represented,
    commands: ["train", "compare", "check"],
    type: text().optional(),
    description: "Labelled development texts; split off the training texts where absent",
    aliases: ["devFile"],
  }),
  setting({
    name: "testFile",
    ...represented,
    commands: ["train", "compare", "check"],
    type: text().optional(),
    description: "Labelled test texts, read once at the end",
  }),
  setting({
    name: "unlabeledFile",
    ...represented,
    commands: ["train", "compare"],
    type: list().optional(),
    description:
      "Further texts, without labels, for the auxiliary task alone (txt with one text a line, or any format of labelled texts)",
    aliases: ["unlabelledFile"],
  }),
];

const texts = [
  setting({
    name: "texts",
    ...shownText,
    commands: ["explain"],
    type: z.array(z.string()).optional(),
    description: "Texts to explain",
  }),
  setting({
    name: "texts",
    ...shownText,
    commands: ["scoreTexts"],
    type: z.array(z.string()),
    description: "Texts to score",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["score"],
    type: text(),
    description: "Texts to score",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["predict"],
    type: text(),
    description: "Texts to classify",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["evaluate"],
    type: text(),
    description: "Labelled texts",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["explain"],
    type: text().optional(),
    description: "File of texts to explain, in place of single ones",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["export"],
    type: text().optional(),
    description:
      "Texts on which the files are compared with the classifier; random tokens where absent",
  }),
  setting({
    name: "text",
    commands: ["pretrain", "perplexity"],
    type: list(),
    description: "Plain text files: one paragraph per line, an empty line between documents",
    heading,
    placeholder: "file",
    identity: "counts",
  }),
];

const reading = [
  setting({
    name: "textColumn",
    commands: ["train", "compare", "check", "score", "predict", "evaluate", "explain", "export"],
    type: text().optional(),
    description: "Column of the text; found by its usual names where absent",
    heading,
    aliases: ["textColumnName", "textColumnNames"],
    identity: "represented",
  }),
  setting({
    name: "labelColumn",
    commands: ["train", "compare", "check", "evaluate"],
    type: text().optional(),
    description: "Column of the label; found by its usual names where absent",
    heading,
    aliases: ["labelColumnName"],
    identity: "represented",
  }),
  setting({
    name: "splitSeed",
    commands: ["train", "compare", "check"],
    type: integer(0).default(0),
    description: "Seed of the split when no validation file is given; independent of --seed",
    heading,
    identity: "represented",
  }),
  setting({
    name: "maxLength",
    commands: ["train", "compare", "score", "scoreTexts", "check", "pretrain", "perplexity"],
    type: integer(3).default(128),
    description: "Longest text, special tokens included; the rest is cut off and counted",
    heading: "Limits",
    unit: "tokens",
    origin: PUBLISHED,
    aliases: ["maxSeqLength"],
    identity: "counts",
  }),
  setting({
    name: "maxLength",
    commands: ["predict", "evaluate", "explain", "serve", "classifier"],
    type: integer(3).optional(),
    description:
      "Longest text, special tokens included; what the classifier was trained with where absent",
    heading: "Limits",
    unit: "tokens",
    aliases: ["maxSeqLength"],
    identity: "none",
  }),
];

export const sourceSettings = [...models, ...datasets, ...texts, ...reading];
