/** The flags of a command, read off the settings in `config.ts`. */
import { z } from "zod";
import { toFlag } from "../../run/settings/train.js";
import {
  configFlag,
  type Flag,
  type FlagGroup,
  type FlagKind,
  flagGroups,
  jsonFlag,
} from "./flag.js";

const groups = {
  "Model and files": [
    "model",
    "vanillaModel",
    "tokenizer",
    "dataset",
    "dataDir",
    "trainFile",
    "validationFile",
    "testFile",
    "unlabeledFile",
    "texts",
    "input",
    "text",
    "validationText",
    "folder",
    "output",
    "inputColumns",
    "charts",
    "host",
    "port",
    "outputDir",
    "textColumn",
    "labelColumn",
    "splitSeed",
    "repository",
    "visibility",
    "commitMessage",
    "resume",
    "dtype",
  ],
  "Size of a new model": [
    "hiddenSize",
    "numHiddenLayers",
    "numAttentionHeads",
    "intermediateSize",
    "maxPositions",
    "initialization",
  ],
  Method: [
    "method",
    "methods",
    "preset",
    "taskWeights",
    "auxiliaryWeight",
    "sharedPass",
    "classWeights",
    "metaLearningRate",
    "devBatchSize",
    "devHeadSteps",
    "devHeadLearningRate",
    "devHeadWeightDecay",
    "devHeadTolerance",
  ],
  Likelihood: ["estimator", "scoringPrecision", "scoringTokens", "cacheDir"],
  Masking: [
    "mlmProbability",
    "calibration",
    "gamma",
    "selection",
    "wholeWords",
    "maskReplaceProb",
    "randomReplaceProb",
    "samples",
  ],
  Training: [
    "numTrainEpochs",
    "maxSteps",
    "batchSize",
    "batchTokens",
    "shortLength",
    "shortShare",
    "longShare",
    "shiftedShare",
    "gradientAccumulationSteps",
    "learningRate",
    "weightDecay",
    "headLearningRate",
    "headWeightDecay",
    "lrSchedulerType",
    "warmupRatio",
    "maxGradNorm",
    "dropout",
    "seed",
    "seeds",
  ],
  "Second stage": [
    "secondStage",
    "secondStageLearningRate",
    "secondStageEpochs",
    "secondStagePatience",
  ],
  "Evaluation and saving": [
    "evalSteps",
    "patience",
    "metricForBestModel",
    "label",
    "attributionInput",
    "fittedTemperature",
    "precision",
    "precisions",
    "evalTokens",
    "saveSteps",
    "reportTo",
    "loggingDir",
    "bootstrapSamples",
  ],
  Limits: ["maxLength", "threads", "jobs", "maxTexts", "maxBytes", "maxWaiting"],
} as const satisfies Record<Exclude<FlagGroup, "More">, readonly string[]>;

const placeholders: Readonly<Record<string, string>> = {
  model: "folder",
  vanillaModel: "folder",
  dataset: "path",
  seeds: "seed",
  outputDir: "folder",
  repository: "org/name",
  loggingDir: "folder",
  reportTo: "tracker",
  folder: "folder",
  cacheDir: "folder",
  dataDir: "folder",
  unlabeledFile: "file",
  tokenizer: "path",
  trainFile: "file",
  validationFile: "file",
  testFile: "file",
  input: "file",
  output: "file",
  text: "file",
  texts: "text",
  validationText: "file",
};

const notesSchema = z.object({
  description: z.string(),
  unit: z.string().optional(),
  origin: z.string().optional(),
  aliases: z.array(z.string()).default([]),
  commas: z.boolean().default(false),
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
});

/** What the JSON Schema of a setting may look like; any other form is a fault in `config.ts`. */
const propertySchema = z.union([
  notesSchema.extend({ type: z.literal("string"), enum: z.array(z.string()) }),
  notesSchema.extend({ type: z.enum(["string", "integer", "number", "boolean"]) }),
  notesSchema.extend({
    type: z.literal("array"),
    items: z.object({ type: z.literal("string"), enum: z.array(z.string()).default([]) }),
  }),
]);

/** The flags of a command, in the order of its settings. */
export function flagsOf(settings: z.ZodObject): readonly Flag[] {
  const schema = z.toJSONSchema(settings, { io: "input" });
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([setting, property]): Flag => {
    const notes = propertySchema.parse(property);
    const choices = choicesOf(notes);
    const kind = kindOf(notes.type, choices);
    return {
      setting,
      name: toFlag(setting),
      aliases: notes.aliases.map(toFlag),
      kind,
      placeholder: placeholderOf(setting, kind),
      choices,
      commas: notes.commas,
      required: required.has(setting),
      defaultValue: notes.default === undefined ? undefined : String(notes.default),
      description: notes.description,
      unit: notes.unit,
      origin: notes.origin,
      group: groupOf(setting),
    };
  });
}

/** What a command takes: the flags of its settings, if it has some, and those that are no settings. */
export function allFlags(settings?: z.ZodObject): readonly Flag[] {
  const flags = settings === undefined ? [] : flagsOf(settings);
  return flags.length === 0 ? [jsonFlag] : [...flags, configFlag, jsonFlag];
}

function choicesOf(notes: z.infer<typeof propertySchema>): readonly string[] {
  if ("enum" in notes) return notes.enum;
  return "items" in notes ? notes.items.enum : [];
}

function kindOf(
  type: "string" | "integer" | "number" | "boolean" | "array",
  choices: readonly string[],
): FlagKind {
  switch (type) {
    case "string":
      return choices.length > 0 ? "choice" : "text";
    case "boolean":
      return "switch";
    case "array":
      return "list";
    default:
      return type;
  }
}

function placeholderOf(setting: string, kind: FlagKind): string {
  switch (kind) {
    case "text":
    case "list":
      return placeholders[setting] ?? "name";
    case "switch":
      return "";
    default:
      return kind;
  }
}

function groupOf(setting: string): FlagGroup {
  for (const group of flagGroups) {
    if (group === "More") continue;
    const members: readonly string[] = groups[group];
    if (members.includes(setting)) return group;
  }
  return "More";
}
