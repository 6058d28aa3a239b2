/** Settings of evaluation, of what is written where, and of the machine's part in it. */
import { z } from "zod";
import { decidingMeasure, labelMeasures } from "../../results/metrics/label-measures.js";
import { longTextParts } from "../../text/long-texts.js";
import { modelCommands } from "./device.js";
import { fraction, integer, text } from "./kinds.js";
import { PUBLISHED, RECIPE, setting } from "./setting.js";
import { runNames } from "./written-names.js";

const heading = "Evaluation and saving";

const measured = { commands: ["train", "compare"], heading, identity: "counts" } as const;
const predicting = {
  commands: ["predict", "evaluate", "serve", "classifier"],
  heading,
  identity: "none",
} as const;
const outputFile = {
  type: text().optional(),
  heading: "Model and files",
  placeholder: "file",
  writes: "file",
  identity: "none",
} as const;

const measuring = [
  setting({
    name: "evalSteps",
    ...measured,
    type: integer(1).optional(),
    description: "Optimizer steps between evaluations on dev; by default, one evaluation per epoch",
  }),
  setting({
    name: "patience",
    ...measured,
    type: integer(1).optional(),
    description:
      "Stop after this many evaluations without a better dev metric; by default, as the recipe says",
    origin: RECIPE,
    aliases: ["earlyStoppingPatience", "classfPatience"],
  }),
  setting({
    name: "keep",
    ...measured,
    type: z.enum(["best", "last"]).optional(),
    description:
      "Weights to keep: those of the best dev evaluation, or the last ones, without stopping early; by default, as the recipe says",
    origin: RECIPE,
  }),
  setting({
    name: "metricForBestModel",
    ...measured,
    type: z.enum(labelMeasures.map(({ name }) => name)).default(decidingMeasure.name),
    description: "Dev metric by which the best step is chosen",
    origin: PUBLISHED,
  }),
  setting({
    name: "evalTokens",
    commands: ["train", "compare", "predict", "evaluate", "serve", "classifier"],
    type: integer(1).default(1024),
    description: "Maximum tokens per evaluation batch",
    heading,
    unit: "tokens",
    identity: "rounding",
  }),
  setting({
    name: "longTexts",
    ...predicting,
    type: z.enum(longTextParts).optional(),
    description:
      "What is read of a text beyond the maximum length: its head, its head and tail, or all of it in windows whose log-probabilities are averaged; by default, as in the classifier's training",
  }),
  setting({
    name: "fittedTemperature",
    ...predicting,
    type: z.boolean().default(false),
    description:
      "Divide logits by the temperature fitted on dev during training; train says whether that makes probabilities better",
  }),
  setting({
    name: "precision",
    ...predicting,
    type: z.enum(["float32", "int8"]).default("float32"),
    description:
      "Precision of the matrix products: int8 is faster but changes probabilities slightly, and with them a few labels",
  }),
];

const following = [
  setting({
    name: "saveSteps",
    commands: ["train", "compare"],
    type: integer(1).optional(),
    description:
      "Optimizer steps between saved states for --resume, in addition to the one after each evaluation",
    heading,
    identity: "none",
  }),
  setting({
    name: "reportTo",
    commands: ["train", "compare", "pretrain"],
    type: z
      .array(z.enum(["none", "tensorboard", "mlflow"]))
      .min(1)
      .default(["none"]),
    description: "Trackers to report the run to (docs/trackers.md)",
    heading,
    placeholder: "tracker",
    commas: true,
    identity: "none",
  }),
  setting({
    name: "loggingDir",
    commands: ["train", "pretrain"],
    type: text().optional(),
    description:
      "Folder for TensorBoard's event file; by default `tensorboard` in the output folder",
    heading,
    placeholder: "folder",
    writes: [],
    identity: "none",
  }),
];

const outputs = [
  setting({
    name: "folder",
    commands: ["report"],
    type: text(),
    description: "Folder of a finished training run or of a comparison",
    heading: "Model and files",
    placeholder: "folder",
    reads: true,
    identity: "none",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["score"],
    type: text(),
    description: "Output file: one JSON object per text, in input order; - for standard output",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["predict"],
    description:
      "Output file: .jsonl, .csv or .tsv; by default, or for -, JSON Lines on standard output",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["evaluate"],
    description:
      "File for the rows with their label and the predicted one: .jsonl, .csv or .tsv; by default, none is written",
  }),
  setting({
    name: "unsureBelow",
    commands: ["predict", "serve"],
    type: fraction().optional(),
    description:
      "Give no label to a text whose most likely label has a probability below this; `train` prints what it costs and gains",
    heading,
    identity: "none",
  }),
  setting({
    name: "inputColumns",
    commands: ["predict"],
    type: z.boolean().default(true),
    description:
      "Copy the columns of the input before the predicted ones; --no-input-columns leaves them out",
    heading: "Model and files",
    identity: "none",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["report"],
    description:
      "Output file; by default report.html in the folder. The charts as numbers are written beside it",
  }),
  setting({
    name: "charts",
    commands: ["report"],
    type: text().optional(),
    description: "Folder for the charts, one SVG file each, for papers and slides",
    heading: "Model and files",
    placeholder: "folder",
    writes: [],
    identity: "none",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["check"],
    description:
      "File to write in addition to what the terminal shows: the same as a page (.html), or the rows of the training file, those to correct first, for a spreadsheet (.csv)",
  }),
  setting({
    name: "doubtfulLabels",
    commands: ["check"],
    type: z.boolean().optional(),
    description:
      "Look for doubtful labels by cross-validation of TF-IDF with logistic regression; by default where it takes seconds",
    heading: "Evaluation and saving",
    identity: "none",
  }),
  setting({
    name: "resume",
    commands: ["train", "pretrain"],
    type: z.boolean().default(false),
    description: "Resume from the last saved state in the output folder",
    heading: "Model and files",
    identity: "none",
  }),
  setting({
    name: "outputDir",
    commands: ["train"],
    type: text().optional(),
    description:
      "Folder for the run; must not hold one already, except with --resume. By default a new one named after the data, such as runs/messages, then runs/messages-2; with --resume the newest unfinished one of the data",
    heading: "Model and files",
    placeholder: "folder",
    writes: runNames,
    identity: "none",
  }),
  setting({
    name: "outputDir",
    commands: ["pretrain"],
    type: text(),
    description: "Folder for the run; must not hold one already, except with --resume",
    heading: "Model and files",
    placeholder: "folder",
    writes: runNames,
    identity: "none",
  }),
  setting({
    name: "threads",
    // Exported files are compared on the processor.
    commands: [...modelCommands, "export"],
    type: integer(1).optional(),
    description: "Threads of the runtime, at most one per processor, which is the default",
    heading: "Limits",
    // They change last digits too, but are the machine's more than the run's.
    identity: "none",
  }),
];

export const evaluationSettings = [...measuring, ...following, ...outputs];
