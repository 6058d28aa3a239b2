/** Settings that name models, data and texts, and say how they are read. */
import { z } from "zod";
import { knownDatasetNames } from "../../data/known/known-datasets.js";
import { longTextParts } from "../../text/long-texts.js";
import { integer, list, text } from "./kinds.js";
import { contrastMethods, maskingMethods } from "./method.js";
import { PUBLISHED, setting } from "./setting.js";
import { SHIPPED_MODEL } from "./shipped-model.js";

const heading = "Model and files";

const model = {
  heading,
  placeholder: "folder",
  reads: true,
  aliases: ["modelNameOrPath"],
  identity: "none",
} as const;
const readFile = { heading, placeholder: "file", reads: true } as const;
const represented = { ...readFile, identity: "represented" } as const;
const inputFile = { ...readFile, identity: "none" } as const;
const shownText = { heading, placeholder: "text", identity: "none" } as const;

const models = [
  setting({
    name: "model",
    commands: ["train", "score", "scoreTexts"],
    type: text().default(SHIPPED_MODEL),
    description: `Checkpoint to fine-tune; it also scores the texts, as the vanilla model. ${SHIPPED_MODEL}, which the package contains; a folder; or a hub repository such as FacebookAI/roberta-base, with @REVISION for a branch, tag or commit other than main (docs/models.md)`,
    heading,
    placeholder: "folder",
    reads: true,
    aliases: ["modelNameOrPath"],
    identity: "represented",
  }),
  setting({
    name: "model",
    ...model,
    commands: ["predict", "evaluate", "explain", "serve", "classifier", "export"],
    type: text(),
    description: "Trained classifier: a folder or a hub repository (docs/models.md)",
  }),
  setting({
    name: "model",
    ...model,
    commands: ["perplexity"],
    type: text().default(SHIPPED_MODEL),
    description: `Masked language model: ${SHIPPED_MODEL}, which the package contains, a folder or a hub repository (docs/models.md)`,
  }),
  setting({
    name: "model",
    ...model,
    commands: ["check"],
    type: text().default(SHIPPED_MODEL),
    description: `Checkpoint whose tokenizer measures the texts: ${SHIPPED_MODEL}, which the package contains, a folder or a hub repository`,
  }),
];

const datasets = [
  setting({
    name: "dataset",
    commands: ["train", "check"],
    type: z.enum(knownDatasetNames).optional(),
    description: "Known public data set, instead of files (docs/datasets.md)",
    heading,
    identity: "represented",
  }),
  setting({
    name: "dataDir",
    commands: ["train", "compare", "check"],
    type: text().optional(),
    description:
      "Folder with the known data set's files (train, dev and test as .jsonl or .jsonl.gz), or with a subfolder named after it; without it, the data set is downloaded to the cache",
    heading,
    placeholder: "folder",
    reads: true,
    identity: "represented",
  }),
  setting({
    name: "trainFile",
    ...represented,
    commands: ["train", "check"],
    type: text().optional(),
    description:
      "Labelled training texts (jsonl, json, csv, tsv, parquet; also .gz); required without --dataset",
  }),
  setting({
    name: "validationFile",
    ...represented,
    commands: ["train", "compare", "check"],
    type: text().optional(),
    description: "Labelled development texts; without them, some training texts are split off",
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
      "Extra unlabelled texts for the auxiliary task (txt with one text per line, or any format of labelled texts)",
    aliases: ["unlabelledFile"],
  }),
  setting({
    name: "unlabeledUnit",
    heading,
    identity: "represented",
    commands: ["train", "compare"],
    type: z.enum(["text", "sentence"]).default("text"),
    methods: maskingMethods,
    description:
      "What of --unlabeled-file is a text for the auxiliary task: a row, or each of its sentences, for documents longer than --max-length",
  }),
  setting({
    name: "auxiliaryTexts",
    commands: ["train", "compare"],
    heading,
    identity: "counts",
    type: z.enum(["all", "unlabeled"]).default("all"),
    methods: maskingMethods,
    description:
      "Texts whose masked tokens are predicted: the training texts and those of --unlabeled-file, or the latter alone",
  }),
  setting({
    name: "generalFile",
    ...represented,
    commands: ["train", "compare"],
    type: list().optional(),
    methods: contrastMethods,
    description:
      "General text that --method contrast holds the training texts against, in the same language and on many subjects (txt with one text per line, or any format of labelled texts)",
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
    description: "Texts to score; - for standard input",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["predict"],
    type: text(),
    description: "Texts to classify; - for standard input",
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
    description: "File of texts to explain, instead of texts on the command line",
  }),
  setting({
    name: "input",
    ...inputFile,
    commands: ["export"],
    type: text().optional(),
    description:
      "Texts on which the exported files are compared with the classifier; random tokens by default",
  }),
  setting({
    name: "text",
    commands: ["pretrain", "perplexity"],
    type: list(),
    description:
      "Plain text files: one paragraph per line, an empty line between documents; - for standard input",
    ...readFile,
    identity: "counts",
  }),
];

const reading = [
  setting({
    name: "textColumn",
    commands: ["train", "compare", "check", "score", "predict", "evaluate", "explain", "export"],
    type: text().optional(),
    description:
      "Column with the text, or two with a comma between them for pairs that are read together, such as question,answer; by default the one with a usual name, or those of the classifier's training",
    heading,
    aliases: ["textColumnName", "textColumnNames"],
    identity: "represented",
  }),
  setting({
    name: "labelColumn",
    commands: ["train", "compare", "check", "evaluate"],
    type: text().optional(),
    description:
      "Column with the label; by default, the one with a usual name. Several with commas between them are one label each, with 1 where a text has it and 0 where not",
    heading,
    aliases: ["labelColumnName", "labelColumnNames"],
    identity: "represented",
  }),
  setting({
    name: "labelSeparator",
    commands: ["train", "compare", "check", "evaluate"],
    type: text().optional(),
    description:
      "What stands between the labels of a text, such as ; where a text can have several (an empty cell: no label), or none where each cell is one label; by default told from the cells, ; | or , where labels recur beside others",
    heading,
    identity: "represented",
  }),
  setting({
    name: "orderedLabels",
    commands: ["train", "compare", "evaluate"],
    type: z.boolean().optional(),
    description:
      "The labels are numbers with an order, such as 1 to 5 stars: mean absolute error and quadratic kappa are reported besides; by default where there are at least three and all are numbers",
    heading,
    identity: "none",
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
    description:
      "Maximum length of a text, special tokens included; longer texts are truncated, and counted",
    heading: "Limits",
    unit: "tokens",
    origin: PUBLISHED,
    aliases: ["maxSeqLength"],
    identity: "counts",
  }),
  setting({
    name: "longTexts",
    commands: ["train", "compare"],
    type: z.enum(longTextParts).default("head"),
    description:
      "What is read of a text beyond the maximum length: its head, its head and its tail in equal parts, or all of it in windows, each trained with the text's label; not with methods that mask tokens",
    heading: "Limits",
    identity: "counts",
  }),
  setting({
    name: "maxLength",
    commands: ["predict", "evaluate", "explain", "serve", "classifier"],
    type: integer(3).optional(),
    description:
      "Maximum length of a text, special tokens included; by default, that of the classifier's training",
    heading: "Limits",
    unit: "tokens",
    aliases: ["maxSeqLength"],
    identity: "none",
  }),
];

export const sourceSettings = [...models, ...datasets, ...texts, ...reading];
