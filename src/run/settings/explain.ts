/** Settings of `explain` alone, and those of masking as it takes them from a run. */
import { z } from "zod";
import { integer, text } from "./kinds.js";
import {
  calibration,
  estimator,
  gamma,
  maskReplaceProb,
  mlmProbability,
  randomReplaceProb,
  selection,
} from "./masking.js";
import { type Setting, setting } from "./setting.js";

const commands = ["explain"] as const;

/** A setting of training that is taken from the run where it is not given. */
function asInRun<Name extends string, Type extends z.ZodType>(
  record: Setting<Name, string, z.ZodDefault<Type>>,
): Setting<Name, "explain", z.ZodOptional<Type>> {
  const fallback = String(record.type.parse(undefined));
  return {
    ...record,
    commands,
    type: record.type.unwrap().optional(),
    description: `${record.description}; by default the run's, else ${fallback}`,
    identity: "none",
  };
}

export const explainSettings = [
  setting({
    name: "vanillaModel",
    commands,
    type: text().optional(),
    description:
      "Vanilla model that scores the tokens: a folder or a hub repository; by default the run's own, if the classifier is RUN/model",
    heading: "Model and files",
    placeholder: "folder",
    reads: true,
    identity: "none",
  }),
  setting({
    name: "output",
    commands,
    type: text().optional(),
    description: "HTML page to write (.html), instead of tables on standard output",
    heading: "Model and files",
    placeholder: "file",
    writes: "file",
    identity: "none",
  }),
  asInRun(estimator),
  asInRun(mlmProbability),
  asInRun(calibration),
  asInRun(gamma),
  asInRun(selection),
  asInRun(maskReplaceProb),
  asInRun(randomReplaceProb),
  setting({
    name: "samples",
    commands,
    type: integer(0).default(3),
    description: "Masks to draw for each text",
    heading: "Masking",
    identity: "none",
  }),
  setting({
    name: "seed",
    commands,
    type: integer(0).default(0),
    description: "Seed of the masks",
    heading: "Training",
    identity: "none",
  }),
  setting({
    name: "label",
    commands,
    type: text().optional(),
    description: "Label to attribute; by default, the one predicted for each text",
    heading: "Evaluation and saving",
    identity: "none",
  }),
  setting({
    name: "attributionInput",
    commands,
    type: z.enum(["embeddings", "words"]).default("embeddings"),
    description:
      "Input in gradient x input: embeddings (what the layers read) or words (word embeddings alone; their signs mislead, see docs/explain.md)",
    heading: "Evaluation and saving",
    identity: "none",
  }),
  setting({
    name: "maxTexts",
    commands,
    type: integer(1).default(10),
    description: "Maximum texts of the file to explain, from its start",
    heading: "Limits",
    identity: "none",
  }),
];
