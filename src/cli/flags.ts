/** The flags of a command, read off the settings in `config.ts`. */
import { z } from "zod";
import { compareShape } from "../compare-config.js";
import { settingShapes, toFlag } from "../config.js";
import { L3MaskingError } from "../errors.js";

export type FlagKind = "integer" | "number" | "text" | "choice" | "switch" | "list";

/** One flag and all that help and documentation say about it. */
export interface Flag {
  /** Name of the setting, camelCase. */
  readonly setting: string;
  /** Name on the command line, kebab-case, without the dashes. */
  readonly name: string;
  /** Further names, kebab-case. */
  readonly aliases: readonly string[];
  readonly kind: FlagKind;
  /** What the value is, as help shows it: "integer", "file", "choice". */
  readonly placeholder: string;
  /** The values of a choice, or of a list of choices; empty for other kinds. */
  readonly choices: readonly string[];
  /** Are the values of a list parted by commas too? */
  readonly commas: boolean;
  readonly required: boolean;
  /** Absent where the setting has no default. */
  readonly defaultValue: string | undefined;
  readonly description: string;
  readonly unit: string | undefined;
  /** Where the default comes from. */
  readonly origin: string | undefined;
  /** Heading in the help. */
  readonly group: FlagGroup;
}

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
} as const satisfies Record<string, readonly string[]>;

export type FlagGroup = keyof typeof groups | "More";

/** Headings in the order of the help. */
export const flagGroups: readonly FlagGroup[] = [
  "Model and files",
  "Size of a new model",
  "Method",
  "Likelihood",
  "Masking",
  "Training",
  "Second stage",
  "Evaluation and saving",
  "Limits",
  "More",
];

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

/** The settings of each command that has some. */
export const commandShapes = { ...settingShapes, compare: compareShape } as const;

export type CommandName = keyof typeof commandShapes;

/** The flags of a command, in the order of its settings. */
export function flagsOf(command: CommandName): readonly Flag[] {
  const schema = z.toJSONSchema(z.strictObject(commandShapes[command]), { io: "input" });
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

/** Machine-readable output. */
export const jsonFlag: Flag = {
  setting: "json",
  name: "json",
  aliases: [],
  kind: "switch",
  placeholder: "",
  choices: [],
  commas: false,
  required: false,
  defaultValue: "false",
  description: "One JSON object a line on standard output: events, then the result or the error",
  unit: undefined,
  origin: undefined,
  group: "More",
};

/** A file that gives settings; flags win over it. */
export const configFlag: Flag = {
  setting: "config",
  name: "config",
  aliases: [],
  kind: "text",
  placeholder: "file",
  choices: [],
  commas: false,
  required: false,
  defaultValue: undefined,
  description: "YAML or JSON file of settings; flags win over it",
  unit: undefined,
  origin: undefined,
  group: "More",
};

/** What a command takes: the flags of its settings, if it has some, and those that are no settings. */
export function allFlags(settings: CommandName | undefined): readonly Flag[] {
  return settings === undefined ? [jsonFlag] : [...flagsOf(settings), configFlag, jsonFlag];
}

/**
 * The value of a flag from its text. Whether the value is allowed is decided later, with all settings
 * at hand; here only the form of numbers counts. Throws `invalid-setting`.
 */
export function flagValue(flag: Flag, text: string): string | number {
  if (flag.kind !== "integer" && flag.kind !== "number") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw formError(flag, "a number", text);
  if (flag.kind === "integer" && !Number.isInteger(value)) {
    throw formError(flag, "a whole number", text);
  }
  return value;
}

function formError(flag: Flag, expected: string, text: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected ${expected} after --${flag.name}, got ${JSON.stringify(text)}`,
    { hint: `--${flag.name}: ${flag.description}.` },
  );
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
