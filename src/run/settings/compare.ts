/** The settings of `compare`: those of `train`, for all runs alike, and lists of what is compared. */
import { z } from "zod";
import { integer, list, type SettingNotes, text } from "./kinds.js";
import { trainShape } from "./train.js";

/** The settings of `train`, with lists for what is compared. */
export const compareShape = {
  dataset: list({
    description:
      "Data sets: names of known ones, folders with train, dev (or valid, validation) and test files, or training files",
  }).optional(),
  ...z.strictObject(trainShape).omit({
    dataset: true,
    model: true,
    trainFile: true,
    method: true,
    taskWeights: true,
    seed: true,
    resume: true,
    outputDir: true,
    loggingDir: true,
  }).shape,
  loggingDir: text({
    description:
      "Folder of TensorBoard's event files, with a folder for each run; `tensorboard` in the folders of the runs where absent",
  }).optional(),
  trainFile: text({
    description: "Labelled training texts of a single data set, in place of --dataset",
  }).optional(),
  model: list({
    description:
      "Checkpoints to start from, each also its own vanilla model: folders, or repositories of the hub (docs/models.md)",
    aliases: ["modelNameOrPath"],
  }),
  methods: z
    .array(z.enum(trainShape.method.unwrap().options))
    .min(1)
    .meta({ description: "Methods to compare, see train", commas: true } satisfies SettingNotes)
    .default(trainShape.method.unwrap().options),
  taskWeights: z
    .array(z.enum(trainShape.taskWeights.unwrap().options))
    .min(1)
    .meta({
      description: "How the two losses are weighted; a method with one task is run once",
      commas: true,
    } satisfies SettingNotes)
    .default(["equal"]),
  seeds: z
    .array(z.string().regex(/^\d+(-\d+)?$/, "expected a seed such as 3 or a range such as 0-4"))
    .min(1)
    .meta({
      description: "Seeds of the runs: numbers and ranges, such as 0-4 or 0,1,7",
      commas: true,
    } satisfies SettingNotes)
    .default(["0-4"]),
  jobs: integer(1, {
    description: "Runs at the same time; they share the threads evenly",
  }).default(1),
  bootstrapSamples: integer(100, {
    description: "Resamples of the paired bootstrap",
  }).default(10_000),
  outputDir: text({
    description: "Folder of the comparison; the same command goes on with what is in it",
  }),
};

export const compareSchema = z.strictObject(compareShape);

/** The settings of `compare`, as a user gives them: what has a default may be left out. */
export type CompareOptions = z.input<typeof compareSchema>;

/** Settings with every value resolved. */
export type CompareSettings = z.output<typeof compareSchema>;
