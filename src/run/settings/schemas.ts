/** The settings of each command as a schema, and their types. */
import { z } from "zod";
import { compareSettings } from "./compare.js";
import { deviceSettings } from "./device.js";
import { evaluationSettings } from "./evaluation.js";
import { explainSettings } from "./explain.js";
import { handingOnSettings } from "./handing-on.js";
import { maskingSettings } from "./masking.js";
import { methodSettings } from "./method.js";
import { pretrainSettings } from "./pretrain.js";
import { isListSchema } from "./resolve.js";
import type { Setting } from "./setting.js";
import { sourceSettings } from "./sources.js";
import { studioSettings } from "./studio.js";
import { trainingSettings } from "./training.js";
import { workerSettings } from "./worker.js";

export { resolveSettings, toFlag } from "./resolve.js";

const known = [
  ...sourceSettings,
  ...methodSettings,
  ...maskingSettings,
  ...trainingSettings,
  ...evaluationSettings,
  ...explainSettings,
  ...compareSettings,
  ...pretrainSettings,
  ...handingOnSettings,
  ...workerSettings,
  ...studioSettings,
  ...deviceSettings,
];

type Known = (typeof known)[number];

/** Who takes settings: commands, and the two calls of the library that work on texts in memory. */
export type Taker = Known["commands"][number];

/** Every setting. One name may have several records, each for other commands. */
export const allSettings: readonly Setting<string, Taker>[] = known;

/** The settings that a command takes, in the order of their records. */
export function settingsOf(command: Taker): readonly Setting[] {
  return allSettings.filter(({ commands }) => commands.includes(command));
}

/** The settings that `compare` hands on to its runs as they are: those of `train`, but for what it compares. */
export function handedOn(): readonly Setting[] {
  const ofTrain = new Set(settingsOf("train").map(({ name }) => name));
  return settingsOf("compare").filter(({ name, axis }) => !axis && ofTrain.has(name));
}

/**
 * May `compare` be given several values of a setting, each to be tried on dev? It must decide what its runs train, with one value in each, and
 * not how dev is measured, since figures that were measured differently could not be held against each other.
 */
export function mayBeSwept(setting: Setting): boolean {
  const { identity, heading, type } = setting;
  const decides = identity === "counts" && heading !== "Evaluation and saving";
  return decides && !isListSchema(type) && handedOn().includes(setting);
}

/** Name and type of each setting that a command takes: in types what `settingsOf` is in values. */
type Shape<Command extends Taker> = {
  [Record in Known as Command extends Record["commands"][number]
    ? Record["name"]
    : never]: Record["type"];
};

const records = new WeakMap<object, Setting>();

/** The records of a schema's settings, in their order; none for settings that have no record. */
export function recordsOf(schema: z.ZodObject): readonly Setting[] {
  return Object.values(schema.shape).flatMap((type) => records.get(type) ?? []);
}

/** A setting's type, which its record goes with; JSON Schemas show of it what files of settings need. */
function typeOf(setting: Setting, allowed = setting.type): z.ZodType {
  const { description, unit, origin, aliases, commas } = setting;
  const notes = Object.entries({ description, unit, origin, aliases, commas });
  const given = notes.filter(([, note]) => note !== undefined);
  const type = allowed.meta(Object.fromEntries(given));
  records.set(type, setting);
  return type;
}

/** The settings of a command. */
export function schemaOf<Command extends Taker>(command: Command) {
  const shape = settingsOf(command).map((setting) => [setting.name, typeOf(setting)]);
  // The one cast: `Shape` chooses the records that `settingsOf` chooses.
  return z.strictObject(Object.fromEntries(shape) as Shape<Command>);
}

/** As `compare` is given its settings: of those that may be swept one value or several. */
function withSeveral(): z.ZodObject {
  const shape = settingsOf("compare").map((setting): [string, z.ZodType] => {
    if (!mayBeSwept(setting)) return [setting.name, typeOf(setting)];
    const several = z.array(withoutDefault(setting.type)).min(1);
    const type = typeOf({ ...setting, several: true }, z.union([setting.type, several]));
    return [setting.name, type];
  });
  return z.strictObject(Object.fromEntries(shape));
}

/** What a value must be that is given. */
function withoutDefault(type: z.ZodType): z.ZodType {
  const inner =
    type instanceof z.ZodDefault || type instanceof z.ZodOptional ? type.unwrap() : type;
  return inner instanceof z.ZodType ? inner : type;
}

export const trainSchema = schemaOf("train");
/** With one value of each setting, as the runs have it. */
export const compareSchema = schemaOf("compare");
export const sweepingSchema = withSeveral();
export const scoreSchema = schemaOf("score");
export const predictSchema = schemaOf("predict");
export const evaluateSchema = schemaOf("evaluate");
export const explainSchema = schemaOf("explain");
export const perplexitySchema = schemaOf("perplexity");
export const checkSchema = schemaOf("check");
export const reportSchema = schemaOf("report");
export const pretrainSchema = schemaOf("pretrain");
export const scoreTextsSchema = schemaOf("scoreTexts");
export const classifierSchema = schemaOf("classifier");
export const serveSchema = schemaOf("serve");
export const exportSchema = schemaOf("export");
export const pushSchema = schemaOf("push");
export const workerSchema = schemaOf("worker");
export const doctorSchema = schemaOf("doctor");
export const studioSchema = schemaOf("studio");

/** Records that pass `mayBeSwept`: in types what that is in values, but for lists, of which none does. */
type SweptRecord = Exclude<
  Extract<Known, { readonly identity: "counts" }>,
  { readonly heading: "Evaluation and saving" }
>;

type SweptName = {
  [Record in SweptRecord as "train" | "compare" extends Record["commands"][number]
    ? Record["name"]
    : never]: true;
};

type OneOrSeveral<Settings> = {
  [Name in keyof Settings]: Name extends keyof SweptName
    ? Settings[Name] | readonly Exclude<Settings[Name], undefined>[]
    : Settings[Name];
};

// Settings as a user gives them: what has a default may be left out.

/** The settings of `train`. */
export type TrainOptions = z.input<typeof trainSchema>;
/** The settings of `compare`: of those that decide how its runs are trained also several values, of which dev chooses one. */
export type CompareOptions = OneOrSeveral<z.input<typeof compareSchema>>;
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
/** The settings of `worker`. */
export type WorkerOptions = z.input<typeof workerSchema>;
/** The settings of `doctor`. */
export type DoctorOptions = z.input<typeof doctorSchema>;
/** The settings of `studio`. */
export type StudioOptions = z.input<typeof studioSchema>;
/** The settings of `pretrain`. */
export type PretrainOptions = z.input<typeof pretrainSchema>;
/** The settings of `score`, without those of its files. */
export type ScoreTextsOptions = Omit<z.input<typeof scoreTextsSchema>, "texts">;
/** The settings of `predict`, without the model and those of its files. */
export type ClassifierOptions = Omit<z.input<typeof classifierSchema>, "model">;

/** Settings with every value resolved. */
export type TrainSettings = z.output<typeof trainSchema>;
export type CompareSettings = z.output<typeof compareSchema>;
export type ScoreSettings = z.output<typeof scoreSchema>;
export type PredictSettings = z.output<typeof predictSchema>;
export type EvaluateSettings = z.output<typeof evaluateSchema>;
export type ExplainSettings = z.output<typeof explainSchema>;
export type PerplexitySettings = z.output<typeof perplexitySchema>;
export type CheckSettings = z.output<typeof checkSchema>;
export type ReportSettings = z.output<typeof reportSchema>;
export type PushSettings = z.output<typeof pushSchema>;
export type WorkerSettings = z.output<typeof workerSchema>;
export type DoctorSettings = z.output<typeof doctorSchema>;
export type ExportSettings = z.output<typeof exportSchema>;
export type PretrainSettings = z.output<typeof pretrainSchema>;
export type ScoreTextsSettings = z.output<typeof scoreTextsSchema>;
export type ClassifierSettings = z.output<typeof classifierSchema>;
