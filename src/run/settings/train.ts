/**
 * Every setting, once: its type, default, unit, meaning and where the default comes from; groups of them stand in
 * `settings/groups.ts`. The flags of the command line, its help, docs/settings.md and the record in a run's config.json
 * derive from here.
 *
 * Names follow Hugging Face. In code they are camelCase, on the command line kebab-case.
 */
import { z } from "zod";
import { methods } from "../../method/methods.js";
import {
  cacheDir,
  columnSettings,
  dataSettings,
  likelihoodSettings,
  maskingSettings,
  metaSettings,
  modelSettings,
  optimizationSettings,
  PUBLISHED,
  plainText,
  secondStageSettings,
  trackerSettings,
} from "./groups.js";
import { exportShape, pushShape, trainedClassifier } from "./handing-on.js";
import { fraction, integer, list, positive, text } from "./kinds.js";
import { presetNames } from "./presets.js";

export { resolveSettings, toFlag } from "./resolve.js";

/** The settings of one training run. */
export const trainShape = {
  ...modelSettings,
  ...dataSettings,
  unlabeledFile: list({
    description:
      "Further texts, without labels, for the auxiliary task alone (txt with one text a line, or any format of labelled texts)",
    aliases: ["unlabelledFile"],
  }).optional(),
  preset: z
    .enum(presetNames)
    .meta({
      description:
        "Defaults for a purpose, over which every other flag wins; see Presets in docs/settings.md",
    })
    .optional(),
  method: z
    .enum(methods.map(({ name }) => name))
    .meta({ description: methods.map(({ name, brief }) => `${name}: ${brief}`).join("; ") })
    .default("l3"),
  taskWeights: z
    .enum(["equal", "fixed", "meta"])
    .meta({
      description:
        "How the two losses are weighted: equal is 1/2 each; fixed is as --auxiliary-weight says; meta learns it on dev",
      origin: "MT-TARTAN; the published runs learn the weights (docs/method.md, section 4)",
    })
    .default("equal"),
  auxiliaryWeight: fraction({
    description: "Fixed weights: weight of the masked-LM loss; the main loss has the rest",
  }).default(0.5),
  sharedPass: z
    .boolean()
    .meta({
      description:
        "Classify the masked texts, so that one pass of the encoder serves both tasks: about half the cost, for about a point of accuracy (docs/results.md)",
    })
    .default(false),
  classWeights: z
    .enum(["equal", "balanced"])
    .meta({
      description:
        "What a text counts in the main loss: equal, or balanced so that all labels weigh the same however rare they are",
    })
    .default("equal"),
  ...metaSettings,
  ...likelihoodSettings,
  ...maskingSettings,
  ...optimizationSettings,
  headLearningRate: positive({
    description: "Peak learning rate of the classification head",
    origin: PUBLISHED,
    aliases: ["classfLr"],
  }).default(1e-3),
  headWeightDecay: z
    .number()
    .min(0)
    .meta({ description: "Decoupled weight decay of the classification head", origin: PUBLISHED })
    .default(0.1),
  numTrainEpochs: integer(1, { description: "Passes over the training texts" }).default(20),
  evalSteps: integer(1, {
    description: "Optimizer steps between evaluations on dev; once per epoch where absent",
  }).optional(),
  patience: integer(1, {
    description: "Stop after this many evaluations without a better dev metric",
    aliases: ["earlyStoppingPatience", "classfPatience"],
  }).default(10),
  metricForBestModel: z
    .enum(["macro-f1", "accuracy"])
    .meta({ description: "Dev metric that decides which step is kept", origin: PUBLISHED })
    .default("macro-f1"),
  evalTokens: integer(1, {
    description: "Most tokens in one evaluation batch",
    unit: "tokens",
  }).default(8192),
  ...secondStageSettings,
  ...trackerSettings,
  saveSteps: integer(1, {
    description:
      "Optimizer steps between saved states, beside those after each evaluation, to go on from with --resume",
  }).optional(),
  resume: z
    .boolean()
    .meta({ description: "Go on from the last saved state of the output folder" })
    .default(false),
  outputDir: text({
    description: "Folder of the run; must not hold a run already, unless it goes on",
  }),
};

const classifierLength = integer(3, {
  description:
    "Longest text, special tokens included; what the classifier was trained with where absent",
  unit: "tokens",
  aliases: ["maxSeqLength"],
}).optional();

const scoreShape = {
  ...modelSettings,
  input: text({ description: "Texts to score" }),
  textColumn: columnSettings.textColumn,
  ...likelihoodSettings,
  output: text({ description: "File to write, one JSON object per text in input order" }),
};

const predictShape = {
  model: trainedClassifier,
  input: text({ description: "Texts to classify" }),
  textColumn: columnSettings.textColumn,
  output: text({
    description:
      "File to write, as its ending says .jsonl, .csv or .tsv; JSON Lines to standard output where absent",
  }).optional(),
  inputColumns: z
    .boolean()
    .meta({
      description:
        "Write the columns of the input before what was predicted; --no-input-columns leaves them out",
    })
    .default(true),
  maxLength: classifierLength,
  fittedTemperature: z
    .boolean()
    .meta({
      description:
        "Divide logits by the temperature that was fitted on dev in training, so that probabilities are nearer to the share of right labels",
    })
    .default(false),
  precision: z
    .enum(["float32", "int8"])
    .meta({
      description:
        "Numbers of the products: int8 is faster, but changes the probabilities a little, and with them some labels",
    })
    .default("float32"),
  evalTokens: trainShape.evalTokens,
  threads: modelSettings.threads,
};

const evaluateShape = {
  model: predictShape.model,
  input: text({ description: "Labelled texts" }),
  ...columnSettings,
  maxLength: classifierLength,
  fittedTemperature: predictShape.fittedTemperature,
  precision: predictShape.precision,
  evalTokens: trainShape.evalTokens,
  threads: modelSettings.threads,
};

const perplexityShape = {
  model: text({
    description: "Masked language model: a folder, or a repository of the hub (docs/models.md)",
    aliases: ["modelNameOrPath"],
  }),
  text: plainText,
  maxLength: modelSettings.maxLength,
  mlmProbability: maskingSettings.mlmProbability,
  maskReplaceProb: maskingSettings.maskReplaceProb,
  randomReplaceProb: maskingSettings.randomReplaceProb,
  seed: optimizationSettings.seed,
  threads: modelSettings.threads,
};

/** What decides mask probabilities and masks, completed with defaults; other settings are passed over. */
export const maskingOfRunSchema = z.object({
  ...maskingSettings,
  estimator: likelihoodSettings.estimator,
});

/** A setting of training that another command takes from the run where it is not given. */
function asInRun<Schema extends z.ZodType>(setting: z.ZodDefault<Schema>) {
  const inner = setting.unwrap();
  const notes = inner.meta();
  const fallback = String(setting.parse(undefined));
  const description = `${notes?.description}; that of the run where absent, else ${fallback}`;
  return inner.meta({ ...notes, description }).optional();
}

const explainShape = {
  model: predictShape.model,
  vanillaModel: text({
    description:
      "Vanilla model that says how expected each token is: a folder, or a repository of the hub; the one that the run started from where absent and the classifier is RUN/model",
  }).optional(),
  texts: z.array(z.string()).meta({ description: "Texts to explain" }).optional(),
  input: text({ description: "File of texts to explain, in place of single ones" }).optional(),
  textColumn: columnSettings.textColumn,
  maxTexts: integer(1, {
    description: "Most texts of the file that are explained, the first ones",
  }).default(10),
  label: text({
    description:
      "Label whose logit the attributions belong to; that predicted for each text where absent",
  }).optional(),
  attributionInput: z
    .enum(["embeddings", "words"])
    .meta({
      description:
        "Input of gradient x input: embeddings, as the layers read them; or words, the word embeddings alone, whose signs mislead (docs/explain.md)",
    })
    .default("embeddings"),
  samples: integer(0, { description: "Masks to draw of each text" }).default(3),
  seed: integer(0, { description: "Seed of the masks that are drawn" }).default(0),
  ...likelihoodSettings,
  estimator: asInRun(likelihoodSettings.estimator),
  mlmProbability: asInRun(maskingSettings.mlmProbability),
  calibration: asInRun(maskingSettings.calibration),
  gamma: asInRun(maskingSettings.gamma),
  selection: asInRun(maskingSettings.selection),
  maskReplaceProb: asInRun(maskingSettings.maskReplaceProb),
  randomReplaceProb: asInRun(maskingSettings.randomReplaceProb),
  maxLength: classifierLength,
  output: text({
    description:
      "HTML page to write, with a name that ends in .html, in place of the tables on standard output",
  }).optional(),
  threads: modelSettings.threads,
};

const reportShape = {
  folder: text({ description: "Folder of a finished training run or of a comparison" }),
  output: text({ description: "File to write; report.html in the folder where absent" }).optional(),
  charts: text({
    description: "Folder to write every chart to as an SVG file of its own, for papers and slides",
  }).optional(),
};

const checkShape = {
  dataset: dataSettings.dataset,
  dataDir: dataSettings.dataDir,
  trainFile: dataSettings.trainFile,
  validationFile: dataSettings.validationFile,
  testFile: dataSettings.testFile,
  ...columnSettings,
  model: text({
    description:
      "Checkpoint whose tokenizer counts lengths, a folder or a repository of the hub; words are counted where absent",
    aliases: ["modelNameOrPath"],
  }).optional(),
  maxLength: modelSettings.maxLength,
  splitSeed: dataSettings.splitSeed,
  output: text({ description: "HTML page to write, with what the terminal shows" }).optional(),
  cacheDir,
};

const pretrainShape = {
  tokenizer: text({
    description:
      "Tokenizer to use: a folder, a tokenizer.json, or a repository of the hub (docs/models.md)",
  }),
  text: plainText,
  validationText: text({
    description: "Plain text to measure masked-token loss and accuracy on",
  }).optional(),
  model: text({
    description:
      "Checkpoint to go on from, a folder or a repository of the hub; random weights of the size below where absent",
    aliases: ["modelNameOrPath"],
  }).optional(),
  hiddenSize: integer(1, { description: "Hidden size of a new model" }).default(256),
  numHiddenLayers: integer(1, { description: "Layers of a new model" }).default(4),
  numAttentionHeads: integer(1, { description: "Attention heads of a new model" }).default(4),
  intermediateSize: integer(1, {
    description:
      "Inner size of a new model's feed-forward layers; 4 times the hidden size where absent",
  }).optional(),
  maxPositions: integer(8, { description: "Longest text of a new model", unit: "tokens" }).default(
    512,
  ),
  initialization: z
    .enum(["counted", "sinusoidal", "random"])
    .meta({
      description:
        "First values of a new model: counted from the text (word statistics, heads that look at neighbours), " +
        "random with sinusoidal positions, or all random",
    })
    .default("counted"),
  maxLength: modelSettings.maxLength,
  shortLength: integer(8, {
    description: "Length of the first part of training",
    unit: "tokens",
  }).default(32),
  shortShare: fraction({ description: "Share of the steps trained at the short length" }).default(
    0.3,
  ),
  longShare: fraction({
    description: "Share of the steps, at the end, trained at the model's longest length",
  }).default(0),
  shiftedShare: fraction({
    description:
      "Share of the micro-batches whose windows begin at a random position, so that short windows train " +
      "all of the position table",
  }).default(0),
  batchTokens: integer(1, { description: "Tokens in a micro-batch", unit: "tokens" }).default(2048),
  mlmProbability: maskingSettings.mlmProbability,
  maskReplaceProb: maskingSettings.maskReplaceProb,
  randomReplaceProb: maskingSettings.randomReplaceProb,
  gradientAccumulationSteps: optimizationSettings.gradientAccumulationSteps,
  learningRate: positive({ description: "Peak learning rate" }).default(1e-3),
  weightDecay: optimizationSettings.weightDecay,
  lrSchedulerType: optimizationSettings.lrSchedulerType,
  warmupRatio: optimizationSettings.warmupRatio,
  maxGradNorm: optimizationSettings.maxGradNorm,
  dropout: z
    .number()
    .min(0)
    .max(0.9)
    .meta({ description: "Dropout while pretraining; the saved config keeps 0.1 for fine-tuning" })
    .default(0),
  maxSteps: integer(0, {
    description: "Optimizer steps; 0 writes the model with its first values",
  }),
  evalSteps: integer(1, { description: "Optimizer steps between evaluations" }).default(1000),
  saveSteps: integer(1, { description: "Optimizer steps between saved states" }).default(1000),
  resume: trainShape.resume,
  ...trackerSettings,
  dtype: z
    .enum(["float32", "float16"])
    .meta({ description: "Number format of the saved weights" })
    .default("float32"),
  seed: optimizationSettings.seed,
  threads: modelSettings.threads,
  outputDir: trainShape.outputDir,
};

/** `scoreTexts` of the library: the settings of `score`, with texts in place of files. */
const scoreTextsShape = {
  ...modelSettings,
  ...likelihoodSettings,
  texts: z.array(z.string()).meta({ description: "Texts to score" }),
};

/** A classifier kept in memory: the settings of `predict` without files. */
const classifierShape = {
  model: predictShape.model,
  maxLength: predictShape.maxLength,
  fittedTemperature: predictShape.fittedTemperature,
  precision: predictShape.precision,
  evalTokens: predictShape.evalTokens,
  threads: predictShape.threads,
};

const serveShape = {
  ...classifierShape,
  host: text({ description: "Address to listen at; 0.0.0.0 for all of this machine's" }).default(
    "127.0.0.1",
  ),
  port: z
    .int()
    .min(0)
    .max(65535)
    .meta({ description: "Port to listen at; 0 takes a free one" })
    .default(8080),
  maxTexts: integer(1, { description: "Most texts in a request" }).default(64),
  maxBytes: integer(1, { description: "Longest body of a request", unit: "bytes" }).default(
    2 ** 20,
  ),
  maxWaiting: integer(1, {
    description: "Most requests that wait for their turn; further ones get status 503",
  }).default(32),
};

export const settingShapes = {
  train: trainShape,
  score: scoreShape,
  predict: predictShape,
  evaluate: evaluateShape,
  explain: explainShape,
  perplexity: perplexityShape,
  check: checkShape,
  report: reportShape,
  pretrain: pretrainShape,
  serve: serveShape,
  export: exportShape,
  push: pushShape,
} as const satisfies Record<string, z.ZodRawShape>;

export type CommandName = keyof typeof settingShapes;

export const trainSchema = z.strictObject(trainShape);
export const scoreSchema = z.strictObject(scoreShape);
export const predictSchema = z.strictObject(predictShape);
export const evaluateSchema = z.strictObject(evaluateShape);
export const explainSchema = z.strictObject(explainShape);
export const perplexitySchema = z.strictObject(perplexityShape);
export const checkSchema = z.strictObject(checkShape);
export const reportSchema = z.strictObject(reportShape);
export const pretrainSchema = z.strictObject(pretrainShape);
export const scoreTextsSchema = z.strictObject(scoreTextsShape);
export const classifierSchema = z.strictObject(classifierShape);
export const serveSchema = z.strictObject(serveShape);
export const exportSchema = z.strictObject(exportShape);
export const pushSchema = z.strictObject(pushShape);

// Settings as a user gives them: what has a default may be left out.

/** The settings of `train`. */
export type TrainOptions = z.input<typeof trainSchema>;
/** The settings of `score`. */
export type ScoreOptions = z.input<typeof scoreSchema>;
/** The settings of `predict`. */
export type PredictOptions = z.input<typeof predictSchema>;
/** The settings of `evaluate`. */
export type EvaluateOptions = z.input<typeof evaluateSchema>;
/** The settings of `explain`. */
export type ExplainOptions = z.input<typeof explainSchema>;
/** The settings of `perplexity`. */
export type PerplexityOptions = z.input<typeof perplexitySchema>;
/** The settings of `check`. */
export type CheckOptions = z.input<typeof checkSchema>;
/** The settings of `report`. */
export type ReportOptions = z.input<typeof reportSchema>;
/** The settings of `serve`. */
export type ServeOptions = z.input<typeof serveSchema>;
/** The settings of `export`. */
export type ExportOptions = z.input<typeof exportSchema>;
/** The settings of `push`. */
export type PushOptions = z.input<typeof pushSchema>;
/** The settings of `pretrain`. */
export type PretrainOptions = z.input<typeof pretrainSchema>;
/** The settings of `score`, without those of its files. */
export type ScoreTextsOptions = Omit<z.input<typeof scoreTextsSchema>, "texts">;
/** The settings of `predict`, without the model and those of its files. */
export type ClassifierOptions = Omit<z.input<typeof classifierSchema>, "model">;

/** Settings with every value resolved. */
export type TrainSettings = z.output<typeof trainSchema>;
export type ScoreSettings = z.output<typeof scoreSchema>;
export type PredictSettings = z.output<typeof predictSchema>;
export type EvaluateSettings = z.output<typeof evaluateSchema>;
export type ExplainSettings = z.output<typeof explainSchema>;
export type PerplexitySettings = z.output<typeof perplexitySchema>;
export type CheckSettings = z.output<typeof checkSchema>;
export type ReportSettings = z.output<typeof reportSchema>;
export type PushSettings = z.output<typeof pushSchema>;
export type ExportSettings = z.output<typeof exportSchema>;
export type PretrainSettings = z.output<typeof pretrainSchema>;
export type ScoreTextsSettings = z.output<typeof scoreTextsSchema>;
export type ClassifierSettings = z.output<typeof classifierSchema>;
