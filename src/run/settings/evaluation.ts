/** Settings of evaluation, of what is written where, and of the machine's part in it. */
import { z } from "zod";
import { decidingMeasure, labelMeasures } from "../../results/metrics/label-measures.js";
import { integer, text } from "./kinds.js";
import { PUBLISHED, setting } from "./setting.js";

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
  identity: "none",
} as const;

const measuring = [
  setting({
    name: "evalSteps",
    ...measured,
    type: integer(1).optional(),
    description: "Optimizer steps between evaluations on dev; once per epoch where absent",
  }),
  setting({
    name: "patience",
    ...measured,
    type: integer(1).default(10),
    description: "Stop after this many evaluations without a better dev metric",
    aliases: ["earlyStoppingPatience", "classfPatience"],
  }),
  setting({
    name: "metricForBestModel",
    ...measured,
    type: z.enum(labelMeasures.map(({ name }) => name)).default(decidingMeasure.name),
    description: "Dev metric that decides which step is kept",
    origin: PUBLISHED,
  }),
  setting({
    name: "evalTokens",
    commands: ["train", "compare", "predict", "evaluate", "serve", "classifier"],
    type: integer(1).default(8192),
    description: "Most tokens in one evaluation batch",
    heading,
    unit: "tokens",
    identity: "rounding",
  }),
  setting({
    name: "fittedTemperature",
    ...predicting,
    type: z.boolean().default(false),
    description:
      "Divide logits by the temperature that was fitted on dev in training, so that probabilities are nearer to the share of right labels",
  }),
  setting({
    name: "precision",
    ...predicting,
    type: z.enum(["float32", "int8"]).default("float32"),
    description:
      "Numbers of the products: int8 is faster, but changes the probabilities a little, and with them some labels",
  }),
];

const following = [
  setting({
    name: "saveSteps",
    commands: ["train", "compare"],
    type: integer(1).optional(),
    description:
      "Optimizer steps between saved states, beside those after each evaluation, to go on from with --resume",
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
    description: "Trackers that show the run while it trains (docs/trackers.md)",
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
      "Folder of TensorBoard's event file; `tensorboard` in the output folder where absent",
    heading,
    placeholder: "folder",
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
    identity: "none",
  }),
  setting({
    name: "output",
    commands: ["score"],
    type: text(),
    description: "File to write, one JSON object per text in input order",
    heading: "Model and files",
    placeholder: "file",
    identity: "none",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["predict"],
    description:
      "File to write, as its ending says .jsonl, .csv or .tsv; JSON Lines to standard output where absent",
  }),
  setting({
    name: "inputColumns",
    commands: ["predict"],
    type: z.boolean().default(true),
    description:
      "Write the columns of the input before what was predicted; --no-input-columns leaves them out",
    heading: "Model and files",
    identity: "none",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["report"],
    description: "File to write; report.html in the folder where absent",
  }),
  setting({
    name: "charts",
    commands: ["report"],
    type: text().optional(),
    description: "Folder to write every chart to as an SVG file of its own, for papers and slides",
    heading: "Model and files",
    placeholder: "folder",
    identity: "none",
  }),
  setting({
    name: "output",
    ...outputFile,
    commands: ["check"],
    description: "HTML page to write, with what the terminal shows",
  }),
  setting({
    name: "resume",
    commands: ["train", "pretrain"],
    type: z.boolean().default(false),
    description: "Go on from the last saved state of the output folder",
    heading: "Model and files",
    identity: "none",
  }),
  setting({
    name: "outputDir",
    commands: ["train", "pretrain"],
    type: text(),
    description: "Folder of the run; must not hold a run already, unless it goes on",
    heading: "Model and files",
    placeholder: "folder",
    identity: "none",
  }),
  setting({
    name: "threads",
    commands: [
      "train",
      "compare",
      "pretrain",
      "perplexity",
      "score",
      "scoreTexts",
      "predict",
      "evaluate",
      "explain",
      "serve",
      "classifier",
      "export",
    ],
    type: integer(1).optional(),
    description: "Threads of the runtime; all processors where absent",
    heading: "Limits",
    // They change last digits too, but are the machine's more than the run's.
    identity: "none",
  }),
];

export const evaluationSettings = [...measuring, ...following, ...outputs];
